/**
 * Makes core/codecs/opus/opus.wasm: libopus as the npm package @evan/opus compiled it, with the names
 * of what it imports changed to a module of ours, so that it is imported like every other codec.
 * `deno run -A tests/kit/opus_wasm.ts`, with npm and tar at hand.
 */

const PACKAGE = "@evan/opus@1.0.3";
const out = new URL("../../core/codecs/opus/opus.wasm", import.meta.url);

/** Gives every import of a module this module's name. Only the import section changes. */
export function renameImports(wasm: Uint8Array, name: string): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [wasm.subarray(0, 8)];
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const byte = wasm[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < wasm.length) {
    const start = at, id = wasm[at++], size = number(), end = at + size;
    if (id !== 2) parts.push(wasm.subarray(start, end));
    else {
      const body: number[] = [];
      const count = number();
      body.push(...leb(count));
      for (let i = 0; i < count; i++) {
        const module = number();
        at += module;
        const field = number(), fieldAt = at;
        at += field;
        if (wasm[at++] !== 0) throw new Error("An import that is no function");
        const type = number();
        const bytes = new TextEncoder().encode(name);
        body.push(...leb(bytes.length), ...bytes, ...leb(field));
        body.push(...wasm.subarray(fieldAt, fieldAt + field), 0, ...leb(type));
      }
      parts.push(Uint8Array.from([2, ...leb(body.length), ...body]));
    }
    at = end;
  }
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  do bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0)); while ((value >>>= 7) > 0);
  return bytes;
}

if (import.meta.main) {
  const folder = await Deno.makeTempDir();
  const run = async (command: string, ...args: string[]) => {
    const { success } = await new Deno.Command(command, { args, cwd: folder }).output();
    if (!success) throw new Error(`${command} failed`);
  };
  await run("npm", "pack", PACKAGE);
  await run("sh", "-c", "tar xzf *.tgz");
  const wasm = await Deno.readFile(`${folder}/package/wasm/simd.wasm`);
  await Deno.writeFile(out, renameImports(wasm, "./host.ts"));
  await Deno.remove(folder, { recursive: true });
}
