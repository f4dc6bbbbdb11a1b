/* spice-gtk's decoder behind the one function that spice_glz.c calls. */
#include "decode-glz.c"

/* 0: refused. The pixels stay in the decoder's window. */
int gtk_glz_decode(uint8_t *data, uint8_t **pixels, uint32_t *count)
{
    static SpiceGlzDecoderWindow *window;
    static SpiceGlzDecoder *decoder;
    pixman_image_t *last = NULL;
    if (!window) {
        window = glz_decoder_window_new();
        decoder = glz_decoder_new(window);
    }
    failed = 0;
    decoder->ops->decode(decoder, data, NULL, &last);
    if (failed || !last) return 0;
    *pixels = last->data;
    *count = last->pixels;
    return 1;
}
