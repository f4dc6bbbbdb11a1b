import { assert, assertEquals } from "@std/assert";
import { consoleFiles, quickWasm } from "../../../web/serve.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();

Deno.test("what bundles is there, fetched for the first bundle, before another one needs it", async () => {
  const { bundle } = Deno;
  let begun = 0, done = 0;
  const early: number[] = [];
  Deno.bundle = async (options) => {
    if (++begun > 1 && done === 0) early.push(begun);
    const made = await bundle(options);
    done++;
    return made;
  };
  try {
    await consoleFiles();
  } finally {
    Deno.bundle = bundle;
  }
  assert(begun > 1, "files of before are of no use here");
  assertEquals(early, []);
});

/** What a script waits for before it runs, by path; itself among it. */
async function waitedFor(path: string): Promise<string[]> {
  const files = await consoleFiles(), all = [path];
  for (const each of all) {
    const text = decoder.decode(files.get(each)!.bytes);
    for (const [, from] of text.matchAll(/(?:^|[;}])(?:import|export)\b[^;"'()]*?"([^"]+)"/g)) {
      const to = new URL(from, `http://here${each}`).pathname;
      if (!all.includes(to)) all.push(to);
    }
  }
  return all;
}

Deno.test("the console's page and its worker wait for three files each, no more", async () => {
  for (const path of ["/console/console.js", "/client/worker.js"]) {
    const all = await waitedFor(path);
    assert(all.length > 1 && all.length <= 3, `${all}`);
  }
});

Deno.test("no script of the console makes bytes of base64 with a call for each of them, if the browser can without", async () => {
  const slow = "e=>e.charCodeAt(0)";
  let found = 0;
  for (const [path, { bytes }] of await consoleFiles()) {
    const text = decoder.decode(bytes);
    assert(!text.includes(`"),${slow})`), path);
    found += text.split("Uint8Array.fromBase64?.(").length - 1;
  }
  assert(found > 6, `${found}`);
});

Deno.test("WebAssembly is the same, read by the browser or by the script", async () => {
  const wasm = Deno.readFileSync(new URL("../../../core/codecs/rgba/rgba.wasm", import.meta.url));
  const script = `var a=Uint8Array.from(atob("${wasm.toBase64()}"),e=>e.charCodeAt(0)),` +
    `b=new WebAssembly.Module(a);export{a}`;
  const quick = decoder.decode(quickWasm(encoder.encode(script)));
  const without = quick.replaceAll("Uint8Array.fromBase64?.(b)", "undefined");
  for (const text of [script, quick, without]) {
    const { a } = await import(`data:text/javascript;base64,${encoder.encode(text).toBase64()}`);
    assertEquals(a, wasm);
  }
});
