/**
 * Compiles every `core/codecs/<name>/<name>.as.ts` to the .wasm beside it, which is committed: cloning is
 * enough to run. `deno task wasm` does all, `deno task wasm quic lz` the named.
 */
import { basename } from "node:path";

/**
 * In no import map and no lock file: who only runs the project would have to fetch its 100 MB too.
 */
const asc = "npm:assemblyscript@0.28.20/asc";

/** Freestanding: no runtime that would collect garbage, nothing imported, asserts left out. */
const options = ["-O3", "--converge", "--noAssert", "--runtime", "stub", "--use", "abort="]
  .concat("--enable", "simd");

const codecs = new URL("../../core/codecs/", import.meta.url);

/** The AssemblyScript that modules are made of; what it imports is part of them. */
export function sources(): URL[] {
  return [...Deno.readDirSync(codecs)].filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => new URL(`${name}/${name}.as.ts`, codecs))
    .filter((source) => {
      try {
        return Deno.statSync(source).isFile;
      } catch {
        return false; // a codec in plain TypeScript
      }
    })
    .sort((a, b) => a.href < b.href ? -1 : 1);
}

/** Where a source's module stands. */
export function wasmOf(source: URL): URL {
  return new URL(source.href.replace(/\.as\.ts$/, ".wasm"));
}

/** Why there is no compiler; null when there is. */
export function whyNoCompiler(): string | null {
  const { ok, said } = run(["--version"], codecs);
  return ok ? null : `${asc} cannot be had: ${said}`;
}

/** The module of a source. Error: what the compiler says is wrong. */
export function compile(source: URL): Uint8Array {
  const folder = Deno.makeTempDirSync();
  try {
    copy(codecs, folder);
    const file = source.href.slice(codecs.href.length);
    const { ok, said } = run([file, "--outFile", "out.wasm", ...options], folder);
    if (!ok) throw new Error(`Cannot compile ${file}: ${said}`);
    return Deno.readFileSync(`${folder}/out.wasm`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** All AssemblyScript, its imports without the ending that Deno wants and asc adds. */
function copy(from: URL, to: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) {
      Deno.mkdirSync(`${to}/${name}`);
      copy(new URL(`${name}/`, from), `${to}/${name}`);
    } else if (name.endsWith(".as.ts")) {
      const code = Deno.readTextFileSync(new URL(name, from));
      Deno.writeTextFileSync(`${to}/${name}`, code.replaceAll('.as.ts";', '.as";'));
    }
  }
}

function run(args: string[], cwd: string | URL): { ok: boolean; said: string } {
  const { success, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", "--no-lock", "--no-config", asc, ...args],
    cwd,
  }).outputSync();
  return { ok: success, said: new TextDecoder().decode(stderr).trim() };
}

if (import.meta.main) {
  for (const source of sources()) {
    const name = basename(source.pathname, ".as.ts");
    if (Deno.args.length > 0 && !Deno.args.includes(name)) continue;
    const binary = compile(source);
    Deno.writeFileSync(wasmOf(source), binary);
    console.log(`${name}.wasm: ${binary.length} bytes`);
  }
}
