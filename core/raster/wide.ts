/**
 * The operators that divide: pixman computes them in single precision floats, and so does this,
 * rounding after each step.
 */
import { type Factor, factors, OP } from "./operators.ts";
import type { PixelFormat } from "./pixels.ts";

const f = Math.fround;
const BYTE = f(1 / 255), FIVE = f(1 / 31), SIX = f(1 / 63);
const TINY = 2 ** -126;

/** a, r, g, b of each pixel. The format is the one that it had before it became a8r8g8b8. */
export function widen(pixels: Int32Array, n: number, format: PixelFormat): Float32Array {
  const wide = new Float32Array(n * 4);
  const sixteen = format === "rgb555" || format === "rgb565";
  for (let i = 0, to = 0; i < n; i++, to += 4) {
    const p = pixels[i];
    wide[to] = f(p >>> 24) * BYTE;
    wide[to + 1] = sixteen ? (p >>> 19 & 31) * FIVE : (p >>> 16 & 255) * BYTE;
    wide[to + 2] = format === "rgb565"
      ? (p >>> 10 & 63) * SIX
      : sixteen
      ? (p >>> 11 & 31) * FIVE
      : (p >>> 8 & 255) * BYTE;
    wide[to + 3] = sixteen ? (p >>> 3 & 31) * FIVE : (p & 255) * BYTE;
  }
  return wide;
}

/** Between four pixels, (right, below) of the way from the first. */
export function mix(
  taps: Float32Array,
  right: number,
  below: number,
  into: Float32Array,
  at: number,
): void {
  const both = f(right * below), tr = f(right * f(1 - below)), bl = f(f(1 - right) * below);
  const tl = f(f(1 - right) * f(1 - below));
  for (let c = 0; c < 4; c++) {
    const above = f(f(taps[c] * tl) + f(taps[4 + c] * tr));
    into[at + c] = f(f(above + f(taps[8 + c] * bl)) + f(taps[12 + c] * both));
  }
}

/** The way back to a8r8g8b8. */
export function narrow(wide: Float32Array, into: Int32Array, n: number): void {
  for (let i = 0, at = 0; i < n; i++, at += 4) {
    into[i] = byteOf(wide[at]) << 24 | byteOf(wide[at + 1]) << 16 | byteOf(wide[at + 2]) << 8 |
      byteOf(wide[at + 3]);
  }
}

function byteOf(x: number): number {
  const u = Math.floor((x > 1 ? 1 : x > 0 ? x : 0) * 256);
  return u - (u >> 8);
}

/** As `combine` of operators.ts does, on floats. */
export function combineWide(
  op: number,
  dest: Float32Array,
  source: Float32Array,
  mask: Float32Array | null,
  componentAlpha: boolean,
  n: number,
): void {
  // SPEC: component alpha means nothing to the HSL modes: they do nothing then
  if (op >= OP.hslHue) return mask && componentAlpha ? undefined : hsl(op, dest, source, mask, n);
  const pair = factors[op];
  for (let i = 0; i < n * 4; i += 4) {
    const sa = source[i], da = dest[i];
    for (let c = 0; c < 4; c++) {
      let s = source[i + c], a = sa;
      if (mask && componentAlpha) s = f(s * mask[i + c]), a = f(mask[i + c] * sa);
      else if (mask) s = f(s * mask[i]), a = f(sa * mask[i]);
      const d = c === 0 ? da : dest[i + c];
      if (pair) {
        const both = f(f(s * factor(pair[0], a, da)) + f(d * factor(pair[1], a, da)));
        dest[i + c] = both < 1 ? both : 1;
      } else if (c === 0) dest[i] = f(f(da + s) - f(da * s));
      else {
        const sides = f(f(f(1 - a) * d) + f(f(1 - da) * s));
        dest[i + c] = f(sides + blended(op, a, s, da, d));
      }
    }
  }
}

const isZero = (x: number) => x > -TINY && x < TINY;
const unit = (x: number) => x < 0 ? 0 : x > 1 ? 1 : x;

function factor(name: Factor, sa: number, da: number): number {
  switch (name) {
    case "0":
      return 0;
    case "1":
      return 1;
    case "sa":
      return sa;
    case "da":
      return da;
    case "1-sa":
      return f(1 - sa);
    case "1-da":
      return f(1 - da);
    case "sa/da":
      return isZero(da) ? 1 : unit(f(sa / da));
    case "da/sa":
      return isZero(sa) ? 1 : unit(f(da / sa));
    case "(1-sa)/da":
      return isZero(da) ? 1 : unit(f(f(1 - sa) / da));
    case "(1-da)/sa":
      return isZero(sa) ? 1 : unit(f(f(1 - da) / sa));
    case "1-sa/da":
      return isZero(da) ? 0 : unit(f(1 - f(sa / da)));
    case "1-da/sa":
      return isZero(sa) ? 0 : unit(f(1 - f(da / sa)));
    case "1-(1-da)/sa":
      return isZero(sa) ? 0 : unit(f(1 - f(f(1 - da) / sa)));
    case "1-(1-sa)/da":
      return isZero(da) ? 0 : unit(f(1 - f(f(1 - sa) / da)));
  }
}

function blended(op: number, sa: number, s: number, da: number, d: number): number {
  if (op === OP.colorDodge) {
    if (isZero(d)) return 0;
    if (f(d * sa) >= f(f(sa * da) - f(s * da)) || isZero(f(sa - s))) return f(sa * da);
    return f(f(f(sa * sa) * d) / f(sa - s));
  }
  if (op === OP.colorBurn) {
    if (d >= da) return f(sa * da);
    const gap = f(sa * f(da - d));
    if (gap >= f(s * da) || isZero(s)) return 0;
    return f(sa * f(da - f(gap / s)));
  }
  // soft light
  if (isZero(da)) return f(d * sa);
  if (2 * s <= sa) {
    return f(f(d * sa) - f(f(f(d * f(da - d)) * f(sa - 2 * s)) / da));
  }
  const lift = f(2 * s - sa);
  if (4 * d <= da) {
    const cubic = f(f(f(f(f(f(16 * d) / da) - 12) * d) / da) + 3);
    return f(f(d * sa) + f(f(lift * d) * cubic));
  }
  return f(f(d * sa) + f(f(f(Math.sqrt(f(d * da))) - d) * lift));
}

type Rgb = [number, number, number];

function hsl(
  op: number,
  dest: Float32Array,
  source: Float32Array,
  mask: Float32Array | null,
  n: number,
): void {
  for (let i = 0; i < n * 4; i += 4) {
    let sa = source[i];
    const da = dest[i];
    const s: Rgb = [source[i + 1], source[i + 2], source[i + 3]];
    const d: Rgb = [dest[i + 1], dest[i + 2], dest[i + 3]];
    if (mask) {
      const m = mask[i];
      // SPEC: pixman 0.42 masks green twice and blue not at all
      sa = f(sa * m), s[0] = f(s[0] * m), s[1] = f(f(s[1] * m) * m);
    }
    const both = f(sa * da);
    const [of, by] = op <= OP.hslHue || op === 0x3d ? [s, da] : [d, sa];
    const c: Rgb = [f(of[0] * by), f(of[1] * by), f(of[2] * by)];
    if (op === OP.hslHue) setSaturation(c, f(saturation(d) * sa));
    else if (op === 0x3c) setSaturation(c, f(saturation(s) * da));
    const light = op === OP.last ? f(luminosity(s) * da) : f(luminosity(d) * sa);
    setLuminosity(c, both, light);
    dest[i] = f(f(sa + da) - both);
    for (let k = 0; k < 3; k++) {
      dest[i + 1 + k] = f(f(f(f(1 - sa) * d[k]) + f(f(1 - da) * s[k])) + c[k]);
    }
  }
}

const saturation = (c: Rgb) => f(Math.max(...c) - Math.min(...c));
const luminosity = (c: Rgb) => f(f(f(c[0] * f(0.3)) + f(c[1] * f(0.59))) + f(c[2] * f(0.11)));

function setSaturation(c: Rgb, to: number): void {
  const [min, mid, max] = [2, 1, 0].toSorted((a, b) => c[a] - c[b]);
  const range = f(c[max] - c[min]);
  c[mid] = isZero(range) ? 0 : f(f(f(c[mid] - c[min]) * to) / range);
  c[max] = isZero(range) ? 0 : to;
  c[min] = 0;
}

function setLuminosity(c: Rgb, most: number, to: number): void {
  const shift = f(to - luminosity(c));
  for (let k = 0; k < 3; k++) c[k] = f(c[k] + shift);
  const l = luminosity(c), low = Math.min(...c), high = Math.max(...c);
  if (low < 0) {
    const t = f(l - low);
    for (let k = 0; k < 3; k++) c[k] = isZero(t) ? 0 : f(l + f(f(f(c[k] - l) * l) / t));
  }
  if (high > most) {
    const t = f(high - l);
    for (let k = 0; k < 3; k++) {
      c[k] = isZero(t) ? most : f(l + f(f(f(c[k] - l) * f(most - l)) / t));
    }
  }
}
