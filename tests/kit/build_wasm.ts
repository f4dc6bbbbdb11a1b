/**
 * Compiles every `core/codecs/<name>/<name>.as.ts` to the .wasm beside it, which is committed: cloning is
 * enough to run. `deno task wasm` does all, `deno task wasm quic lz` the named.
 */
import { basename } from "node:path";

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

/** The compiler, or why it cannot be had: it is a package of its own, too large to come along. */
export async function compiler(): Promise<((source: URL) => Promise<Uint8Array>) | string> {
  let asc;
  try {
    asc = await import("assemblyscript/asc");
  } catch (error) {
    return `the AssemblyScript compiler cannot be loaded: ${(error as Error).message}`;
  }
  const { main } = asc.default;
  return async (source) => {
    let binary: Uint8Array | undefined;
    const file = basename(source.pathname);
    // the same names whatever folder the project is in, so that the same bytes come
    const { error, stderr } = await main([file, "--outFile", "out.wasm", ...options], {
      readFile: (name) => name === file ? Deno.readTextFileSync(source) : null,
      writeFile: (_, contents) => void (binary = contents as Uint8Array),
      listFiles: () => [],
    });
    if (error || !binary) throw new Error(`${file}: ${error?.message}\n${stderr}`);
    return binary;
  };
}

/** Freestanding: no runtime that would collect garbage, nothing imported, asserts left out. */
const options = [
  ["-O3", "--converge", "--noAssert"],
  ["--runtime", "stub", "--use", "abort="],
  ["--enable", "simd"],
].flat();

if (import.meta.main) {
  const compile = await compiler();
  if (typeof compile === "string") throw new Error(compile);
  for (const source of sources()) {
    const name = basename(source.pathname, ".as.ts");
    if (Deno.args.length > 0 && !Deno.args.includes(name)) continue;
    const binary = await compile(source);
    Deno.writeFileSync(wasmOf(source), binary);
    console.log(`${name}.wasm: ${binary.length} bytes`);
  }
}
