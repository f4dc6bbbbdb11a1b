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
