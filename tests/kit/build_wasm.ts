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

/** Every AssemblyScript source of the codecs. */
export function sources(): URL[] {
  return [...Deno.readDirSync(codecs)].filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => new URL(`${name}/`, codecs))
    .flatMap((room) =>
      [...Deno.readDirSync(room)].filter(({ name }) => name.endsWith(".as.ts"))
        .map(({ name }) => new URL(name, room))
    )
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
    // named from its own folder: where the project is must not show in the bytes
    const file = basename(source.pathname);
    const { ok, said } = run([file, "--outFile", `${folder}/out.wasm`, ...options], source);
    if (!ok) throw new Error(`Cannot compile ${file}: ${said}`);
    return Deno.readFileSync(`${folder}/out.wasm`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function run(args: string[], where: URL): { ok: boolean; said: string } {
  const { success, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", "--no-lock", "--no-config", asc, ...args],
    cwd: new URL(".", where),
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
