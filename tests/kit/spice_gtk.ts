/**
 * A client made of the installed libspice-client-glib: links its channels and says what became of
 * them, one JSON line each. Run as a program of its own, since C may take it down:
 * `deno run -A spice_gtk.ts '{"host":"127.0.0.1","port":"5930","password":"…"}' CHANNELS MILLISECONDS`.
 * Properties are those of SpiceSession.
 */

/** What the library says of a channel: its SpiceChannelEvent by name. */
export interface ChannelEvent {
  readonly type: number;
  readonly id: number;
  readonly event: string;
}

const EVENTS: Record<number, string> = {
  10: "opened",
  11: "switching",
  12: "closed",
  20: "connect error",
  21: "TLS error",
  22: "link error",
  23: "authentication error",
  24: "I/O error",
};

/** Whether the library is installed. */
export function spiceGtkInstalled(): boolean {
  const { stdout } = new Deno.Command("sh", { args: ["-c", "ldconfig -p"], stderr: "null" })
    .outputSync();
  const found = new TextDecoder().decode(stdout).includes("libspice-client-glib-2.0.so.8");
  if (!found) console.log("not installed: libspice-client-glib");
  return found;
}

/**
 * Runs such a client until so many channels are open, something failed, or it took too long; what
 * its channels went through.
 */
export async function spiceGtk(
  properties: Record<string, string>,
  { channels = 4, milliseconds = 8000, env = {} as Record<string, string> } = {},
): Promise<ChannelEvent[]> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--no-config",
      new URL(import.meta.url).pathname,
      JSON.stringify(properties),
      String(channels),
      String(milliseconds),
    ],
    env,
  }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  if (lines.at(-1) !== "done") throw new Error(new TextDecoder().decode(stderr));
  return lines.slice(0, -1).map((line) => JSON.parse(line));
}

if (import.meta.main) {
  const properties: Record<string, string> = JSON.parse(Deno.args[0]);
  const spice = Deno.dlopen("libspice-client-glib-2.0.so.8", {
    spice_session_new: { parameters: [], result: "pointer" },
    spice_session_connect: { parameters: ["pointer"], result: "i32" },
    spice_session_disconnect: { parameters: ["pointer"], result: "void" },
    spice_channel_connect: { parameters: ["pointer"], result: "i32" },
  }).symbols;
  const gobject = Deno.dlopen("libgobject-2.0.so.0", {
    // variadic in C; with pointers and integers alone the call is the same
    g_object_set: { parameters: ["pointer", "buffer", "pointer", "pointer"], result: "void" },
    g_object_get: { parameters: ["pointer", "buffer", "buffer", "pointer"], result: "void" },
    g_signal_connect_data: {
      parameters: ["pointer", "buffer", "function", "pointer", "pointer", "i32"],
      result: "u64",
    },
  }).symbols;
  const glib = Deno.dlopen("libglib-2.0.so.0", {
    g_main_context_iteration: { parameters: ["pointer", "i32"], result: "i32" },
  }).symbols;
  const text = (value: string) => new TextEncoder().encode(value + "\0");
  const number = (object: Deno.PointerValue, name: string) => {
    const value = new Int32Array(1);
    gobject.g_object_get(object, text(name), new Uint8Array(value.buffer), null);
    return value[0];
  };

  const session = spice.spice_session_new();
  const kept: Uint8Array[] = [];
  for (const name of ["enable-audio", "enable-usbredir", "enable-smartcard"]) {
    gobject.g_object_set(session, text(name), null, null);
  }
  for (const [name, value] of Object.entries(properties)) {
    const bytes = text(value);
    kept.push(bytes);
    gobject.g_object_set(session, text(name), Deno.UnsafePointer.of(bytes), null);
  }
  let failed = false, open = 0;
  const changed = new Deno.UnsafeCallback(
    { parameters: ["pointer", "i32", "pointer"], result: "void" },
    (channel, code) => {
      const event = EVENTS[code] ?? String(code);
      if (code >= 20) failed = true;
      if (code === 10) open++;
      const [type, id] = ["channel-type", "channel-id"].map((name) => number(channel, name));
      console.log(JSON.stringify({ type, id, event }));
    },
  );
  const created = new Deno.UnsafeCallback(
    { parameters: ["pointer", "pointer", "pointer"], result: "void" },
    (_, channel) => {
      gobject.g_signal_connect_data(channel, text("channel-event"), changed.pointer, null, null, 0);
      if (number(channel, "channel-type") !== 1) spice.spice_channel_connect(channel);
    },
  );
  gobject.g_signal_connect_data(session, text("channel-new"), created.pointer, null, null, 0);
  spice.spice_session_connect(session);
  const end = performance.now() + Number(Deno.args[2]);
  while (!failed && open < Number(Deno.args[1]) && performance.now() < end) {
    while (glib.g_main_context_iteration(null, 0));
    await new Promise((wake) => setTimeout(wake, 2));
  }
  console.log("done");
  Deno.exit(0);
}
