/** The committed WebAssembly is what its source says, and needs nothing from whoever loads it. */
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { compile, moduleOf, sources, whyNoCompiler } from "../kit/build_wasm.ts";

const why = whyNoCompiler();
if (why !== null) console.warn(`codecs are not compiled anew: ${why}`);

Deno.test({
  name: "every module is what its AssemblyScript compiles to",
  ignore: why !== null,
  async fn() {
    assert(sources().length > 0);
    for (const source of sources()) {
      const made = compile(source), kept = await moduleOf(source);
      assert(Buffer.compare(made, kept) === 0, `${source.made}: deno task wasm was forgotten`);
    }
  },
});

Deno.test("every codec's module imports nothing and exports memory, room and work", async () => {
  for (const source of sources().filter(({ inPlace }) => !inPlace)) {
    const module = new WebAssembly.Module(await moduleOf(source));
    assertEquals(WebAssembly.Module.imports(module), [], source.name);
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    assert(names.includes("memory") && names.includes("reserve") && names.length > 2, `${names}`);
  }
});

Deno.test("a module over somebody's memory imports that alone, and changes nothing in it", async () => {
  for (const source of sources().filter(({ inPlace }) => inPlace)) {
    const module = new WebAssembly.Module(await moduleOf(source));
    const imports = WebAssembly.Module.imports(module);
    assertEquals(imports, [{ module: "env", name: "memory", kind: "memory" }], source.name);
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });
    const bytes = new Uint8Array(memory.buffer).fill(0xa5);
    new WebAssembly.Instance(module, { env: { memory } });
    assertEquals(memory.buffer.byteLength, bytes.length, source.name);
    assert(bytes.every((byte) => byte === 0xa5), `${source.name} has data of its own`);
  }
});

/** Modules of WebAssembly that run when a file is imported, by their names. */
async function wasmBehind(file: string): Promise<string[]> {
  const root = new URL("../../", import.meta.url);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--config", new URL("deno.json", root).pathname, file],
    cwd: root,
  }).output();
  interface Module {
    readonly specifier: string;
    readonly dependencies?: readonly { readonly code?: { readonly specifier: string } }[];
  }
  const { roots, modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    roots: string[];
    modules: Module[];
  };
  const known = new Map(modules.map((module) => [module.specifier, module]));
  const reached = new Set(roots);
  // a set goes on with what is added to it meanwhile
  for (const at of reached) {
    for (const { code } of known.get(at)?.dependencies ?? []) if (code) reached.add(code.specifier);
  }
  return [...reached].filter((at) => at.endsWith(".wasm")).map((at) => at.split("/").at(-1)!);
}

Deno.test("what has relaxed instructions, which not every browser knows, is no part of the console", async () => {
  // 0xfd, then 0x111 of 7 bits to a byte: i16x8.relaxed_q15mulr_s
  const relaxed = [0xfd, 0x91, 0x02];
  const names: string[] = [];
  for (const source of sources()) {
    const module = Buffer.from(await moduleOf(source));
    if (module.includes(Buffer.from(relaxed))) names.push(source.name);
  }
  assertEquals(names, ["jpeg"]);
  for (const file of ["web/console/console.ts", "web/client/mod.ts", "web/client/worker.ts"]) {
    assert(!(await wasmBehind(file)).includes("jpeg.wasm"), file);
  }
  assert((await wasmBehind("web/client/worker.ts")).includes("lz.wasm"));
});

Deno.test("a codec works in a worker that may read its own code, and do nothing else", async () => {
  const room = new URL("../../core/codecs/quic/mod.ts", import.meta.url);
  const code = `
    import { decodeQuic, encodeQuic } from ${JSON.stringify(room.href)};
    const size = { width: 40, height: 30 };
    const data = new Uint8Array(4800).map((_, i) => i % 4 === 3 ? 0 : i * i >> 6);
    const rows = { ...size, data, stride: 160, format: "rgb32", topDown: true };
    const back = decodeQuic(encodeQuic(rows).slice(), size).data;
    postMessage(back.every((byte, i) => byte === data[i]));
  `;
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(code)}`, {
    type: "module",
    deno: { permissions: { read: [new URL("../../core/codecs/", import.meta.url)] } },
  });
  try {
    const right = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(event.message);
    });
    assertEquals(right, true);
  } finally {
    worker.terminate();
  }
});
