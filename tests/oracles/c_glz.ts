/** GLZ as libspice-server's and spice-gtk's C code has it, built from their sources where those are unpacked. */
import { compileC, sourceOf } from "../kit/spice_source.ts";

/** One picture of a conversation to encode (rows without padding), or its bytes to decode. */
export interface GlzJob {
  readonly work: "encode" | "decode";
  /** LzImageType. */
  readonly type: number;
  readonly topDown: boolean;
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** What C made of it: bytes, null where it refuses; nanoseconds. */
export interface GlzResult {
  readonly bytes: Uint8Array | null;
  readonly timeNs: number;
}

/** Runs a conversation in C, with one window of so many pixels; a sentence saying why there is none. */
export function cGlz():
  | ((windowPixels: number, jobs: Iterable<GlzJob>) => GlzResult[])
  | string {
  const spice = sourceOf("spice"), gtk = sourceOf("spice-gtk");
  for (const path of [spice, gtk]) if (!path.startsWith("/")) return path;
  const common = `${spice}/subprojects/spice-common`;
  const folder = Deno.makeTempDirSync();
  // copies find the headers that stand in for the real ones beside them
  for (const name of Deno.readDirSync(`${spice}/server`)) {
    if (/^glz-encode.*\.[ch]$/.test(name.name)) {
      Deno.copyFileSync(`${spice}/server/${name.name}`, `${folder}/${name.name}`);
    }
  }
  for (const name of ["decode-glz.c", "decode-glz-tmpl.c"]) {
    Deno.copyFileSync(`${gtk}/src/${name}`, `${folder}/${name}`);
  }
  // upside down, decode-glz.c goes from the last row to the first; a flat picture has it there already
  const source = Deno.readTextFileSync(`${folder}/decode-glz.c`);
  Deno.writeTextFileSync(
    `${folder}/decode-glz.c`,
    source.replace("if (!img->hdr.top_down) {", "if (0) {"),
  );
  Deno.mkdirSync(`${folder}/common`);
  const stubs = new URL("spice_gtk_stubs.h", import.meta.url).pathname;
  for (const name of ["gio-coroutine.h", "spice-util.h", "decode.h", "common/canvas_utils.h"]) {
    Deno.writeTextFileSync(`${folder}/${name}`, `#pragma once\n#include "stubs.h"\n`);
  }
  Deno.writeTextFileSync(`${folder}/stubs.h`, `#pragma once\n${Deno.readTextFileSync(stubs)}`);
  Deno.writeTextFileSync(`${folder}/config.h`, "#pragma once\n");
  Deno.writeTextFileSync(
    `${folder}/red-common.h`,
    "#include <glib.h>\n#include <stdbool.h>\n#include <stdint.h>\n#include <string.h>\n#include <spice/macros.h>\n",
  );
  const own = ["spice_glz.c", "spice_gtk_glz.c"];
  for (const name of own) {
    Deno.copyFileSync(new URL(name, import.meta.url).pathname, `${folder}/${name}`);
  }
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const why = compileC(
    `${folder}/glz`,
    [...own, "glz-encoder.c", "glz-encoder-dict.c"].map((name) => `${folder}/${name}`)
      .concat([folder, common].map((path) => `-I${path}`), "-pthread"),
  );
  return why ?? ((windowPixels, jobs) => run(folder, windowPixels, jobs));
}

function run(folder: string, windowPixels: number, jobs: Iterable<GlzJob>): GlzResult[] {
  using input = Deno.openSync(`${folder}/in`, { write: true, create: true, truncate: true });
  write(input, new Uint8Array(new Uint32Array([windowPixels]).buffer));
  for (const { work, type, topDown, width, height, data } of jobs) {
    const head = new DataView(new ArrayBuffer(16));
    head.setUint8(0, work.charCodeAt(0));
    head.setUint8(1, type);
    head.setUint8(2, Number(topDown));
    [width, height, data.length].forEach((word, i) => head.setUint32(4 + i * 4, word, true));
    write(input, new Uint8Array(head.buffer));
    write(input, data);
  }
  const { success, stderr } = new Deno.Command("sh", {
    args: ["-c", `${folder}/glz < ${folder}/in > ${folder}/out`],
  }).outputSync();
  if (!success) throw new Error(`spice_glz fails: ${new TextDecoder().decode(stderr)}`);
  const out = Deno.readFileSync(`${folder}/out`);
  const view = new DataView(out.buffer);
  const results: GlzResult[] = [];
  for (let at = 0; at < out.length;) {
    const timeNs = Number(view.getBigUint64(at, true));
    const size = view.getUint32(at + 8, true);
    at += 12;
    results.push({ timeNs, bytes: size === 0xffffffff ? null : out.subarray(at, at += size) });
  }
  return results;
}

function write(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
