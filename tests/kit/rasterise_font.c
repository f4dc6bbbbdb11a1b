/*
 * Makes qxl/drivers/demo/font_data.ts: DejaVu fonts as 4-bit glyphs, drawn by FreeType.
 *
 *   cc -O2 -o /tmp/rasterise_font tests/kit/rasterise_font.c $(pkg-config --cflags --libs freetype2) -lm
 *   /tmp/rasterise_font /usr/share/fonts/truetype/dejavu > qxl/drivers/demo/font_data.ts
 *
 * A font is: ascent u8, descent u8, glyph count u16; then each glyph: code point u16, advance u8,
 * left i8, top i8 (rows above the base line), width u8, height u8, and rows of 4-bit pixels,
 * the lowest row first, as SPICE glyphs lie. Little-endian, in base64.
 */
#include <ft2build.h>
#include FT_FREETYPE_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char out[1 << 20];
static size_t used;
static void put(int c) { out[used++] = (unsigned char)c; }
static void put16(int c) { put(c & 255); put(c >> 8); }

static void base64(void) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < used; i += 3) {
        unsigned v = out[i] << 16 | (i + 1 < used ? out[i + 1] << 8 : 0) | (i + 2 < used ? out[i + 2] : 0);
        putchar(digits[v >> 18]);
        putchar(digits[v >> 12 & 63]);
        putchar(i + 1 < used ? digits[v >> 6 & 63] : '=');
        putchar(i + 2 < used ? digits[v & 63] : '=');
    }
}

static void glyph(FT_Face face, int code) {
    if (FT_Load_Char(face, code, FT_LOAD_RENDER | FT_LOAD_TARGET_LIGHT)) exit(1);
    FT_GlyphSlot g = face->glyph;
    int w = g->bitmap.width, h = g->bitmap.rows;
    put16(code);
    put((g->advance.x + 32) >> 6);
    put(g->bitmap_left);
    put(g->bitmap_top);
    put(w);
    put(h);
    for (int y = h - 1; y >= 0; y--) {
        for (int x = 0; x < w; x += 2) {
            unsigned char *row = g->bitmap.buffer + y * g->bitmap.pitch;
            int a = (row[x] * 15 + 127) / 255, b = x + 1 < w ? (row[x + 1] * 15 + 127) / 255 : 0;
            put(a << 4 | b);
        }
    }
}

static void font(FT_Library library, const char *dir, const char *name, const char *file, int px, const int *codes) {
    char path[1024];
    FT_Face face;
    snprintf(path, sizeof path, "%s/%s", dir, file);
    if (FT_New_Face(library, path, 0, &face)) { fprintf(stderr, "no %s\n", path); exit(1); }
    FT_Set_Pixel_Sizes(face, 0, px);
    int n = 0;
    while (codes[n]) n++;
    used = 0;
    put((face->size->metrics.ascender + 63) >> 6);
    put((-face->size->metrics.descender + 63) >> 6);
    put16(n);
    for (int i = 0; i < n; i++) glyph(face, codes[i]);
    printf("/** %s, %d pixels */\nexport const %s =\n  \"", file, px, name);
    base64();
    printf("\";\n");
    FT_Done_Face(face);
}

int main(int argc, char **argv) {
    FT_Library library;
    static const int more[] = { 0xb0, 0xb7, 0xd7, 0x2013, 0x2022, 0x2026, 0x2190, 0x2191, 0x2192, 0x2193 };
    int text[128], digits[16], n = 0;
    for (int c = 32; c < 127; c++) text[n++] = c;
    for (unsigned i = 0; i < sizeof more / sizeof *more; i++) text[n++] = more[i];
    text[n] = 0;
    for (n = 0; n < 10; n++) digits[n] = '0' + n;
    digits[n] = 0;
    if (argc != 2 || FT_Init_FreeType(&library)) return 1;
    printf("/**\n * Made by tests/kit/rasterise_font.c, which says how it lies.\n"
           " * DejaVu fonts 2.37: Bitstream Vera is copyright Bitstream, Inc.; DejaVu changes are in the public domain.\n"
           " * Their licence (free use, copies, changes): https://dejavu-fonts.github.io/License.html\n */\n");
    font(library, argv[1], "sans", "DejaVuSans.ttf", 13, text);
    font(library, argv[1], "bold", "DejaVuSans-Bold.ttf", 13, text);
    font(library, argv[1], "mono", "DejaVuSansMono.ttf", 13, text);
    font(library, argv[1], "huge", "DejaVuSans-Bold.ttf", 56, digits);
    return 0;
}
