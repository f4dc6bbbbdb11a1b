/*
 * Encodes and decodes QUIC with spice-common's code, for `quic_in_c.ts`.
 *
 * In, for each picture: what u32 (0 encode, 1 decode), times u32, type u32, width u32, height u32,
 * stride i32 (below 0: the first row is the last in memory), size u32, bytes.
 * Out: microseconds for all the times u32, failed u32, type u32, width u32, height u32, size u32, bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include "common/quic.c"

static jmp_buf failed;

void spice_log(GLogLevelFlags level, const char *place, const char *function, const char *format, ...)
{
    if (level <= G_LOG_LEVEL_CRITICAL) {
        fprintf(stderr, "%s %s\n", place, format);
        abort();
    }
}

static void on_error(QuicUsrContext *usr, const char *format, ...) { longjmp(failed, 1); }
static void on_warn(QuicUsrContext *usr, const char *format, ...) {}
static void *on_malloc(QuicUsrContext *usr, int size) { return malloc(size); }
static void on_free(QuicUsrContext *usr, void *p) { free(p); }
static int on_more_space(QuicUsrContext *usr, uint32_t **words, int rows) { return 0; }
static int on_more_lines(QuicUsrContext *usr, uint8_t **lines) { return 0; }

static QuicUsrContext usr = {on_error,  on_warn,       on_warn,      on_malloc,
                             on_free,   on_more_space, on_more_lines};

static uint32_t microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000000u + now.tv_nsec / 1000;
}

static int bytes_of(int type)
{
    return type == QUIC_IMAGE_TYPE_GRAY ? 1 : type == QUIC_IMAGE_TYPE_RGB16 ? 2
         : type == QUIC_IMAGE_TYPE_RGB24 ? 3 : 4;
}

int main(void)
{
    uint32_t in[7];
    QuicContext *quic = quic_create(&usr);
    while (fread(in, 4, 7, stdin) == 7) {
        uint32_t what = in[0], times = in[1], size = in[6], out[6] = {0, 1, in[2], in[3], in[4], 0};
        int stride = (int)in[5];
        uint8_t *data = calloc(size + 16, 1), *result = NULL;
        if (fread(data, 1, size, stdin) != size) return 1;
        uint32_t from = microseconds();
        if (setjmp(failed)) {
            /* an encoder whose decoding was left in the middle starts anew with the next picture */
            out[5] = 0;
        } else if (what == 0) {
            uint64_t room = (uint64_t)in[3] * in[4] * 16 + 64;
            result = malloc(room);
            for (uint32_t i = 0; i < times; i++) {
                uint8_t *first = stride < 0 ? data + (uint64_t)(in[4] - 1) * -stride : data;
                out[5] = 4 * quic_encode(quic, in[2], in[3], in[4], first, in[4], stride,
                                         (uint32_t *)result, room / 4);
            }
            out[1] = 0;
        } else {
            QuicImageType type;
            int width, height;
            for (uint32_t i = 0; i < times; i++) {
                /* as the client does: what the message says about the size must be so */
                if (quic_decode_begin(quic, (uint32_t *)data, size / 4, &type, &width, &height) ||
                    width != in[3] || height != in[4])
                    longjmp(failed, 1);
                uint64_t row = (uint64_t)width * bytes_of(type);
                if (!result) result = malloc(row * height);
                if (quic_decode(quic, type, result, row)) longjmp(failed, 1);
                out[1] = 0, out[2] = type, out[5] = row * height;
            }
        }
        out[0] = microseconds() - from;
        fwrite(out, 4, 6, stdout);
        fwrite(result, 1, out[5], stdout);
        fflush(stdout);
        free(data);
        free(result);
    }
    return 0;
}
