/*
 * LZ as spice-common has it, for tests/oracles/c_lz.ts, which builds and runs this.
 *
 * In, for each job: work u8 ('e' encode, 'd' decode), type u8 (LzImageType), top down u8, 0, width u32,
 * height u32, stride u32, repeats u32, size u32, bytes.
 * Out, for each job: fewest nanoseconds of CPU of the repeats u64, size u32 (0xffffffff: refused), bytes.
 */
#include <config.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lz.c"

static jmp_buf refused;
static const uint8_t *more_at;
static int more_left;

void spice_log(GLogLevelFlags level, const char *where, const char *function, const char *format, ...)
{
    longjmp(refused, 1);
}

static void stop(LzUsrContext *usr, const char *format, ...) { longjmp(refused, 1); }
static void ignore(LzUsrContext *usr, const char *format, ...) {}
static void *get(LzUsrContext *usr, int size) { return malloc(size); }
static void give(LzUsrContext *usr, void *p) { free(p); }
static int no_space(LzUsrContext *usr, uint8_t **p) { return 0; }
static int no_lines(LzUsrContext *usr, uint8_t **p) { return 0; }

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint32_t word(void)
{
    uint32_t w;
    if (fread(&w, 4, 1, stdin) != 1) exit(1);
    return w;
}

int main(void)
{
    static LzUsrContext usr = {
        .error = stop, .warn = ignore, .info = ignore, .malloc = get, .free = give,
        .more_space = no_space, .more_lines = no_lines,
    };
    uint8_t head[4];

    while (fread(head, 4, 1, stdin) == 1) {
        uint32_t width = word(), height = word(), stride = word(), repeats = word(), size = word();
        uint8_t *data = malloc(size + 1), *out = NULL;
        volatile uint64_t best = ~0ull;
        volatile uint32_t out_size = 0xffffffff;
        LzContext *lz = lz_create(&usr);
        if (size && fread(data, size, 1, stdin) != 1) return 1;

        if (!setjmp(refused)) {
            if (head[0] == 'e') {
                size_t most = size * 2 + 4096;
                out = malloc(most);
                for (uint32_t i = 0; i < repeats; i++) {
                    uint64_t begin = now();
                    uint32_t got = lz_encode(lz, head[1], width, height, head[2], data, height, stride, out, most);
                    uint64_t took = now() - begin;
                    if (took < best) best = took;
                    out_size = got;
                }
            } else {
                LzImageType type;
                int w, h, pixels, top_down;
                uint32_t got = 0xffffffff;
                for (uint32_t i = 0; i < repeats; i++) {
                    uint64_t begin = now(), took;
                    lz_decode_begin(lz, data, size, &type, &w, &h, &pixels, &top_down, NULL);
                    got = IS_IMAGE_TYPE_PLT[type] ? pixels / PLT_PIXELS_PER_BYTE[type]
                                                  : pixels * RGB_BYTES_PER_PIXEL[type];
                    if (got > 64 << 20) longjmp(refused, 1);
                    if (!out) out = calloc(1, got + 64);
                    lz_decode(lz, type, out);
                    took = now() - begin;
                    if (took < best) best = took;
                }
                out_size = got;
            }
        }
        uint32_t final = out_size;
        uint64_t time = best;
        fwrite(&time, 8, 1, stdout);
        fwrite(&final, 4, 1, stdout);
        if (final != 0xffffffff) fwrite(out, 1, final, stdout);
        /* after a refusal its segments may be in use: leave them */
        free(data);
        free(out);
    }
    return 0;
}
