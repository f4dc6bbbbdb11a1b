/**
 * XRender's operators by their numbers, as pixman computes them on 8-bit channels.
 * Those that divide are computed in floats, see wide.ts.
 */
import { GuestError } from "../binary/error.ts";
import { divided, over, product, scaled, sum } from "./channels.ts";

export const OP = {
  clear: 0,
  src: 1,
  dst: 2,
  over: 3,
  overReverse: 4,
  inReverse: 6,
  outReverse: 8,
  add: 12,
  saturate: 13,
  multiply: 0x30,
  colorDodge: 0x35,
  colorBurn: 0x36,
  hardLight: 0x37,
  softLight: 0x38,
  hslHue: 0x3b,
  last: 0x3e,
} as const;

/** What one side of a Porter-Duff sum is multiplied with. */
export type Factor =
  | "0"
  | "1"
  | "sa"
  | "da"
  | "1-sa"
  | "1-da"
  | "sa/da"
  | "da/sa"
  | "(1-sa)/da"
  | "(1-da)/sa"
  | "1-sa/da"
  | "1-da/sa"
  | "1-(1-da)/sa"
  | "1-(1-sa)/da";

/** result = source · first + destination · second. */
export const factors: Readonly<Record<number, readonly [Factor, Factor]>> = {
  0x00: ["0", "0"],
  0x01: ["1", "0"],
  0x02: ["0", "1"],
  0x03: ["1", "1-sa"],
  0x04: ["1-da", "1"],
  0x05: ["da", "0"],
  0x06: ["0", "sa"],
  0x07: ["1-da", "0"],
  0x08: ["0", "1-sa"],
  0x09: ["da", "1-sa"],
  0x0a: ["1-da", "sa"],
  0x0b: ["1-da", "1-sa"],
  0x0c: ["1", "1"],
  0x0d: ["(1-da)/sa", "1"],
  // disjoint; 0x10 … 0x12 are plain clear, source and destination
  0x13: ["1", "(1-sa)/da"],
  0x14: ["(1-da)/sa", "1"],
  0x15: ["1-(1-da)/sa", "0"],
  0x16: ["0", "1-(1-sa)/da"],
  0x17: ["(1-da)/sa", "0"],
  0x18: ["0", "(1-sa)/da"],
  0x19: ["1-(1-da)/sa", "(1-sa)/da"],
  0x1a: ["(1-da)/sa", "1-(1-sa)/da"],
  0x1b: ["(1-da)/sa", "(1-sa)/da"],
  // conjoint; 0x20 … 0x22 are plain again
  0x23: ["1", "1-sa/da"],
  0x24: ["1-da/sa", "1"],
  0x25: ["da/sa", "0"],
  0x26: ["0", "sa/da"],
  0x27: ["1-da/sa", "0"],
  0x28: ["0", "1-sa/da"],
  0x29: ["da/sa", "1-sa/da"],
  0x2a: ["1-da/sa", "sa/da"],
  0x2b: ["1-da/sa", "1-sa/da"],
};

/** The operator that pixman takes for this number; GuestError where there is none. */
export function operatorOf(op: number, opaqueSource: boolean): number {
  if (op >= 0x10 && op <= 0x12 || op >= 0x20 && op <= 0x22) return op & 3;
  // SPEC: only here the simpler operator of opaque pixels differs: in rounding, in bits without meaning
  if (opaqueSource && op === OP.saturate) return OP.overReverse;
  if (opaqueSource && op === OP.inReverse) return OP.dst;
  if (!(op in factors) && !(op >= OP.multiply && op <= OP.last)) {
    throw new GuestError(`Cannot composite: there is no operator ${op}`);
  }
  return op;
}

/** Must be computed in floats. */
export function divides(op: number): boolean {
  return op >= OP.saturate && op < OP.multiply || op === OP.colorDodge || op === OP.colorBurn ||
    op === OP.softLight || op >= OP.hslHue;
}

/**
 * n pixels of dest become op(source in mask, dest). All are a8r8g8b8; source and mask are used up.
 * With component alpha each channel of the mask is for itself, else its alpha is for all.
 */
export function combine(
  op: number,
  dest: Int32Array,
  source: Int32Array,
  mask: Int32Array | null,
  componentAlpha: boolean,
  n: number,
): void {
  const byChannel = mask !== null && componentAlpha;
  if (mask !== null) {
    for (let i = 0; i < n; i++) {
      const m = mask[i], s = source[i];
      source[i] = byChannel ? product(s, m) : scaled(s, m >>> 24);
      // from here on the mask holds the alpha of each channel of the source
      if (byChannel) mask[i] = scaled(m, s >>> 24);
    }
  }
  if (op === OP.over && !byChannel) {
    for (let i = 0; i < n; i++) dest[i] = over(source[i], dest[i]);
  } else if (op === OP.src) {
    for (let i = 0; i < n; i++) dest[i] = source[i];
  } else if (op === OP.add) {
    for (let i = 0; i < n; i++) dest[i] = sum(source[i], dest[i]);
  } else if (op < OP.multiply) porterDuff(op, dest, source, byChannel ? mask : null, n);
  else blend(op, dest, source, byChannel ? mask : null, n);
}

/** n pixels of source in the mask's alpha over items, in place. */
export function overRow(
  items: Int32Array,
  at: number,
  source: Int32Array,
  mask: Int32Array | null,
  n: number,
): void {
  for (let i = 0; i < n; i++) {
    let s = source[i];
    if (mask !== null) {
      const m = mask[i] >>> 24;
      if (m === 0) continue;
      if (m !== 255) s = scaled(s, m);
    }
    const a = s >>> 24;
    if (a === 255) items[at + i] = s;
    else if (s !== 0) items[at + i] = sum(s, scaled(items[at + i], 255 - a));
  }
}

function porterDuff(
  op: number,
  dest: Int32Array,
  source: Int32Array,
  alphas: Int32Array | null,
  n: number,
): void {
  const [first, second] = factors[op];
  for (let i = 0; i < n; i++) {
    const s = source[i], d = dest[i], da = d >>> 24;
    const fs = first === "0" ? 0 : first === "1" ? 255 : first === "da" ? da : 255 - da;
    let rest = d;
    if (second === "0") rest = 0;
    else if (second !== "1") {
      const a = alphas === null ? Math.imul(s >>> 24, 0x1010101) : alphas[i];
      const by = second === "sa" ? a : ~a;
      rest = alphas === null ? scaled(d, by >>> 24) : product(d, by);
    }
    dest[i] = sum(scaled(s, fs), rest);
  }
}

/** PDF's separable blend modes, ISO 32000 11.3.5, times 255². */
function blended(op: number, d: number, da: number, s: number, sa: number): number {
  switch (op) {
    case 0x31: // screen
      return s * da + d * sa - s * d;
    case 0x32: // overlay
      return 2 * d < da ? 2 * s * d : sa * da - 2 * (da - d) * (sa - s);
    case 0x33: // darken
      return Math.min(da * s, sa * d);
    case 0x34: // lighten
      return Math.max(da * s, sa * d);
    case OP.hardLight:
      return 2 * s < sa ? 2 * s * d : sa * da - 2 * (da - d) * (sa - s);
    case 0x39: // difference
      return Math.abs(s * da - d * sa);
    default: // exclusion
      return s * da + d * sa - 2 * d * s;
  }
}

function blend(
  op: number,
  dest: Int32Array,
  source: Int32Array,
  alphas: Int32Array | null,
  n: number,
): void {
  for (let i = 0; i < n; i++) {
    const s = source[i], d = dest[i], sa = s >>> 24, da = d >>> 24;
    const a = alphas === null ? Math.imul(sa, 0x1010101) : alphas[i];
    if (op === OP.multiply) {
      const sides = alphas === null
        ? sum(scaled(s, 255 - da), scaled(d, 255 - sa))
        : sum(product(d, ~a), scaled(s, 255 - da));
      dest[i] = sum(product(d, s), sides);
      continue;
    }
    let result = divided(clamped((da + sa) * 255 - sa * da)) << 24;
    for (let shift = 0; shift < 24; shift += 8) {
      const sc = s >>> shift & 255, dc = d >>> shift & 255, ac = a >>> shift & 255;
      const sides = (255 - ac) * dc + (255 - da) * sc;
      result |= divided(clamped(sides + blended(op, dc, da, sc, ac))) << shift;
    }
    dest[i] = result;
  }
}

/** SPEC: pixman compares without sign, so that what falls below zero becomes one. */
const clamped = (t: number): number => t < 0 || t > 255 * 255 ? 255 * 255 : t;
