import type { Area } from "./area.ts";
import { blit } from "./blit.ts";
import { fillTiled } from "./fill.ts";
import { loadRow, storeRow } from "./convert.ts";
import { combine, divides, OP, operatorOf, overRow } from "./operators.ts";
import { type Pixels, withAlpha } from "./pixels.ts";
import { around, moved, type Rect } from "./rect.ts";
import { ROP } from "./rop.ts";
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
  if (mask !== null && blind(mask)) return;
  const whole = mask === null || typeof mask.from !== "number" && mask.from.repeat !== "none";
  if (mask !== null && !componentAlpha && opaque(mask)) mask = null;
  op = operatorOf(op, mask === null && opaque(source));
  if (op === OP.dst || blind(source)) return;
  if (mask === null && op === OP.over && opaque(source)) op = OP.src;
  if (mask === null && op === OP.src && typeof source.from !== "number") {
    const { from, dx, dy } = source, { pixels } = from;
    // SPEC: where nothing is computed, bits that mean nothing are copied too
    if (whole && pixels.format === dest.format) {
      if (from.isTile) return fillTiled(dest, area, pixels, { x: -dx, y: -dy }, ROP.copy);
      if (from.isPlain(moved(seen, dx, dy))) return blit(dest, area, pixels, -dx, -dy, ROP.copy);
      if (from.isUpright) source = { ...source, from: from.raw };
    }
  }
  // SPEC: pixman takes an x byte for alpha where colours do not depend on it, and clears it elsewhere
  const clears = dest.format === "xrgb32" && op !== OP.src && !BLIND_TO_DEST_ALPHA.includes(op);
  if (!clears) dest = withAlpha(dest);

  let width = 0;
  for (const r of area) width = Math.max(width, r.right - r.left);
  const s = scratch(0, width), d = scratch(1, width);
  const m = mask === null ? null : scratch(2, width);
  const { items, format } = dest;
  for (const r of area) {
    const n = r.right - r.left;
    for (let y = r.top; y < r.bottom; y++) {
      const at = dest.start + y * dest.step + r.left;
      if (divides(op)) {
        loadRow(items, format, at, n, d);
        const wide = widen(d, n, format);
        const masks = m && readWide(mask!, r.left, y, n, m);
        combineWide(op, wide, readWide(source, r.left, y, n, s), masks, componentAlpha, n);
        narrow(wide, d, n);
      } else {
        read(source, r.left, y, n, s);
        if (m) read(mask!, r.left, y, n, m);
        if (op === OP.over && items instanceof Int32Array && !(m && componentAlpha)) {
          overRow(items, at, s, m, n);
          continue;
        }
        if (op !== OP.src) loadRow(items, format, at, n, d);
        combine(op, d, s, m, componentAlpha, n);
      }
      if (clears) { for (let i = 0; i < n; i++) d[i] &= 0xffffff; }
      storeRow(items, format, at, n, d);
    }
  }
}

const rows: Int32Array[] = [];

/** Room for a row; its contents are anything. */
function scratch(which: number, n: number): Int32Array {
  const row = rows[which];
  return row && row.length >= n ? row : rows[which] = new Int32Array(Math.max(n, 2048));
}

const BLIND_TO_DEST_ALPHA: readonly number[] = [OP.over, OP.inReverse, OP.outReverse, OP.add];

function read({ from, dx, dy }: Layer, x: number, y: number, n: number, into: Int32Array): void {
  if (typeof from === "number") into.fill(from, 0, n);
  else from.read(x + dx, y + dy, n, into);
}

function readWide({ from, dx, dy }: Layer, x: number, y: number, n: number, row: Int32Array) {
  if (typeof from !== "number") return from.readWide(x + dx, y + dy, n, row);
  return widen(row.fill(from, 0, n), n, "argb32");
}
