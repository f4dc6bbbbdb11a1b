/*
 * GLZ as libspice-server encodes and spice-gtk decodes it, for tests/oracles/c_glz.ts, which builds and
 * runs this beside their sources.
 *
 * In: window in pixels u32; then for each job: work u8 ('e' encode, 'd' decode), type u8, top down u8, 0,
 * width u32, height u32, size u32, bytes. What is encoded shares one dictionary, what is decoded one window.
 * Out, for each job: nanoseconds of CPU u64, size u32 (0xffffffff: refused), bytes (decoded: BGRX).
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "glz-encoder.h"

int gtk_glz_decode(uint8_t *data, uint8_t **pixels, uint32_t *count);

static jmp_buf refused;

static void stop(GlzEncoderUsrContext *usr, const char *format, ...) { longjmp(refused, 1); }
static void ignore(GlzEncoderUsrContext *usr, const char *format, ...) {}
static void *get(GlzEncoderUsrContext *usr, int size) { return malloc(size); }
static void give(GlzEncoderUsrContext *usr, void *p) { free(p); }
static int none(GlzEncoderUsrContext *usr, uint8_t **p) { return 0; }
static void gone(GlzEncoderUsrContext *usr, GlzUsrImageContext *image) { free(image); }

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
    static GlzEncoderUsrContext usr = {
        .error = stop, .warn = ignore, .info = ignore, .malloc = get, .free = give,
        .more_lines = none, .more_space = none, .free_image = gone,
    };
    static const int bytes[] = { 0, 1, 1, 1, 1, 1, 2, 3, 4, 4 };
    GlzEncDictContext *dictionary = glz_enc_dictionary_create(word(), 1, &usr);
    GlzEncoderContext *encoder = glz_encoder_create(0, dictionary, &usr);
    uint8_t head[4];

    while (fread(head, 4, 1, stdin) == 1) {
        uint32_t width = word(), height = word(), size = word();
        uint8_t *data = malloc(size + 64);
        uint8_t *volatile out = NULL;
        volatile uint64_t took = 0;
        volatile uint32_t out_size = 0xffffffff;
        if (size && fread(data, size, 1, stdin) != 1) return 1;

        if (head[0] == 'd') {
            uint8_t *pixels;
            uint32_t count;
            uint64_t begin = now();
            int ok = gtk_glz_decode(data, &pixels, &count);
            took = now() - begin;
            if (ok) {
                out_size = count * 4;
                out = malloc(out_size);
                memcpy(out, pixels, out_size);
            }
            free(data);
        } else if (!setjmp(refused)) {
            /* the dictionary holds on to the pixels, until it says that they are gone */
            GlzEncDictImageContext *image;
            size_t most = size * 2 + 4096;
            static uint8_t *room;
            static size_t room_size;
            if (most > room_size) memset(room = realloc(room, room_size = most), 1, most);
            uint64_t begin = now();
            int got = glz_encode(encoder, head[1], width, height, head[2], data, height,
                                 width * bytes[head[1]], room, most, data, &image);
            took = now() - begin;
            out_size = got;
            memcpy(out = malloc(got), room, got);
        }
        uint64_t time = took;
        uint32_t final = out_size;
        fwrite(&time, 8, 1, stdout);
        fwrite(&final, 4, 1, stdout);
        if (final != 0xffffffff) fwrite(out, 1, final, stdout);
        free(out);
    }
    return 0;
}
