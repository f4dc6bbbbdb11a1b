/** Programs that nobody here wrote, found or built; a test that lacks one is ignored and says why. */

const folder = new URL("./peer/", import.meta.url).pathname;

const LIBRARIES: Record<string, string[]> = {
  replay: ["-I/usr/include/spice-server", "-I/usr/include/spice-1", "-lspice-server", "-lpthread"],
  consumer: ["-lcrypto"],
  shot: [
    "-l:libspice-client-glib-2.0.so.8",
    "-l:libglib-2.0.so.0",
    "-l:libgobject-2.0.so.0",
  ],
  hand: [
    "-l:libspice-client-glib-2.0.so.8",
    "-l:libglib-2.0.so.0",
    "-l:libgobject-2.0.so.0",
    "-l:libgio-2.0.so.0",
  ],
  flashes: [
    "-l:libspice-client-glib-2.0.so.8",
    "-l:libglib-2.0.so.0",
    "-l:libgobject-2.0.so.0",
  ],
  usbparser: ["-lusbredirparser"],
  sounds: [
    "-l:libspice-client-glib-2.0.so.8",
    "-l:libglib-2.0.so.0",
    "-l:libgobject-2.0.so.0",
    "-lm",
  ],
};

/** Whether a program stands in the path. */
export function installed(program: string): boolean {
  const { success } = new Deno.Command("sh", {
    args: ["-c", `command -v "$0" >/dev/null`, program],
  }).outputSync();
  return success;
}

const built = new Map<string, string | null>();

/** The path of one of the C programs, built once; null: it cannot be built here. */
export function peer(
  name: "replay" | "consumer" | "shot" | "sounds" | "hand" | "flashes" | "usbparser",
): string | null {
  let path = built.get(name);
  if (path !== undefined) return path;
  const made = Deno.makeTempDirSync({ prefix: "peer-" });
  addEventListener("unload", () => Deno.removeSync(made, { recursive: true }));
  path = `${made}/${name}`;
  const args = ["-O2", "-w", "-o", path, `${folder}${name}.c`, ...LIBRARIES[name]];
  let why = "no C compiler";
  if (installed("cc")) {
    const { success, stderr } = new Deno.Command("cc", { args }).outputSync();
    why = success ? "" : new TextDecoder().decode(stderr).split("\n")[0];
  }
  if (why !== "") console.log(`without ${name}: ${why}`);
  built.set(name, why === "" ? path : null);
  return built.get(name)!;
}

/** Options for Deno.test: ignored, with the reason printed, unless all of these are installed. */
export function needs(...programs: string[]): { ignore: boolean } {
  const missing = programs.filter((program) => !installed(program));
  if (missing.length > 0) console.log(`not installed: ${missing.join(", ")}`);
  return { ignore: missing.length > 0 };
}

/** Whether streams of this codec can be made here, and GStreamer, which spice-gtk shows them by, knows it; says why not. */
export function streamable(codec: "mjpeg" | "vp8" | "vp9"): boolean {
  if (codec === "mjpeg") return true;
  if (needs("ffmpeg", "gst-inspect-1.0").ignore) return false;
  const { success } = new Deno.Command("gst-inspect-1.0", {
    args: ["--exists", `${codec}dec`],
  }).outputSync();
  if (!success) console.log(`GStreamer has no ${codec}dec`);
  return success;
}

/** Runs a program to its end; rejects when it takes too long or fails. */
export async function run(
  program: string,
  args: string[],
  { seconds = 60, env = {} as Record<string, string>, fails = false } = {},
): Promise<{ out: string; err: string; code: number }> {
  const child = new Deno.Command(program, { args, env, stdout: "piped", stderr: "piped" }).spawn();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    try {
      child.kill("SIGKILL");
    } catch { /* it has ended, and a child of its own has not */ }
  }, seconds * 1000);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const out = new TextDecoder().decode(stdout), err = new TextDecoder().decode(stderr);
  if (late) throw new Error(`${program} ${args.join(" ")} ran for ${seconds} s: ${err}`);
  if (code !== 0 && !fails) throw new Error(`${program} ${args.join(" ")}: code ${code}: ${err}`);
  return { out, err, code };
}
