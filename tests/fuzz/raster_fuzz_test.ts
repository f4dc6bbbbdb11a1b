import { assert, assertEquals } from "@std/assert";
import { GuestError, WireError } from "../../core/binary/error.ts";
import { type Random, seeded } from "../../core/binary/random.ts";
import type { SurfaceFormat } from "../../core/protocol/display.ts";
import {
  AlphaBlend,
  Blackness,
  Clip,
  Composite,
  Copy,
  type Drawing,
  Fill,
  Opaque,
  type Rect,
  Rop3,
  Stroke,
  Text,
  Transparent,
} from "../../core/protocol/drawing.ts";
import { drawOn } from "../../core/raster/canvas.ts";
import { rowBytes, type Surface } from "../../core/raster/surface.ts";

const drawings = 30_000;
const WIDTH = 61, HEIGHT = 37, GUARD = 4096, MARK = 0xa5;

const data = {
  drawFill: Fill,
  drawOpaque: Opaque,
  drawCopy: Copy,
  drawBlend: Copy,
  drawBlackness: Blackness,
  drawWhiteness: Blackness,
  drawInvers: Blackness,
  drawRop3: Rop3,
  drawStroke: Stroke,
  drawText: Text,
  drawTransparent: Transparent,
  drawAlphaBlend: AlphaBlend,
  drawComposite: Composite,
} as const;
const kinds = [...Object.keys(data), "copyBits"] as Drawing["kind"][];

/** Mostly near the surface, sometimes anywhere, empty or inside out. */
function rect(random: Random): Rect {
  if (random.below(4) === 0) {
    const any = () => random.below(2 ** 32) - 2 ** 31;
    return { top: any(), left: any(), bottom: any(), right: any() };
  }
  const top = random.below(HEIGHT + 20) - 10, left = random.below(WIDTH + 20) - 10;
  return { top, left, bottom: top + random.below(40) - 2, right: left + random.below(60) - 2 };
}

/** Numbers that fit together are drawn deeper into the renderer than any numbers. */
function tamed(random: Random, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => tamed(random, item));
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  const made: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    if ((name === "srcArea" || name === "backArea") && random.below(4)) made[name] = rect(random);
    else if (
      (name === "pos" || name === "renderPos" || name === "glyphOrigin") && random.below(4)
    ) {
      made[name] = { x: random.below(80) - 20, y: random.below(60) - 20 };
    } else if (name === "surfaceId") made[name] = random.below(9);
    else if (name === "format" && random.below(2)) {
      made[name] = ["bit32", "rgba", "bit16"][random.below(3)];
    } else if (name === "x" && "stride" in value && random.below(2)) made[name] = random.below(10);
    else if (name === "points" && random.below(2)) {
      made[name] = Array.from({ length: random.below(9) }, () => ({
        x: random.below(2000) / 16 - 20,
        y: random.below(1000) / 16 - 20,
      }));
    } else made[name] = tamed(random, field);
  }
  return made;
}

function drawing(random: Random): Drawing {
  const kind = kinds[random.below(kinds.length)];
  const clip = random.below(2) ? Clip.sample(random, {}) : {
    type: "rects" as const,
    rects: Array.from({ length: random.below(80) }, () => rect(random)),
  };
  const base = { surfaceId: 0, box: rect(random), clip };
  if (kind === "copyBits") {
    const { left, top } = rect(random);
    return { kind, base, srcPos: { x: left, y: top } };
  }
  return { kind, base, data: tamed(random, data[kind].sample(random, {})) } as Drawing;
}

/** A surface amid guard bytes; every other one has its bottom row first. */
function guarded(format: Exclude<SurfaceFormat, "invalid">, bottomUp: boolean): Surface {
  const row = (rowBytes(format, WIDTH) + 3) & ~3;
  const bytes = new Uint8Array(row * HEIGHT + 2 * GUARD).fill(MARK);
  const origin = GUARD + (bottomUp ? row * (HEIGHT - 1) : 0);
  return { width: WIDTH, height: HEIGHT, format, bytes, origin, stride: bottomUp ? -row : row };
}

Deno.test("no drawing, however wrong, leaves its surface or fails otherwise than by its guest's fault", () => {
  const random = seeded(31);
  const formats = ["xrgb32", "argb32", "rgb555", "rgb565", "a8", "a1"] as const;
  const surfaces = new Map(formats.map((format, id) => [id, guarded(format, id % 2 === 1)]));
  const source = { surface: (id: number) => surfaces.get(id) };
  let drawn = 0;
  for (let i = 0; i < drawings; i++) {
    const what = drawing(random);
    const dest = surfaces.get(random.below(formats.length))!;
    try {
      drawOn(dest, what, source);
      drawn++;
    } catch (error) {
      assert(
        error instanceof GuestError || error instanceof WireError,
        `${what.kind} number ${i}: ${(error as Error).stack}`,
      );
    }
  }
  assert(drawn > drawings / 4, `only ${drawn} of ${drawings} were drawn`);
  for (const { bytes, format } of surfaces.values()) {
    const guards = [...bytes.subarray(0, GUARD), ...bytes.subarray(-GUARD)];
    assertEquals(guards.findIndex((byte) => byte !== MARK), -1, `guards of ${format}`);
  }
});
