/* Plays S16 stereo at 48 kHz from standard input on the first sound card, by the kernel's own interface: a guest's only program with sound. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <sound/asound.h>

static struct snd_interval *interval(struct snd_pcm_hw_params *p, int n) { return &p->intervals[n - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL]; }
static void mask(struct snd_pcm_hw_params *p, int n, unsigned bit) {
    struct snd_mask *m = &p->masks[n - SNDRV_PCM_HW_PARAM_FIRST_MASK];
    memset(m->bits, 0, sizeof m->bits);
    m->bits[bit >> 5] = 1u << (bit & 31);
}
static void exactly(struct snd_pcm_hw_params *p, int n, unsigned v) { struct snd_interval *i = interval(p, n); i->min = i->max = v; i->integer = 1; }

int main(int argc, char **argv) {
    int fd = open(argc > 1 ? argv[1] : "/dev/snd/pcmC0D0p", O_RDWR);
    if (fd < 0) return perror("open"), 1;
    struct snd_pcm_hw_params p;
    memset(&p, 0, sizeof p);
    for (int i = 0; i <= SNDRV_PCM_HW_PARAM_LAST_MASK; i++) memset(p.masks[i].bits, 0xff, sizeof p.masks[i].bits);
    for (int i = SNDRV_PCM_HW_PARAM_FIRST_INTERVAL; i <= SNDRV_PCM_HW_PARAM_LAST_INTERVAL; i++) interval(&p, i)->max = ~0u;
    p.rmask = ~0u;
    mask(&p, SNDRV_PCM_HW_PARAM_ACCESS, SNDRV_PCM_ACCESS_RW_INTERLEAVED);
    mask(&p, SNDRV_PCM_HW_PARAM_FORMAT, SNDRV_PCM_FORMAT_S16_LE);
    exactly(&p, SNDRV_PCM_HW_PARAM_CHANNELS, 2);
    exactly(&p, SNDRV_PCM_HW_PARAM_RATE, 48000);
    exactly(&p, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, 2048);
    exactly(&p, SNDRV_PCM_HW_PARAM_PERIODS, 32); /* more than a second: a guest under load plays no gaps */
    if (ioctl(fd, SNDRV_PCM_IOCTL_HW_PARAMS, &p)) return perror("hw_params"), 1;
    if (ioctl(fd, SNDRV_PCM_IOCTL_PREPARE)) return perror("prepare"), 1;
    static int16_t samples[2048 * 2];
    size_t n;
    while ((n = fread(samples, 4, 2048, stdin)) > 0) {
        struct snd_xferi x = { .buf = samples, .frames = n };
        if (ioctl(fd, SNDRV_PCM_IOCTL_WRITEI_FRAMES, &x)) return perror("write"), 1;
    }
    ioctl(fd, SNDRV_PCM_IOCTL_DRAIN);
    return 0;
}
