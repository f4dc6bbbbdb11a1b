import type { Area } from "./area.ts";
import { fromArgb, toArgb } from "./convert.ts";
import { combine, divides, OP, operatorOf } from "./operators.ts";
import type { PixelFormat, Pixels } from "./pixels.ts";
import { around, moved, type Rect } from "./rect.ts";
import type { Sampler } from "./sampler.ts";
import { combineWide, narrow, widen } from "./wide.ts";

/** A picture whose pixel under (x, y) of the destination is its (x + dx, y + dy), before its map. */
export interface Layer {
  /** A number: that colour everywhere, as a8r8g8b8. */
  readonly from: Sampler | number;
  readonly dx: number;
  readonly dy: number;
}

/**
 * pixman_image_composite32: the area of dest becomes op(source in mask, dest).
 * seen: what pixman would be asked for, when that is more than the area.
 * GuestError: there is no such operator.
 */
export function compose(
  op: number,
  dest: Pixels,
  area: Area,
  source: Layer,
  mask: Layer | null = null,
  componentAlpha = false,
  seen: Rect = area.reduce(around, area[0]),
): void {
  if (area.length === 0) return;
  const opaque = (layer: Layer) =>
    typeof layer.from === "number"
      ? layer.from >>> 24 === 255
      : layer.from.isOpaque(moved(seen, layer.dx, layer.dy));
  const blind = (layer: Layer) =>
    typeof layer.from !== "number" && !layer.from.canSee(moved(seen, layer.dx, layer.dy));
  op = operatorOf(
    op,
    opaque(source) && (mask === null || !componentAlpha && opaque(mask)),
    !hasAlpha(dest.format),
  );
  if (op === OP.dst || blind(source) || mask !== null && blind(mask)) return;

  let width = 0;
  for (const r of area) width = Math.max(width, r.right - r.left);
  const s = new Int32Array(width), d = new Int32Array(width);
  const m = mask === null ? null : new Int32Array(width);
  for (const r of area) {
    const n = r.right - r.left;
    for (let y = r.top; y < r.bottom; y++) {
      const at = dest.start + y * dest.step + r.left;
      readLayer(source, r.left, y, n, s);
      if (m) readLayer(mask!, r.left, y, n, m);
      if (op !== OP.src) load(dest, at, n, d);
      if (divides(op)) {
        const wide = widen(d, n, dest.format);
        const masks = m && widen(m, n, formatOf(mask!));
        combineWide(op, wide, widen(s, n, formatOf(source)), masks, componentAlpha, n);
        narrow(wide, d, n);
      } else combine(op, d, s, m, componentAlpha, n);
      store(dest, at, n, d);
    }
  }
}

const hasAlpha = (format: PixelFormat) => format === "argb32" || format === "a8" || format === "a1";
const formatOf = ({ from }: Layer): PixelFormat =>
  typeof from === "number" ? "argb32" : from.pixels.format;

function readLayer({ from, dx, dy }: Layer, x: number, y: number, n: number, into: Int32Array) {
  if (typeof from === "number") into.fill(from, 0, n);
  else from.read(x + dx, y + dy, n, into);
}

function load({ items, format }: Pixels, at: number, n: number, into: Int32Array): void {
  for (let i = 0; i < n; i++) into[i] = toArgb(format, items[at + i]);
}

function store({ items, format }: Pixels, at: number, n: number, from: Int32Array): void {
  for (let i = 0; i < n; i++) items[at + i] = fromArgb(format, from[i]);
}
