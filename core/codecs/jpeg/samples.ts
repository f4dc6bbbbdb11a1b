/**
 * From coefficients to pixels, number for number as libjpeg does: the transform of jidctint.c (Loeffler,
 * Ligtenberg and Moschytz), the smooth enlarging of jdsample.c, the colours of jdcolor.c.
 */
import type { Component } from "./scan.ts";

/** A component's samples; only the first `width` of a row and `height` rows show something. */
interface Plane {
  readonly samples: Uint8Array;
  readonly stride: number;
  readonly width: number;
  readonly height: number;
}

/** Whole blocks are made, what is beside the picture too. */
function planeOf(component: Component, width: number, height: number): Plane {
  const { coefficients, blocksStride } = component;
  const steps = component.steps!;
  const stride = blocksStride * 8;
  const samples = new Uint8Array(coefficients.length);
  const space = new Int32Array(64);
  // two at a time, to see which blocks are of one colour
  const pairs = new Int32Array(coefficients.buffer);
  for (let block = 0; block * 64 < coefficients.length; block++) {
    const row = Math.floor(block / blocksStride);
    const at = block * 64, to = row * 8 * stride + (block - row * blocksStride) * 8;
    let others: number = coefficients[at + 1];
    for (let pair = block * 32 + 1; others === 0 && pair < block * 32 + 32; pair++) {
      others = pairs[pair];
    }
    if (others === 0) {
      const level = clamp(((Math.imul(coefficients[at], steps[0]) << 2) + 16 >> 5) + 128);
      for (let y = to; y < to + 8 * stride; y += stride) samples.fill(level, y, y + 8);
    } else inverse(coefficients, at, steps, space, samples, to, stride);
  }
  return { samples, stride, width, height };
}

function inverse(
  from: Int16Array,
  at: number,
  steps: Uint16Array,
  space: Int32Array,
  samples: Uint8Array,
  to: number,
  stride: number,
): void {
  for (let x = 0; x < 8; x++) {
    const c = at + x;
    if (
      from[c + 8] | from[c + 16] | from[c + 24] | from[c + 32] | from[c + 40] | from[c + 48] |
      from[c + 56]
    ) {
      for (let i = x; i < 64; i += 8) space[i] = Math.imul(from[at + i], steps[i]);
      line(space, x, 8, 11);
    } else {
      const level = Math.imul(from[c], steps[x]) << 2;
      for (let i = x; i < 64; i += 8) space[i] = level;
    }
  }
  for (let i = 0; i < 64; i += 8, to += stride) {
    line(space, i, 1, 18);
    for (let x = 0; x < 8; x++) samples[to + x] = clamp(space[i + x] + 128);
  }
}

const clamp = (value: number): number => value < 0 ? 0 : value > 255 ? 255 : value;

/** 8 numbers, `step` apart, transformed where they are; `shift` fraction bits are rounded away. */
function line(space: Int32Array, at: number, step: number, shift: number): void {
  const i1 = at + step, i2 = i1 + step, i3 = i2 + step, i4 = i3 + step;
  const i5 = i4 + step, i6 = i5 + step, i7 = i6 + step;
  const half = 1 << (shift - 1);
  const a = space[i2], b = space[i6];
  const middle = Math.imul(a + b, 4433);
  const e2 = middle - Math.imul(b, 15137) | 0, e3 = middle + Math.imul(a, 6270) | 0;
  const e0 = (space[at] + space[i4] << 13) + half | 0,
    e1 = (space[at] - space[i4] << 13) + half | 0;
  const s0 = e0 + e3 | 0, s3 = e0 - e3 | 0, s1 = e1 + e2 | 0, s2 = e1 - e2 | 0;

  const d0 = space[i7], d1 = space[i5], d2 = space[i3], d3 = space[i1];
  const z5 = Math.imul(d0 + d2 + d1 + d3, 9633);
  const z1 = Math.imul(d0 + d3, -7373), z2 = Math.imul(d1 + d2, -20995);
  const z3 = Math.imul(d0 + d2, -16069) + z5 | 0, z4 = Math.imul(d1 + d3, -3196) + z5 | 0;
  const o0 = Math.imul(d0, 2446) + z1 + z3 | 0, o1 = Math.imul(d1, 16819) + z2 + z4 | 0;
  const o2 = Math.imul(d2, 25172) + z2 + z3 | 0, o3 = Math.imul(d3, 12299) + z1 + z4 | 0;

  space[at] = s0 + o3 >> shift;
  space[i7] = s0 - o3 >> shift;
  space[i1] = s1 + o2 >> shift;
  space[i6] = s1 - o2 >> shift;
  space[i2] = s2 + o1 >> shift;
  space[i5] = s2 - o1 >> shift;
  space[i3] = s3 + o0 >> shift;
  space[i4] = s3 - o0 >> shift;
}

/** Gives a plane's rows as long as the picture's: row y of it into `row`. */
type RowsOf = (y: number, row: Uint8Array) => void;

/** across, down: how many times the picture is as large as the plane. */
function enlarged(plane: Plane, across: number, down: number): RowsOf {
  const { samples, stride, width, height } = plane;
  if (across === 1 && down === 1) {
    return (y, row) => row.set(samples.subarray(y * stride, y * stride + width));
  }
  const smooth = across <= 2 && down <= 2 && (across === 1 || width > 2);
  if (!smooth) {
    return (y, row) => {
      const at = Math.floor(y / down) * stride;
      for (let x = 0, i = at; x < row.length; i++) {
        for (let n = 0; n < across && x < row.length; n++) row[x++] = samples[i];
      }
    };
  }
  // sums of the nearer row three times and the other once, or of one row
  const sums = new Int32Array(width);
  return (y, row) => {
    if (down === 1) { for (let x = 0; x < width; x++) sums[x] = samples[y * stride + x]; }
    else {
      const near = y >> 1;
      const far = Math.min(height - 1, Math.max(0, near + (y & 1) * 2 - 1));
      for (let x = 0, a = near * stride, b = far * stride; x < width; x++) {
        sums[x] = samples[a++] * 3 + samples[b++];
      }
    }
    if (across === 1) {
      const round = 1 + (y & 1);
      for (let x = 0; x < row.length; x++) row[x] = sums[x] + round >> 2;
      return;
    }
    const shift = down === 1 ? 2 : 4;
    const left = down === 1 ? 1 : 8, right = down === 1 ? 2 : 7;
    let before = sums[0], at = sums[0];
    for (let x = 0; x < width - 1; x++) {
      const after = sums[x + 1];
      row[2 * x] = at * 3 + before + left >> shift;
      row[2 * x + 1] = at * 3 + after + right >> shift;
      before = at;
      at = after;
    }
    row[2 * width - 2] = at * 3 + before + left >> shift;
    if (row.length === 2 * width) row[2 * width - 1] = at * 4 + right >> shift;
  };
}

/** Pixels of 32 bits, without padding. rgb: the components are not luma and differences. */
export function pixelsOf(
  components: readonly Component[],
  width: number,
  height: number,
  rgb: boolean,
): Uint8Array {
  const mostAcross = Math.max(...components.map(({ across }) => across));
  const mostDown = Math.max(...components.map(({ down }) => down));
  const rowsOf = components.map((component) => {
    const { across, down } = component;
    const own = planeOf(
      component,
      Math.ceil(width * across / mostAcross),
      Math.ceil(height * down / mostDown),
    );
    return enlarged(own, mostAcross / across, mostDown / down);
  });
  const rows = components.map(() => new Uint8Array(width));
  const [a, b, c] = rows;
  const pixels = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    rowsOf.forEach((rowOf, i) => rowOf(y, rows[i]));
    const to = pixels.subarray(y * width, (y + 1) * width);
    if (components.length === 1) { for (let x = 0; x < width; x++) to[x] = a[x] * 0x10101; }
    else if (rgb) { for (let x = 0; x < width; x++) to[x] = a[x] << 16 | b[x] << 8 | c[x]; }
    else colour(a, b, c, to);
  }
  return new Uint8Array(pixels.buffer);
}

function colour(luma: Uint8Array, blue: Uint8Array, red: Uint8Array, to: Uint32Array): void {
  for (let x = 0; x < to.length; x++) {
    const y = luma[x], cb = blue[x] - 128, cr = red[x] - 128;
    const r = clamp(y + (91881 * cr + 32768 >> 16));
    const g = clamp(y + (-22554 * cb - 46802 * cr + 32768 >> 16));
    const b = clamp(y + (116130 * cb + 32768 >> 16));
    to[x] = r << 16 | g << 8 | b;
  }
}
