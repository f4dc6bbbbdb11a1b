/* flashes.c - headless spice-gtk (libspice-client-glib) client that looks at one pixel and listens: lines of JSON say when it becomes bright on
 * the screen and when the sound becomes loud for a player that has 100 ms of it waiting, which is what libspice-client is told.
 * No -dev packages needed: the few prototypes are declared here.
 * usage: flashes PORT X Y SECONDS
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
typedef void *P; typedef int gboolean; typedef unsigned long gulong;
P spice_session_new(void); gboolean spice_session_connect(P); gboolean spice_channel_connect(P); void spice_playback_channel_set_delay(P, uint32_t);
gulong g_signal_connect_data(P, const char *, void *cb, P data, P destroy, int flags); void g_object_set(P, const char *, ...); void g_object_get(P, const char *, ...);
P g_main_loop_new(P, gboolean); void g_main_loop_run(P); void g_main_loop_quit(P); unsigned g_timeout_add(unsigned ms, int (*f)(P), P);
enum { WAITING_MS = 100 };
static P loop; static const uint8_t *pixels; static int stride, x, y, bright, quiet = 4800; static double end, next;
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e3 + t.tv_nsec / 1e6; }
static void say(const char *what, double at) { printf("{\"event\":\"%s\",\"ms\":%.1f}\n", what, at); fflush(stdout); }
static void primary(P c, int format, int w, int h, int st, int id, P data, P u) { (void)c; (void)format; (void)w; (void)h; (void)id; (void)u; pixels = data; stride = st; }
static void gone(P c, P u) { (void)c; (void)u; pixels = 0; }
static void drawn(P c, int left, int top, int w, int h, P u)
{
    (void)c; (void)left; (void)top; (void)w; (void)h; (void)u; if (!pixels) return;
    int is = pixels[y * stride + x * 4] > 180;
    if (is && !bright) say("flash", now());
    bright = is;
}
/* What comes is played one after the other, the first after it has waited. */
static void data(P c, const int16_t *s, int bytes, P u)
{
    (void)u; double t = now();
    if (next < t) next = t + WAITING_MS;
    for (int i = 0; i < bytes / 4; i++) {
        if (abs(s[2 * i]) < 2000) { quiet++; continue; }
        if (quiet > 4800) say("beep", next + i / 48.0);
        quiet = 0;
    }
    next += bytes / 4 / 48.0;
    spice_playback_channel_set_delay(c, next - t);
}
static void started(P c, int format, int channels, int rate, P u) { (void)format; (void)channels; (void)rate; (void)u; spice_playback_channel_set_delay(c, WAITING_MS); }
static void channel_new(P s, P c, P u)
{
    (void)s; (void)u; int type = 0; g_object_get(c, "channel-type", &type, NULL);
    if (type == 2) { g_signal_connect_data(c, "display-primary-create", primary, 0, 0, 0); g_signal_connect_data(c, "display-primary-destroy", gone, 0, 0, 0); g_signal_connect_data(c, "display-invalidate", drawn, 0, 0, 0); }
    if (type == 5) { g_signal_connect_data(c, "playback-start", started, 0, 0, 0); g_signal_connect_data(c, "playback-data", data, 0, 0, 0); }
    if (type == 2 || type == 5) spice_channel_connect(c);
}
static int tick(P u) { (void)u; if (now() > end) g_main_loop_quit(loop); return 1; }
int main(int argc, char **argv)
{
    if (argc < 5) return 1;
    x = atoi(argv[2]); y = atoi(argv[3]); end = now() + atof(argv[4]) * 1e3;
    P s = spice_session_new(); g_object_set(s, "host", "127.0.0.1", "port", argv[1], "enable-audio", 1, "enable-usbredir", 0, "enable-smartcard", 0, NULL);
    g_signal_connect_data(s, "channel-new", channel_new, 0, 0, 0);
    if (!spice_session_connect(s)) return 2;
    loop = g_main_loop_new(0, 0); g_timeout_add(50, tick, 0); g_main_loop_run(loop);
    _Exit(0);
}
