/* hand.c - headless spice-gtk (libspice-client-glib) client that does what it is told: points, types, asks for sizes, sends files. Lines of JSON
 * say what happened. No -dev packages needed: the few prototypes are declared here.
 * usage: hand PORT [DB A B C], with lines on its standard input; with DB, a folder of NSS, it has a card with these three certificates:
 *   (delay: presses the key and says how long it took until the display changed)
 *   point X Y DISPLAY | delay SCANCODE | click BUTTON | key SCANCODE | size DISPLAY X Y WIDTH HEIGHT | file PATH | bye
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
typedef void *P; typedef int gboolean; typedef unsigned long gulong; typedef struct { uint32_t domain; int code; char *message; } Error;
P spice_session_new(void); gboolean spice_session_connect(P); gboolean spice_channel_connect(P); void spice_session_disconnect(P);
void spice_inputs_channel_position(P, int x, int y, int display, int buttons); void spice_inputs_channel_button_press(P, int button, int state);
void spice_inputs_channel_button_release(P, int button, int state); void spice_inputs_channel_key_press(P, unsigned); void spice_inputs_channel_key_release(P, unsigned);
void spice_main_channel_update_display(P, int id, int x, int y, int w, int h, gboolean update); void spice_main_channel_update_display_enabled(P, int id, gboolean on, gboolean update);
gboolean spice_main_channel_send_monitor_config(P);
void spice_main_channel_file_copy_async(P, P *sources, int flags, P cancellable, void *progress, P data, void *ready, P user); gboolean spice_main_channel_file_copy_finish(P, P result, Error **);
P g_file_new_for_path(const char *); gulong g_signal_connect_data(P, const char *, void *cb, P data, P destroy, int flags); void g_object_get(P, const char *, ...); void g_object_set(P, const char *, ...);
P g_main_loop_new(P, gboolean); void g_main_loop_run(P); void g_main_loop_quit(P); unsigned g_timeout_add(unsigned ms, int (*f)(P), P);
static P session, loop, mainc, inputs; static char line[4096]; static size_t held;
static double pressed;
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e3 + t.tv_nsec / 1e6; }
#define SAY(...) (printf(__VA_ARGS__), fflush(stdout))
static void primary(P ch, int format, int w, int h, int st, int shmid, P data, P u) { (void)ch; (void)format; (void)st; (void)shmid; (void)data; SAY("{\"event\":\"primary\",\"display\":%ld,\"width\":%d,\"height\":%d}\n", (long)u, w, h); }
static void invalidate(P ch, int x, int y, int w, int h, P u)
{
    (void)ch; (void)x; (void)y; (void)w; (void)h; (void)u;
    if (pressed) { SAY("{\"event\":\"delay\",\"ms\":%.3f}\n", now() - pressed); pressed = 0; }
}
static void mouse(P ch, P spec, P u) { (void)spec; (void)u; int mode = 0; g_object_get(ch, "mouse-mode", &mode, NULL); SAY("{\"event\":\"mouse\",\"mode\":%d}\n", mode); }
static void agent(P ch, P spec, P u) { (void)spec; (void)u; int on = 0; g_object_get(ch, "agent-connected", &on, NULL); SAY("{\"event\":\"agent\",\"connected\":%d}\n", on); }
static void copied(P source, P result, P u)
{
    (void)u; Error *error = NULL; gboolean done = spice_main_channel_file_copy_finish(source, result, &error);
    SAY("{\"event\":\"sent\",\"done\":%d,\"why\":\"%s\"}\n", done, error ? error->message : "");
}
static void gone(P ch, int event, P u) { (void)ch; SAY("{\"event\":\"channel\",\"type\":%ld,\"is\":%d}\n", (long)u, event); }
static void channel_new(P s, P ch, P u)
{
    (void)s; (void)u; int type = 0, id = 0; g_object_get(ch, "channel-type", &type, "channel-id", &id, NULL);
    g_signal_connect_data(ch, "channel-event", gone, (P)(long)type, 0, 0);
    if (type == 1) { mainc = ch; g_signal_connect_data(ch, "notify::mouse-mode", mouse, 0, 0, 0); g_signal_connect_data(ch, "notify::agent-connected", agent, 0, 0, 0); }
    if (type == 2) { g_signal_connect_data(ch, "display-primary-create", primary, (P)(long)id, 0, 0);
        g_signal_connect_data(ch, "display-invalidate", invalidate, 0, 0, 0); spice_channel_connect(ch); }
    if (type == 3) { inputs = ch; spice_channel_connect(ch); }
    if (type == 4 || type == 8) spice_channel_connect(ch);
}
static void done(char *s)
{
    int a, b, c, d, e; unsigned code; char path[4096];
    if (sscanf(s, "point %d %d %d", &a, &b, &c) == 3) spice_inputs_channel_position(inputs, a, b, c, 0);
    else if (sscanf(s, "click %d", &a) == 1) { spice_inputs_channel_button_press(inputs, a, 1 << (a - 1)); spice_inputs_channel_button_release(inputs, a, 0); }
    else if (sscanf(s, "delay %u", &code) == 1) { pressed = now(); spice_inputs_channel_key_press(inputs, code); spice_inputs_channel_key_release(inputs, code); }
    else if (sscanf(s, "key %u", &code) == 1) { spice_inputs_channel_key_press(inputs, code); spice_inputs_channel_key_release(inputs, code); }
    else if (sscanf(s, "size %d %d %d %d %d", &a, &b, &c, &d, &e) == 5) {
        spice_main_channel_update_display(mainc, a, b, c, d, e, 0); spice_main_channel_update_display_enabled(mainc, a, 1, 0); spice_main_channel_send_monitor_config(mainc); }
    else if (sscanf(s, "file %4095s", path) == 1) { P sources[] = { g_file_new_for_path(path), NULL }; spice_main_channel_file_copy_async(mainc, sources, 0, NULL, NULL, NULL, copied, NULL); }
    else if (!strcmp(s, "bye")) { spice_session_disconnect(session); g_main_loop_quit(loop); }
}
static int tick(P u)
{
    (void)u; ssize_t n = read(0, line + held, sizeof line - 1 - held);
    if (n == 0) { g_main_loop_quit(loop); return 0; }
    if (n < 0) return 1;
    held += n; line[held] = 0;
    for (char *end; (end = strchr(line, '\n')); ) { *end = 0; done(line); held -= end + 1 - line; memmove(line, end + 1, held + 1); }
    return 1;
}
int main(int argc, char **argv)
{
    if (argc < 2) return 1;
    session = spice_session_new(); g_object_set(session, "host", "127.0.0.1", "port", argv[1], "enable-audio", 0, "enable-usbredir", 0, "enable-smartcard", argc > 5, NULL);
    char *certificates[] = { argc > 5 ? argv[3] : 0, argc > 5 ? argv[4] : 0, argc > 5 ? argv[5] : 0, 0 };
    if (argc > 5) g_object_set(session, "smartcard-db", argv[2], "smartcard-certificates", certificates, NULL);
    g_signal_connect_data(session, "channel-new", channel_new, 0, 0, 0); fcntl(0, F_SETFL, O_NONBLOCK);
    if (!spice_session_connect(session)) { fprintf(stderr, "connect failed\n"); return 2; }
    loop = g_main_loop_new(0, 0); g_timeout_add(10, tick, 0); g_main_loop_run(loop);
    _Exit(0);
}
