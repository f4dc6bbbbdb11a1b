/*
 * Reads messages with the demarshallers that spice-common generates from spice.proto, writes them again
 * with its marshallers. `marshal.ts` builds and runs it.
 *
 * In, for each message: channel u8, from the server u8, type u16, size u32, body.
 * Out, for each message: size u32, bytes; size 0xffffffff: refused; 0xfffffffe: read, but not written.
 */
#include <config.h>
#include <libcacard.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/demarshallers.h"
#include "common/generated_server_marshallers.h"
#include "common/messages.h"
#define SpiceMessageMarshallers ClientMarshallers
#include "common/generated_client_marshallers.h"

typedef SpiceMarshaller M;

void spice_backtrace(void) {}

static void put(M *m, const uint8_t *data, size_t size) { spice_marshaller_add(m, data, size); }

static void put_chunks(M *m, SpiceChunks *chunks)
{
    for (uint32_t i = 0; chunks && i < chunks->num_chunks; i++)
        put(m, chunks->chunk[i].data, chunks->chunk[i].len);
}

/* Pixels are not marshalled by the generated code: the caller adds them. */
static void put_image(M *m, SpiceImage *image)
{
    M *palette = NULL, *lz_palette = NULL;
    if (!m || !image) return;
    spice_marshall_Image(m, image, &palette, &lz_palette);
    if (palette && image->u.bitmap.palette) spice_marshall_Palette(palette, image->u.bitmap.palette);
    if (lz_palette && image->u.lz_plt.palette)
        spice_marshall_Palette(lz_palette, image->u.lz_plt.palette);
    switch (image->descriptor.type) {
    case SPICE_IMAGE_TYPE_BITMAP: put_chunks(m, image->u.bitmap.data); break;
    case SPICE_IMAGE_TYPE_QUIC:
    case SPICE_IMAGE_TYPE_LZ_RGB:
    case SPICE_IMAGE_TYPE_GLZ_RGB:
    case SPICE_IMAGE_TYPE_JPEG:
    case SPICE_IMAGE_TYPE_LZ4: put_chunks(m, image->u.quic.data); break;
    case SPICE_IMAGE_TYPE_LZ_PLT: put_chunks(m, image->u.lz_plt.data); break;
    case SPICE_IMAGE_TYPE_ZLIB_GLZ_RGB: put_chunks(m, image->u.zlib_glz.data); break;
    case SPICE_IMAGE_TYPE_JPEG_ALPHA: put_chunks(m, image->u.jpeg_alpha.data); break;
    default: break;
    }
}

static SpiceImage *pattern(SpiceBrush *brush)
{
    return brush->type == SPICE_BRUSH_TYPE_PATTERN ? brush->u.pattern.pat : NULL;
}

/* One case: the message as a T called s, then what writes it. */
#define CASE(type, T, ...) case type: { T *s = (T *)data; __VA_ARGS__; return 1; }
#define PLAIN(type, T, name) CASE(type, T, spice_marshall_##name(m, s))
#define DRAW(type, T, ...) CASE(type, T, spice_marshall_DisplayBase(m, &s->base); __VA_ARGS__)

static int write_base(M *m, int type, uint8_t *data)
{
    switch (type) {
    PLAIN(1, SpiceMsgMigrate, msg_migrate)
    PLAIN(3, SpiceMsgSetAck, msg_set_ack)
    CASE(4, SpiceMsgPing, spice_marshall_msg_ping(m, s); put(m, s->data, s->data_len))
    PLAIN(5, SpiceMsgWaitForChannels, msg_wait_for_channels)
    PLAIN(6, SpiceMsgDisconnect, msg_disconnecting)
    CASE(7, SpiceMsgNotify, spice_marshall_msg_notify(m, s); put(m, s->message, s->message_len);
         spice_marshaller_add_uint8(m, 0))
    }
    return 0;
}

static int write_main(M *m, int type, uint8_t *data)
{
    switch (type) {
    PLAIN(101, SpiceMsgMainMigrationBegin, msg_main_migrate_begin)
    PLAIN(103, SpiceMsgMainInit, msg_main_init)
    PLAIN(104, SpiceMsgChannels, msg_main_channels_list)
    PLAIN(105, SpiceMsgMainMouseMode, msg_main_mouse_mode)
    PLAIN(106, SpiceMsgMainMultiMediaTime, msg_main_multi_media_time)
    PLAIN(108, SpiceMsgMainAgentDisconnect, msg_main_agent_disconnected)
    PLAIN(110, SpiceMsgMainAgentTokens, msg_main_agent_token)
    PLAIN(111, SpiceMsgMainMigrationSwitchHost, msg_main_migrate_switch_host)
    PLAIN(113, SpiceMsgMainName, msg_main_name)
    PLAIN(114, SpiceMsgMainUuid, msg_main_uuid)
    PLAIN(115, SpiceMsgMainAgentConnectedTokens, msg_main_agent_connected_tokens)
    PLAIN(116, SpiceMsgMainMigrateBeginSeamless, msg_main_migrate_begin_seamless)
    }
    return 0;
}

static int write_display(M *m, int type, uint8_t *data)
{
    M *a = NULL, *b = NULL, *c = NULL;
    switch (type) {
    PLAIN(101, SpiceMsgDisplayMode, msg_display_mode)
    DRAW(104, SpiceMsgDisplayCopyBits, spice_marshall_Point(m, &s->src_pos))
    PLAIN(105, SpiceResourceList, msg_display_inval_list)
    PLAIN(106, SpiceMsgWaitForChannels, msg_display_inval_all_pixmaps)
    PLAIN(107, SpiceMsgDisplayInvalOne, msg_display_inval_palette)
    PLAIN(122, SpiceMsgDisplayStreamCreate, msg_display_stream_create)
    CASE(123, SpiceMsgDisplayStreamData, spice_marshall_msg_display_stream_data(m, s);
         put(m, s->data, s->data_size))
    PLAIN(124, SpiceMsgDisplayStreamClip, msg_display_stream_clip)
    PLAIN(125, SpiceMsgDisplayStreamDestroy, msg_display_stream_destroy)
    DRAW(302, SpiceMsgDisplayDrawFill, spice_marshall_Fill(m, &s->data, &a, &b);
         put_image(a, pattern(&s->data.brush)); put_image(b, s->data.mask.bitmap))
    DRAW(303, SpiceMsgDisplayDrawOpaque, spice_marshall_Opaque(m, &s->data, &a, &b, &c);
         put_image(a, s->data.src_bitmap); put_image(b, pattern(&s->data.brush));
         put_image(c, s->data.mask.bitmap))
    DRAW(304, SpiceMsgDisplayDrawCopy, spice_marshall_Copy(m, &s->data, &a, &b);
         put_image(a, s->data.src_bitmap); put_image(b, s->data.mask.bitmap))
    DRAW(305, SpiceMsgDisplayDrawCopy, spice_marshall_Blend(m, &s->data, &a, &b);
         put_image(a, s->data.src_bitmap); put_image(b, s->data.mask.bitmap))
    DRAW(306, SpiceMsgDisplayDrawBlackness, spice_marshall_Blackness(m, &s->data, &a);
         put_image(a, s->data.mask.bitmap))
    DRAW(307, SpiceMsgDisplayDrawWhiteness, spice_marshall_Whiteness(m, &s->data, &a);
         put_image(a, s->data.mask.bitmap))
    DRAW(308, SpiceMsgDisplayDrawInvers, spice_marshall_Invers(m, &s->data, &a);
         put_image(a, s->data.mask.bitmap))
    DRAW(309, SpiceMsgDisplayDrawRop3, spice_marshall_Rop3(m, &s->data, &a, &b, &c);
         put_image(a, s->data.src_bitmap); put_image(b, pattern(&s->data.brush));
         put_image(c, s->data.mask.bitmap))
    DRAW(310, SpiceMsgDisplayDrawStroke, spice_marshall_Stroke(m, &s->data, &a, &b);
         for (int i = 0; a && i < s->data.attr.style_nseg; i++)
             spice_marshaller_add_int32(a, s->data.attr.style[i]);
         put_image(b, pattern(&s->data.brush)))
    DRAW(311, SpiceMsgDisplayDrawText, spice_marshall_Text(m, &s->data, &a, &b);
         put_image(a, pattern(&s->data.fore_brush)); put_image(b, pattern(&s->data.back_brush)))
    DRAW(312, SpiceMsgDisplayDrawTransparent, spice_marshall_Transparent(m, &s->data, &a);
         put_image(a, s->data.src_bitmap))
    DRAW(313, SpiceMsgDisplayDrawAlphaBlend, spice_marshall_AlphaBlend(m, &s->data, &a);
         put_image(a, s->data.src_bitmap))
    PLAIN(314, SpiceMsgSurfaceCreate, msg_display_surface_create)
    PLAIN(315, SpiceMsgSurfaceDestroy, msg_display_surface_destroy)
    CASE(316, SpiceMsgDisplayStreamDataSized, spice_marshall_msg_display_stream_data_sized(m, s);
         put(m, s->data, s->data_size))
    PLAIN(317, SpiceMsgDisplayMonitorsConfig, msg_display_monitors_config)
    DRAW(318, SpiceMsgDisplayDrawComposite, spice_marshall_Composite(m, &s->data, &a, &b);
         put_image(a, s->data.src_bitmap);
         if (s->data.flags & SPICE_COMPOSITE_HAS_MASK) put_image(b, s->data.mask_bitmap))
    PLAIN(319, SpiceMsgDisplayStreamActivateReport, msg_display_stream_activate_report)
    CASE(320, SpiceMsgDisplayGlScanoutUnix, s->drm_dma_buf_fd = -1;
         spice_marshall_msg_display_gl_scanout_unix(m, s))
    PLAIN(321, SpiceMsgDisplayGlDraw, msg_display_gl_draw)
    }
    return 0;
}

static int write_cursor(M *m, int type, uint8_t *data)
{
    switch (type) {
    CASE(101, SpiceMsgCursorInit, spice_marshall_msg_cursor_init(m, s);
         put(m, s->cursor.data, s->cursor.data_size))
    CASE(103, SpiceMsgCursorSet, spice_marshall_msg_cursor_set(m, s);
         put(m, s->cursor.data, s->cursor.data_size))
    PLAIN(104, SpiceMsgCursorMove, msg_cursor_move)
    PLAIN(106, SpiceMsgCursorTrail, msg_cursor_trail)
    PLAIN(107, SpiceMsgDisplayInvalOne, msg_cursor_inval_one)
    }
    return 0;
}

static int write_sound(M *m, int channel, int type, uint8_t *data)
{
    if (channel == SPICE_CHANNEL_RECORD) switch (type) {
    PLAIN(101, SpiceMsgRecordStart, msg_record_start)
    PLAIN(103, SpiceMsgAudioVolume, SpiceMsgAudioVolume)
    PLAIN(104, SpiceMsgAudioMute, SpiceMsgAudioMute)
    default: return 0;
    }
    switch (type) {
    CASE(101, SpiceMsgPlaybackPacket, spice_marshall_msg_playback_data(m, s);
         put(m, s->data, s->data_size))
    CASE(102, SpiceMsgPlaybackMode, spice_marshall_msg_playback_mode(m, s);
         put(m, s->data, s->data_size))
    PLAIN(103, SpiceMsgPlaybackStart, msg_playback_start)
    PLAIN(105, SpiceMsgAudioVolume, SpiceMsgAudioVolume)
    PLAIN(106, SpiceMsgAudioMute, SpiceMsgAudioMute)
    PLAIN(107, SpiceMsgPlaybackLatency, msg_playback_latency)
    }
    return 0;
}

static int write_server(M *m, int channel, int type, uint8_t *data)
{
    if (type < 100) return write_base(m, type, data);
    switch (channel) {
    case SPICE_CHANNEL_MAIN: return write_main(m, type, data);
    case SPICE_CHANNEL_DISPLAY: return write_display(m, type, data);
    case SPICE_CHANNEL_CURSOR: return write_cursor(m, type, data);
    case SPICE_CHANNEL_PLAYBACK:
    case SPICE_CHANNEL_RECORD: return write_sound(m, channel, type, data);
    case SPICE_CHANNEL_INPUTS:
        switch (type) {
        PLAIN(101, SpiceMsgInputsInit, msg_inputs_init)
        PLAIN(102, SpiceMsgInputsKeyModifiers, msg_inputs_key_modifiers)
        }
        return 0;
    case SPICE_CHANNEL_SMARTCARD:
        switch (type) {
        CASE(101, SpiceMsgSmartcard, spice_marshall_msg_smartcard_data(m, s);
             put(m, s->data, s->length))
        }
        return 0;
    case SPICE_CHANNEL_USBREDIR:
        if (type > 102) return 0;
        /* fall through */
    default:
        switch (type) {
        CASE(102, SpiceMsgCompressedData, spice_marshall_SpiceMsgCompressedData(m, s);
             put(m, s->compressed_data, s->compressed_size))
        PLAIN(201, SpiceMsgPortInit, msg_port_init)
        PLAIN(202, SpiceMsgPortEvent, msg_port_event)
        }
    }
    return 0;
}

ClientMarshallers *spice_message_marshallers_get(void);

#undef PLAIN
#define PLAIN(type, name) case type: by->name(m, (void *)data); return 1;

static int write_client(M *m, int channel, int type, uint8_t *data)
{
    ClientMarshallers *by = spice_message_marshallers_get();
    if (type < 100) switch (type) {
    PLAIN(1, msgc_ack_sync)
    PLAIN(3, msgc_pong)
    PLAIN(6, msgc_disconnecting)
    default: return 0;
    }
    switch (channel) {
    case SPICE_CHANNEL_MAIN:
        switch (type) {
        PLAIN(101, msgc_main_client_info)
        PLAIN(105, msgc_main_mouse_mode_request)
        PLAIN(106, msgc_main_agent_start)
        PLAIN(108, msgc_main_agent_token)
        PLAIN(110, msgc_main_migrate_dst_do_seamless)
        }
        return 0;
    case SPICE_CHANNEL_DISPLAY:
        switch (type) {
        PLAIN(101, msgc_display_init)
        PLAIN(102, msgc_display_stream_report)
        PLAIN(103, msgc_display_preferred_compression)
        PLAIN(105, msgc_display_preferred_video_codec_type)
        }
        return 0;
    case SPICE_CHANNEL_INPUTS:
        switch (type) {
        PLAIN(101, msgc_inputs_key_down)
        PLAIN(102, msgc_inputs_key_up)
        PLAIN(103, msgc_inputs_key_modifiers)
        PLAIN(111, msgc_inputs_mouse_motion)
        PLAIN(112, msgc_inputs_mouse_position)
        PLAIN(113, msgc_inputs_mouse_press)
        PLAIN(114, msgc_inputs_mouse_release)
        }
        return 0;
    case SPICE_CHANNEL_RECORD:
        switch (type) {
        CASE(101, SpiceMsgPlaybackPacket, by->msgc_record_data(m, s);
             put(m, s->data, s->data_size))
        CASE(102, SpiceMsgPlaybackMode, by->msgc_record_mode(m, s); put(m, s->data, s->data_size))
        PLAIN(103, msgc_record_start_mark)
        }
        return 0;
    case SPICE_CHANNEL_SMARTCARD:
        switch (type) {
        CASE(101, VSCMsgHeader, by->msgc_smartcard_data(m, s); put(m, s->data, s->length))
        }
        return 0;
    case SPICE_CHANNEL_USBREDIR:
    case SPICE_CHANNEL_PORT:
    case SPICE_CHANNEL_WEBDAV:
        switch (type) {
        CASE(102, SpiceMsgCompressedData, by->msg_SpiceMsgCompressedData(m, s);
             put(m, s->compressed_data, s->compressed_size))
        PLAIN(201, msgc_port_event)
        }
    }
    return 0;
}

static void say(uint32_t size) { fwrite(&size, 4, 1, stdout); }

int main(void)
{
    uint8_t head[8];
    while (fread(head, 1, 8, stdin) == 8) {
        int channel = head[0], from_server = head[1], type = head[2] | head[3] << 8;
        uint32_t n;
        memcpy(&n, head + 4, 4);
        uint8_t *body = malloc(n + 1);
        if (fread(body, 1, n, stdin) != n) return 1;
        unsigned last;
        size_t size;
        message_destructor_t free_data;
        spice_parse_channel_func_t parse = from_server
            ? spice_get_server_channel_parser(channel, &last)
            : spice_get_client_channel_parser(channel, &last);
        uint8_t *data = parse ? parse(body, body + n, type, 2, &size, &free_data) : NULL;
        if (!data) {
            say(0xffffffff);
        } else {
            M *m = spice_marshaller_new();
            if (!(from_server ? write_server : write_client)(m, channel, type, data)) {
                say(0xfffffffe);
            } else {
                int free_out;
                size_t length;
                spice_marshaller_flush(m);
                uint8_t *out = spice_marshaller_linearize(m, 0, &length, &free_out);
                say(length);
                fwrite(out, 1, length, stdout);
                if (free_out) free(out);
            }
            spice_marshaller_destroy(m);
            free_data(data);
        }
        free(body);
    }
    return 0;
}
