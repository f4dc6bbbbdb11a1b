/**
 * The C sources of spice and spice-gtk: found where Debian unpacks sources, or fetched with
 * `apt-get source` where that is allowed.
 */

/** Looked through for `<name>-<version>`, the last filled by apt-get. */
const shelves = ["/usr/src", "/usr/local/src", "/var/tmp/spice-appliance"];

/** The folder of a source; or why there is none, which does not begin with a slash. */
export function sourceOf(name: "spice" | "spice-gtk"): string {
  const found = shelves.map((shelf) => lookOn(shelf, name)).find((path) => path !== null);
  if (found) return found;
  const shelf = shelves.at(-1)!;
  const folder = `${shelf}/fetch-${name}-${Deno.pid}`;
  Deno.mkdirSync(folder, { recursive: true });
  try {
    const fetched = run("apt-get", ["source", "-qq", "--download-only", name], folder);
    const opened = fetched.ok
      ? run("sh", ["-c", `tar xf ${name}_*.orig.tar.*[2z]`], folder)
      : fetched;
    if (!opened.ok) return `no source of ${name}, and apt-get source gives none: ${opened.said}`;
    const made = lookOn(folder, name);
    if (made === null) return `apt-get source ${name} has no folder ${name}-…`;
    if (lookOn(shelf, name) === null) Deno.renameSync(made, made.replace(folder, shelf));
    return lookOn(shelf, name)!;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function lookOn(shelf: string, name: string): string | null {
  try {
    const found = [...Deno.readDirSync(shelf)].filter(({ isDirectory }) => isDirectory)
      .map((entry) => entry.name).filter((folder) => new RegExp(`^${name}-[0-9.]+$`).test(folder));
    return found.length > 0 ? `${shelf}/${found.toSorted().at(-1)}` : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Compiles into `program` with Debian's -O2 and the little of GLib that spice-common needs; or says why not. */
export function compileC(program: string, args: string[]): string | null {
  const headers = new URL("../oracles/glib_free", import.meta.url).pathname;
  const built = run(
    "cc",
    ["-w", "-O2", "-std=gnu11", "-o", program, ...args, `-I${headers}`, "-I/usr/include/spice-1"],
  );
  return built.ok ? null : `cc (libspice-protocol-dev?): ${built.said.slice(0, 600)}`;
}

function run(command: string, args: string[], cwd?: string): { ok: boolean; said: string } {
  try {
    const { success, stderr } = new Deno.Command(command, { args, cwd, stdout: "null" })
      .outputSync();
    return { ok: success, said: new TextDecoder().decode(stderr).trim() };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { ok: false, said: `no ${command}` };
    throw error;
  }
}
