/* usbparser.c - what libusbredirparser says of streams: standard input has any number of { u8 is the side with the device; u32 capabilities; u32 bytes; bytes },
 * little-endian; for each a line: how many packets it read, and 0, or what usbredirparser_do_read returned (-2: they are no packets). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <usbredirparser.h>
static const uint8_t *at; static size_t left; static long packets; static struct usbredirparser *parser;
static void logged(void *p, int level, const char *m) { (void)p; (void)level; (void)m; }
static int reads(void *p, uint8_t *data, int n) { (void)p; if ((size_t)n > left) n = left; memcpy(data, at, n); at += n; left -= n; return n; }
static int writes(void *p, uint8_t *data, int n) { (void)p; (void)data; return n; }
static void plain(void *p) { (void)p; packets++; }
static void with_data(void *p, uint64_t id, void *head, uint8_t *data, int n) { (void)p; (void)id; (void)head; (void)n; packets++; usbredirparser_free_packet_data(parser, data); }
static void filter(void *p, struct usbredirfilter_rule *rules, int n) { (void)p; (void)n; packets++; free(rules); }
int main(void)
{
    uint8_t head[9];
    while (fread(head, 1, 9, stdin) == 9) {
        uint32_t caps[USB_REDIR_CAPS_SIZE] = { 0 }, n; memcpy(&caps[0], head + 1, 4); memcpy(&n, head + 5, 4);
        uint8_t *bytes = malloc(n + 1); if (fread(bytes, 1, n, stdin) != n) return 1;
        at = bytes; left = n; packets = 0; parser = usbredirparser_create();
        void **from = (void **)&parser->device_connect_func, **to = (void **)(&parser->buffered_bulk_packet_func + 1);
        for (void **f = from; f < to; f++) *f = (void *)plain;
        parser->control_packet_func = (void *)with_data; parser->bulk_packet_func = (void *)with_data; parser->iso_packet_func = (void *)with_data;
        parser->interrupt_packet_func = (void *)with_data; parser->buffered_bulk_packet_func = (void *)with_data; parser->filter_filter_func = filter;
        parser->alloc_lock_func = NULL; parser->lock_func = NULL; parser->unlock_func = NULL; parser->free_lock_func = NULL;
        parser->log_func = logged; parser->read_func = reads; parser->write_func = writes;
        usbredirparser_init(parser, "oracle", caps, USB_REDIR_CAPS_SIZE, head[0] ? usbredirparser_fl_usb_host : 0);
        int said = 0; while (left > 0 && (said = usbredirparser_do_read(parser)) == 0) { }
        printf("%ld %d\n", packets, said); usbredirparser_destroy(parser); free(bytes);
    }
    return 0;
}
