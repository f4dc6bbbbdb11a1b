/** Programs with spice-common's C code, to measure our codecs by. */
import { compileC, sourceOf } from "./spice_source.ts";

const folder = "/var/tmp/spice-appliance/bin";

/** Compiles a C program of tests/oracles with spice-common, once; where it stands, or why it does not. */
export function buildOracle(name: string): { path: string } | string {
  const source = sourceOf("spice");
  if (!source.startsWith("/")) return source;
  const common = `${source}/subprojects/spice-common`;
  const file = new URL(`../oracles/${name}.c`, import.meta.url);
  const path = `${folder}/${name}-${stampOf(file)}`;
  if (exists(path)) return { path };
  Deno.mkdirSync(folder, { recursive: true });
  const made = `${path}.${Deno.pid}`;
  const wrong = compileC(made, [file.pathname, `-I${common}`, `-I${common}/common`]);
  if (wrong !== null) return wrong;
  Deno.renameSync(made, path);
  return { path };
}

/** Tells one version of a source from another, so that a program built before can be used again. */
function stampOf(file: URL): string {
  let hash = 0;
  for (const byte of Deno.readFileSync(file)) hash = (Math.imul(hash, 31) + byte) >>> 0;
  return hash.toString(36);
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
