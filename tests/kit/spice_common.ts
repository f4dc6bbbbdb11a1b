/**
 * spice-common's C code, to measure our codecs by: found where Debian unpacks sources, or fetched with
 * `apt-get source` where that is allowed. Tests that have none say why and are skipped.
 */

/** Looked through for `spice-<version>/subprojects/spice-common`, the last filled by apt-get. */
const shelves = ["/usr/src", "/usr/local/src", "/var/tmp/spice-appliance"];

/** Compiles a C program of tests/oracles against spice-common; where it stands, or why it does not. */
export function buildOracle(name: string, { optimise = "-O2" } = {}): { path: string } | string {
  const common = findSource();
  if (!common.startsWith("/")) return common;
  const folder = `${shelves.at(-1)}/bin`;
  Deno.mkdirSync(folder, { recursive: true });
  const source = new URL(`../oracles/${name}.c`, import.meta.url).pathname;
  const path = `${folder}/${name}${optimise}-${stampOf(source)}`;
  if (exists(path)) return { path };
  const parts = `${path}.${Deno.pid}`;
  const headers = new URL("../oracles/glib_free", import.meta.url).pathname;
  const said = run(
    "cc",
    ["-w", optimise, "-std=gnu11", "-o", parts, source]
      .concat(
        [headers, common, `${common}/common`, "/usr/include/spice-1"].map((path) => `-I${path}`),
      ),
  );
  if (said !== null) return `cc cannot build ${name}.c (libspice-protocol-dev?): ${said}`;
  Deno.renameSync(parts, path);
  return { path };
}

/** The folder of spice-common, or why there is none. */
function findSource(): string {
  const found = shelves.map(lookOn).find((path) => path !== null);
  if (found) return found;
  const shelf = shelves.at(-1)!;
  const folder = `${shelf}/fetch-${Deno.pid}`;
  Deno.mkdirSync(folder, { recursive: true });
  try {
    const said = run("apt-get", ["source", "-qq", "--download-only", "spice"], folder) ??
      run("sh", ["-c", "tar xf spice_*.orig.tar.*[2z]"], folder);
    if (said !== null) return `no source of spice, and apt-get source gives none: ${said}`;
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      if (isDirectory && lookOn(shelf) === null) {
        Deno.renameSync(`${folder}/${name}`, `${shelf}/${name}`);
      }
    }
    return lookOn(shelf) ?? "the source of spice has no spice-common";
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function lookOn(shelf: string): string | null {
  if (!exists(shelf)) return null;
  const found = [...Deno.readDirSync(shelf)].filter(({ name }) => name.startsWith("spice-"))
    .map(({ name }) => `${shelf}/${name}/subprojects/spice-common`)
    .filter((path) => exists(`${path}/common/quic.c`));
  return found.toSorted().at(-1) ?? null;
}

/** Null when it went well, else what was said. */
function run(command: string, args: string[], cwd?: string): string | null {
  try {
    const { success, stderr } = new Deno.Command(command, { args, cwd, stdout: "null" })
      .outputSync();
    return success ? null : new TextDecoder().decode(stderr).trim().slice(0, 600);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `${command} is not installed`;
    throw error;
  }
}

/** Tells one version of a source from another, so that a program built before can be used again. */
function stampOf(path: string): string {
  let hash = 0;
  for (const byte of Deno.readFileSync(path)) hash = (Math.imul(hash, 31) + byte) >>> 0;
  return hash.toString(36);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
