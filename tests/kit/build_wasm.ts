/**
 * Compiles the AssemblyScript that modules are made of, and what is made of it is committed: cloning is
 * enough to run. `core/codecs/<name>/<name>.as.ts` becomes the .wasm beside it, with a memory of its own;
 * `in_place.as.ts` there and `core/raster/near.as.ts`, over a memory that they are given, text that can be
 * made a module again and again: Deno's imports of .wasm are instances. `deno task wasm` does all,
 * `deno task wasm quic near` the named.
 */
import { basename } from "node:path";

/**
 * In no import map and no lock file: who only runs the project would have to fetch its 100 MB too.
 */
const asc = "npm:assemblyscript@0.28.20/asc";

/** Freestanding: no runtime that would collect garbage, nothing imported, asserts left out. */
const options = ["-O3", "--converge", "--noAssert", "--runtime", "stub", "--use", "abort="]
  .concat("--enable", "simd", "--enable", "relaxed-simd");
/** Over any memory that threads share. */
const over = ["--importMemory", "--enable", "threads", "--sharedMemory"]
  .concat("--initialMemory", "1", "--maximumMemory", "65536");

const core = new URL("../../core/", import.meta.url), codecs = new URL("codecs/", core);

/** A module and what is committed of it. */
export interface WasmSource {
  /** The codec's folder, or what works near pixels. */
  readonly name: string;
  /** What it imports is part of it. */
  readonly source: URL;
  readonly made: URL;
  /** It imports its memory. */
  readonly inPlace: boolean;
}

/** All modules. */
export function sources(): WasmSource[] {
  const folders = [...Deno.readDirSync(codecs)].filter(({ isDirectory }) => isDirectory);
  return folders.flatMap(({ name }) => [
    { name, file: `codecs/${name}/${name}`, ending: ".wasm", inPlace: false },
    { name, file: `codecs/${name}/in_place`, ending: ".wasm.ts", inPlace: true },
  ]).concat({ name: "near", file: "raster/near", ending: ".wasm.ts", inPlace: true })
    .map(({ name, file, ending, inPlace }) => ({
      name,
      source: new URL(`${file}.as.ts`, core),
      made: new URL(file + ending, core),
      inPlace,
    }))
    .filter(({ source }) => {
      try {
        return Deno.statSync(source).isFile;
      } catch {
        return false; // a codec in plain TypeScript, or one that works in its own memory alone
      }
    })
    .sort((a, b) => a.source.href < b.source.href ? -1 : 1);
}

/** The committed module. */
export async function moduleOf({ made, inPlace }: WasmSource): Promise<Uint8Array<ArrayBuffer>> {
  if (!inPlace) return Deno.readFileSync(made);
  return Uint8Array.fromBase64((await import(made.href)).code);
}

/** Why there is no compiler; null when there is. */
export function whyNoCompiler(): string | null {
  const { ok, said } = run(["--version"], core);
  return ok ? null : `${asc} cannot be had: ${said}`;
}

/** The module of a source. Error: what the compiler says is wrong. */
export function compile({ source, inPlace }: WasmSource): Uint8Array {
  const folder = Deno.makeTempDirSync();
  try {
    copy(core, folder);
    const file = source.href.slice(core.href.length), more = inPlace ? over : [];
    const { ok, said } = run([file, "--outFile", "out.wasm", ...options, ...more], folder);
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
    if (Deno.args.length > 0 && !Deno.args.includes(source.name)) continue;
    const binary = compile(source), { made } = source;
    if (source.inPlace) Deno.writeTextFileSync(made, textOf(source, binary));
    else Deno.writeFileSync(made, binary);
    console.log(`${made.href.slice(core.href.length)}: ${binary.length} bytes`);
  }
}

function textOf({ source }: WasmSource, binary: Uint8Array): string {
  const file = basename(source.pathname);
  return `/** \`${file}\` as \`deno task wasm\` made it. */\nexport const code =\n  "${binary.toBase64()}";\n`;
}
