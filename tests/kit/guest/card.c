/* Finds a CCID reader by usbfs, switches its card on, sends it the APDUs that the arguments spell, and prints what comes back: the guest's only user of cards. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int fd = -1, in, out;
static uint8_t seq, answer[65600];

/* A bulk message of CCID: type, data's length, slot 0, number, three bytes, data. Its answer's data; below 0: the card's or the reader's error. */
static int ask(uint8_t type, const uint8_t *data, unsigned n) {
    uint8_t m[300] = { type, n, n >> 8, 0, 0, 0, seq };
    memcpy(m + 10, data, n);
    struct usbdevfs_bulktransfer to = { .ep = out, .len = 10 + n, .timeout = 60000, .data = m };
    if (ioctl(fd, USBDEVFS_BULK, &to) < 0) return perror("out"), -1;
    for (;;) {
        struct usbdevfs_bulktransfer from = { .ep = in, .len = sizeof answer, .timeout = 60000, .data = answer };
        int got = ioctl(fd, USBDEVFS_BULK, &from);
        if (got < 10) return perror("in"), -1;
        if (answer[7] & 0x80) continue; /* it wants more time */
        if (answer[6] == seq++) return answer[7] & 0x40 ? -2 : got - 10;
        seq--;
    }
}
static void print(const char *what, int n) {
    printf("%s", what);
    for (int i = 0; i < n; i++) printf("%02x", answer[10 + i]);
    printf(n < 0 ? "error %d: %02x %02x\n" : "\n", n, answer[7], answer[8]);
    fflush(stdout);
}
/* The reader's interface has class 11; endpoints: bulk ones. */
static int reader(const char *path) {
    uint8_t d[4096];
    int f = open(path, O_RDWR), n = f < 0 ? 0 : read(f, d, sizeof d), is = 0, interface = 0;
    for (int at = 0; at + 6 < n && d[at]; at += d[at]) {
        if (d[at + 1] == 4) is = d[at + 5] == 11, interface = is ? d[at + 2] : interface;
        else if (d[at + 1] == 5 && is && (d[at + 3] & 3) == 2) { if (d[at + 2] & 0x80) in = d[at + 2]; else out = d[at + 2]; }
    }
    if (in && out && ioctl(f, USBDEVFS_CLAIMINTERFACE, &interface) == 0) return f;
    close(f);
    return -1;
}
int main(int argc, char **argv) {
    char path[600];
    for (int bus = 1; bus < 10 && fd < 0; bus++) {
        snprintf(path, sizeof path, "/dev/bus/usb/%03d", bus);
        DIR *folder = opendir(path);
        for (struct dirent *e; folder && fd < 0 && (e = readdir(folder)); ) {
            snprintf(path, sizeof path, "/dev/bus/usb/%03d/%s", bus, e->d_name);
            if (e->d_name[0] != '.') fd = reader(path);
        }
        if (folder) closedir(folder);
    }
    if (fd < 0) return puts("no reader"), 1;
    int n = ask(0x62, 0, 0);
    if (n > 0 && (answer[7] & 3) == 2) n = -3; /* QEMU still says what the card that is gone had said */
    print("atr ", n);
    if (n <= 0) return 1;
    for (int i = 1; i < argc; i++) {
        uint8_t apdu[256];
        unsigned length = 0;
        for (char *p = argv[i]; length < sizeof apdu && sscanf(p, "%2hhx", apdu + length) == 1; p += 2) length++;
        print("says ", ask(0x6f, apdu, length));
    }
    return 0;
}
