/* sounds.c - headless spice-gtk (libspice-client-glib) client of the sound channels: what libspice-client decoded goes into a file, and when the
 * guest records it hears a sine of HZ. Lines of JSON say what happened. Ends when told (SIGUSR1) or after MAX_S.
 * No -dev packages needed: the few prototypes are declared here.
 * usage: sounds PORT OUT.s16 HZ MAX_S
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#include <signal.h>
#include <math.h>
#include <time.h>
typedef void *P; typedef int gboolean; typedef unsigned long gulong;
P spice_session_new(void); gboolean spice_session_connect(P); gboolean spice_channel_connect(P); void spice_session_disconnect(P);
void spice_record_channel_send_data(P, P data, size_t bytes, uint32_t time);
void spice_playback_channel_set_delay(P, uint32_t);
gulong g_signal_connect_data(P, const char *, void *cb, P data, P destroy, int flags);
void g_object_set(P, const char *, ...); void g_object_get(P, const char *, ...);
P g_main_loop_new(P, gboolean); void g_main_loop_run(P); void g_main_loop_quit(P); unsigned g_timeout_add(unsigned ms, int (*f)(P), P);
static P loop, record; static FILE *out; static double hz, t0, maxs; static uint64_t bytes, packets, sent; static double phase, spoken; static volatile sig_atomic_t ended;
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static void say(const char *what) { printf("{\"event\":\"%s\",\"packets\":%lu,\"bytes\":%lu,\"sent\":%lu}\n", what, packets, bytes, sent); fflush(stdout); }
static void play_start(P c, int format, int channels, int rate, P u) { (void)u; printf("{\"event\":\"start\",\"format\":%d,\"channels\":%d,\"rate\":%d}\n", format, channels, rate); fflush(stdout); spice_playback_channel_set_delay(c, 50); }
static void play_data(P c, P data, int size, P u) { (void)u; if (!packets++) say("data"); bytes += size; fwrite(data, 1, size, out); if (packets % 10 == 0) spice_playback_channel_set_delay(c, 50); }
static void play_stop(P c, P u) { (void)c; (void)u; fflush(out); say("stop"); }
static void volume(P c, P spec, P u)
{
    (void)spec; (void)u; unsigned n = 0, mute = 0; uint16_t *v = 0;
    g_object_get(c, "nchannels", &n, "volume", &v, "mute", &mute, NULL);
    printf("{\"event\":\"volume\",\"volume\":[%d,%d],\"mute\":%d}\n", n > 0 ? v[0] : -1, n > 1 ? v[1] : -1, mute); fflush(stdout);
}
static void min_latency(P c, P spec, P u) { (void)spec; (void)u; unsigned l = 0; g_object_get(c, "min-latency", &l, NULL); printf("{\"event\":\"latency\",\"latencyMs\":%u}\n", l); fflush(stdout); }
static void rec_start(P c, int format, int channels, int rate, P u) { (void)u; record = c; spoken = now(); printf("{\"event\":\"record-start\",\"format\":%d,\"channels\":%d,\"rate\":%d}\n", format, channels, rate); fflush(stdout); }
static void rec_stop(P c, P u) { (void)c; (void)u; record = 0; say("record-stop"); }
static void on_usr(int s) { (void)s; ended = 1; }
static void channel_new(P s, P ch, P u)
{
    (void)s; (void)u; int type = 0; g_object_get(ch, "channel-type", &type, NULL);
    if (type == 5) { g_signal_connect_data(ch, "playback-start", play_start, 0, 0, 0); g_signal_connect_data(ch, "playback-data", play_data, 0, 0, 0); g_signal_connect_data(ch, "playback-stop", play_stop, 0, 0, 0);
        g_signal_connect_data(ch, "notify::volume", volume, 0, 0, 0); g_signal_connect_data(ch, "notify::mute", volume, 0, 0, 0); g_signal_connect_data(ch, "notify::min-latency", min_latency, 0, 0, 0); spice_channel_connect(ch); say("playback"); }
    else if (type == 6) { g_signal_connect_data(ch, "record-start", rec_start, 0, 0, 0); g_signal_connect_data(ch, "record-stop", rec_stop, 0, 0, 0); spice_channel_connect(ch); say("record"); }
}
static int tick(P u)
{
    (void)u; double t = now();
    while (record && spoken < t) {
        int16_t s[960]; for (int i = 0; i < 480; i++, phase += 2 * M_PI * hz / 48000) s[2 * i] = s[2 * i + 1] = (int16_t)(16000 * sin(phase));
        spice_record_channel_send_data(record, s, sizeof s, (uint32_t)(spoken * 1000)); spoken += 0.01; sent++;
    }
    if (ended || t - t0 > maxs) { fflush(out); say("end"); g_main_loop_quit(loop); return 0; }
    return 1;
}
int main(int argc, char **argv)
{
    if (argc < 5) return 1;
    t0 = now(); out = fopen(argv[2], "wb"); hz = atof(argv[3]); maxs = atof(argv[4]); signal(SIGUSR1, on_usr);
    P s = spice_session_new(); g_object_set(s, "host", "127.0.0.1", "port", argv[1], "enable-audio", 1, "enable-usbredir", 0, "enable-smartcard", 0, NULL);
    g_signal_connect_data(s, "channel-new", channel_new, 0, 0, 0);
    if (!spice_session_connect(s)) { fprintf(stderr, "connect failed\n"); return 2; }
    loop = g_main_loop_new(0, 0); g_timeout_add(5, tick, 0); g_main_loop_run(loop);
    fflush(stdout); _Exit(0);
}
