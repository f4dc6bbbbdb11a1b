/** Single drawings on surfaces of every format, against what spice-common's canvas made of them. */
import { assert } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { drawOn } from "../../core/raster/canvas.ts";
import { canvasVectors } from "../kit/canvas_vectors.ts";

const file = new URL("../data/raster/canvas_vectors.gz", import.meta.url);

Deno.test("each recorded drawing makes the same bytes as in the C canvas", () => {
  const vectors = [...canvasVectors(new Uint8Array(gunzipSync(Deno.readFileSync(file))))];
  assert(vectors.length > 300, `only ${vectors.length} vectors`);
  const kinds = new Set<string>(), formats = new Set<string>();
  vectors.forEach(({ drawing, surfaces, expected }, number) => {
    const dest = surfaces.get(0)!;
    kinds.add(drawing.kind), formats.add(dest.format);
    drawOn(dest, drawing, { surface: (id) => surfaces.get(id) });
    const at = dest.bytes.findIndex((byte, i) => byte !== expected[i]);
    assert(
      at < 0,
      `vector ${number}, ${drawing.kind} on ${dest.format}: byte ${at} is ${dest.bytes[at]} ` +
        `and not ${expected[at]}`,
    );
  });
  assert(kinds.size === 14 && formats.size === 5, `${kinds.size} kinds, ${formats.size} formats`);
});
