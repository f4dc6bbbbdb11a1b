/* What decode-glz.c wants of spice-gtk, GLib's coroutines and pixman, as little as does. */
#include <glib.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <spice/macros.h>
#include <common/lz_common.h>

typedef struct SpicePalette { uint64_t unique; uint16_t num_ents; uint32_t ents[]; } SpicePalette;
typedef struct SpiceGlzDecoder SpiceGlzDecoder;
typedef struct {
    void (*decode)(SpiceGlzDecoder *decoder, uint8_t *data, SpicePalette *palette, void *usr_data);
} SpiceGlzDecoderOps;
struct SpiceGlzDecoder { SpiceGlzDecoderOps *ops; };
typedef struct SpiceGlzDecoderWindow SpiceGlzDecoderWindow;

typedef struct { int refs; uint32_t pixels; uint8_t *data; } pixman_image_t;
enum { PIXMAN_LE_a8r8g8b8, PIXMAN_LE_x8r8g8b8 };

typedef void *gpointer;
#define g_new0(type, count) ((type *)calloc(count, sizeof(type)))
#define g_free free
#define g_clear_pointer(at, destroy) do { if (*(at)) destroy(*(at)); *(at) = NULL; } while (0)

static int failed;
#undef g_return_val_if_fail
#undef g_return_if_fail
#define g_return_val_if_fail(x, value) do { if (!(x)) { failed = 1; return value; } } while (0)
#define g_return_if_fail(x) do { if (!(x)) { failed = 1; return; } } while (0)
#undef SPICE_ALIGNED_CAST
#define SPICE_ALIGNED_CAST(type, value) ((type)(void *)(value))
#define SPICE_DEBUG(...) ((void)0)
#define g_coroutine_self() NULL
#define g_coroutine_condition_wait(self, condition, data) condition(data)

static pixman_image_t *alloc_lz_image_surface(void *out, int format, int width, int height,
                                              int pixels, int top_down)
{
    pixman_image_t *image = calloc(1, sizeof(*image));
    image->refs = 1;
    image->pixels = pixels;
    image->data = calloc(pixels, 4);
    *(pixman_image_t **)out = image;
    return image;
}
/* where an image that is upside down has its first row: behind what decode-glz.c takes away again */
static uint8_t *pixman_image_get_data(pixman_image_t *image) { return image->data; }
static void pixman_image_ref(pixman_image_t *image) {}
static void pixman_image_unref(pixman_image_t *image)
{
    free(image->data);
    free(image);
}
