/*
 * libjpeg as the C server uses it for the frames of MJPEG streams, measured.
 * In: quality, width, height, times (4 × u32), pixels of 32 bits.
 * Out: fewest CPU nanoseconds of encoding and of decoding (2 × u64), the file's size (u32).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <jpeglib.h>

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

int main(void)
{
    uint32_t head[4];
    if (fread(head, 4, 4, stdin) != 4) return 1;
    uint32_t quality = head[0], width = head[1], height = head[2], times = head[3];
    uint8_t *pixels = malloc((size_t) width * height * 4);
    if (fread(pixels, 4, (size_t) width * height, stdin) != (size_t) width * height) return 1;

    struct jpeg_error_mgr errors;
    struct jpeg_compress_struct to = { .err = jpeg_std_error(&errors) };
    struct jpeg_decompress_struct from = { .err = &errors };
    jpeg_create_compress(&to);
    jpeg_create_decompress(&from);
    uint64_t best[2] = { UINT64_MAX, UINT64_MAX };
    unsigned long size = (unsigned long) width * height * 4 + 1024;
    unsigned char *room = malloc(size), *file = room;
    for (uint32_t i = 0; i < times; i++) {
        unsigned long left = size;
        uint64_t start = now();
        file = room;
        jpeg_mem_dest(&to, &file, &left);
        to.image_width = width;
        to.image_height = height;
        to.input_components = 4;
        to.in_color_space = JCS_EXT_BGRX;
        jpeg_set_defaults(&to);
        to.dct_method = JDCT_IFAST;
        jpeg_set_quality(&to, quality, TRUE);
        jpeg_start_compress(&to, TRUE);
        while (to.next_scanline < height) {
            JSAMPROW row = pixels + (size_t) to.next_scanline * width * 4;
            jpeg_write_scanlines(&to, &row, 1);
        }
        jpeg_finish_compress(&to);
        uint64_t end = now();
        if (end - start < best[0]) best[0] = end - start;
        head[0] = left;

        uint8_t *out = malloc((size_t) width * 4);
        start = now();
        jpeg_mem_src(&from, file, left);
        jpeg_read_header(&from, TRUE);
        from.out_color_space = JCS_EXT_BGRX;
        jpeg_start_decompress(&from);
        while (from.output_scanline < height) jpeg_read_scanlines(&from, &out, 1);
        jpeg_finish_decompress(&from);
        end = now();
        if (end - start < best[1]) best[1] = end - start;
        free(out);
        if (file != room) free(file);
    }
    fwrite(best, 8, 2, stdout);
    fwrite(head, 4, 1, stdout);
    return 0;
}
