import { decode } from "../../core/binary/codec.ts";
import { Reader } from "../../core/binary/cursor.ts";
import { seeded } from "../../core/binary/random.ts";
import { struct } from "../../core/binary/struct.ts";
import { SurfaceFormat } from "../../core/protocol/display.ts";
import {
  AlphaBlend,
  Blackness,
  Blend,
  Composite,
  Copy,
  DisplayBase,
  type Drawing,
  Fill,
  Invers,
  Opaque,
  Point,
  Rop3,
  Stroke,
  Text,
  Transparent,
  Whiteness,
} from "../../core/protocol/drawing.ts";
import { createSurface, type Surface } from "../../core/raster/surface.ts";

/** One drawing as it travels, and what spice-common's software canvas with pixman 0.42 made of it. */
export interface CanvasVector {
  readonly drawing: Drawing;
  readonly surfaces: Map<number, Surface>;
  /** The bytes of surface 0 afterwards. */
  readonly expected: Uint8Array;
}

const data = {
  drawFill: Fill,
  drawOpaque: Opaque,
  drawCopy: Copy,
  drawBlend: Blend,
  drawBlackness: Blackness,
  drawWhiteness: Whiteness,
  drawInvers: Invers,
  drawRop3: Rop3,
  drawStroke: Stroke,
  drawText: Text,
  drawTransparent: Transparent,
  drawAlphaBlend: AlphaBlend,
  drawComposite: Composite,
} as const;
const copyBits = struct("copyBits", { base: DisplayBase, srcPos: Point });
/** A vector says its drawing's kind by the place in this list. */
export const kinds = [...Object.keys(data), "copyBits"] as readonly Drawing["kind"][];

/** Surface 0 is drawn on, surface 1 has the second format, surface 2 is a mask. */
export function stageOf(format: SurfaceFormat, second: SurfaceFormat, seed: number) {
  const random = seeded(seed);
  return new Map(([format, second, "a1"] as const).map((format, id) => {
    const surface = createSurface(format, 40, 32);
    const { bytes } = surface;
    for (let i = 0; i < bytes.length; i++) bytes[i] = random.below(256);
    for (let i = 0; format === "argb32" && i < bytes.length; i += 4) {
      for (let c = 0; c < 3; c++) bytes[i + c] = Math.round(bytes[i + c] * bytes[i + 3] / 255);
    }
    return [id, surface];
  }));
}

const formats = new Map(Object.entries(SurfaceFormat.values).map(([name, n]) => [n, name]));

/** For each: kind, two formats, seed, the message's length, the message, what it changed (xor). */
export function* canvasVectors(bytes: Uint8Array): Generator<CanvasVector> {
  const r = new Reader(bytes);
  const u32 = () => {
    const at = r.at;
    r.at += 4;
    return r.view.getUint32(at, true);
  };
  while (r.at < bytes.length) {
    const kind = kinds[u32()];
    const format = formats.get(u32() as never) as SurfaceFormat;
    const surfaces = stageOf(format, formats.get(u32() as never) as SurfaceFormat, u32());
    const length = u32();
    const message = bytes.slice(r.at, r.at += length);
    const expected = surfaces.get(0)!.bytes.slice();
    for (let i = 0; i < expected.length; i++) expected[i] ^= bytes[r.at++];
    yield { drawing: drawingOf(kind, message), surfaces, expected };
  }
}

function drawingOf(kind: Drawing["kind"], message: Uint8Array): Drawing {
  if (kind === "copyBits") return { kind, ...decode(copyBits, message, { rest: true }) };
  const codec = struct(kind, { base: DisplayBase, data: data[kind] as typeof Fill });
  return { kind, ...decode(codec, message, { rest: true }) } as Drawing;
}
