/**
 * The C sources of spice and spice-gtk, where somebody has unpacked them (`apt-get source spice spice-gtk`):
 * in the folder that SPICE_SOURCES names, in /usr/src, or in src or ref at home.
 */

/** The newest unpacked source whose folder begins so; null if there is none. */
export function sourceOf(name: "spice" | "spice-gtk"): string | null {
  const home = Deno.env.get("HOME") ?? "";
  const places = [Deno.env.get("SPICE_SOURCES"), "/usr/src", `${home}/src`, `${home}/ref`];
  for (const place of places) {
    const found = place === undefined ? [] : folders(place)
      .filter((folder) => new RegExp(`^${name}-[0-9.]+$`).test(folder));
    if (found.length > 0) return `${place}/${found.toSorted().at(-1)}`;
  }
  return null;
}

function folders(place: string): string[] {
  try {
    return [...Deno.readDirSync(place)].filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Compiles into `program` with Debian's -O2; a sentence saying why not, or null. */
export function compileC(program: string, args: string[], packages: string[]): string | null {
  const flags = run("pkg-config", ["--cflags", "--libs", ...packages]);
  if (!flags.ok) return `pkg-config: ${flags.said}`;
  const words = flags.said.split(/\s+/).filter((word) => word !== "");
  const built = run("cc", ["-w", "-O2", "-o", program, ...args, ...words]);
  return built.ok ? null : `cc: ${built.said.slice(0, 500)}`;
}

function run(command: string, args: string[]): { ok: boolean; said: string } {
  try {
    const { success, stdout, stderr } = new Deno.Command(command, { args }).outputSync();
    return { ok: success, said: new TextDecoder().decode(success ? stdout : stderr).trim() };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { ok: false, said: `no ${command}` };
    throw error;
  }
}
