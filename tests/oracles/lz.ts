/**
 * LZ, slow and clear: what core/codecs/lz must do, byte for byte, on any input.
 * Source of truth: lz.c and its templates in spice-common; the choice of matches is our own.
 */
import type { LzFormat, LzRows } from "../../core/codecs/lz/mod.ts";

/** How a plane's pixels are said. */
interface Plane {
  /** Bits that belong to it, in a unit of 32. */
  readonly mask: number;
  readonly bytes: (unit: number) => number[];
  readonly unit: (bytes: Uint8Array, at: number) => number;
  readonly size: number;
  /** A match of 1 is said as 1 minus this. */
  readonly bias: number;
  readonly least: (far: boolean) => number;
  readonly hash: (a: number, b: number, c: number) => number;
}

const mul = Math.imul;

export const colours: Plane = {
  mask: 0xffffff,
  bytes: (unit) => [unit & 255, unit >> 8 & 255, unit >> 16 & 255],
  unit: (bytes, at) => bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16,
  size: 3,
  bias: 0,
  least: () => 2,
  hash: (a, b, c) => mul(a, 0x9e377900) + mul(b, 0x85ebca00) + mul(c, 0xc2b2ae00),
};
export const shorts: Plane = {
  mask: 0x7fff,
  bytes: (unit) => [unit >> 8 & 255, unit & 255],
  unit: (bytes, at) => bytes[at] << 8 | bytes[at + 1],
  size: 2,
  bias: 1,
  least: (far) => far ? 3 : 2,
  hash: (a, b, c) =>
    mul((a & 0x7fff) | (b & 0x7fff) << 16, 0x9e3779b1) + mul(c & 0x7fff, 0x85ebca77),
};
export const single: Plane = {
  mask: 0xff,
  bytes: (unit) => [unit & 255],
  unit: (bytes, at) => bytes[at],
  size: 1,
  bias: 2,
  least: (far) => far ? 5 : 3,
  hash: (a, b, c) => mul(a | b << 8 | c << 16, 0x9e3779b1),
};

const types: Record<LzFormat, { type: number; bits: number }> = {
  bit1Le: { type: 1, bits: 1 },
  bit1Be: { type: 2, bits: 1 },
  bit4Le: { type: 3, bits: 4 },
  bit4Be: { type: 4, bits: 4 },
  bit8: { type: 5, bits: 8 },
  bit16: { type: 6, bits: 16 },
  bit24: { type: 7, bits: 24 },
  bit32: { type: 8, bits: 32 },
  rgba: { type: 9, bits: 32 },
  xxxa: { type: 10, bits: 32 },
  bit8A: { type: 11, bits: 8 },
};

/** The LzImageType of a format. */
export const typeOf = (format: LzFormat): number => types[format].type;
/** Bytes of a row without padding. */
export const rowBytesOf = (format: LzFormat, width: number): number =>
  Math.ceil(width * types[format].bits / 8);

export function encode(rows: LzRows): Uint8Array {
  const { format, width, height, stride, topDown, data } = rows;
  const rowBytes = rowBytesOf(format, width);
  const tight: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < rowBytes; x++) tight.push(data[y * stride + x]);
  }
  const out: number[] = [];
  for (const word of [0x20205a4c, 0x10001, typeOf(format), width, height, rowBytes, +topDown]) {
    out.push(word >>> 24, word >> 16 & 255, word >> 8 & 255, word & 255);
  }
  const every = (step: number, unit: (i: number) => number): number[] =>
    Array.from({ length: tight.length / step }, (_, i) => unit(i * step));
  const colour = (i: number) => tight[i] | tight[i + 1] << 8 | tight[i + 2] << 16;
  switch (format) {
    case "bit32":
      encodePlane(colours, every(4, colour), width, out);
      break;
    case "bit24":
      encodePlane(colours, every(3, colour), width, out);
      break;
    case "rgba":
      encodePlane(colours, every(4, colour), width, out);
      encodePlane(single, every(4, (i) => tight[i + 3]), width, out);
      break;
    case "xxxa":
      encodePlane(single, every(4, (i) => tight[i + 3]), width, out);
      break;
    case "bit16":
      encodePlane(shorts, every(2, (i) => tight[i] | tight[i + 1] << 8), width, out);
      break;
    default:
      encodePlane(single, tight, rowBytes, out);
  }
  return new Uint8Array(out);
}

function encodePlane(plane: Plane, units: number[], width: number, out: number[]): void {
  const { mask, hash, least } = plane;
  const end = units.length;
  const bits = Math.min(Math.max(32 - Math.clz32(end), 12), 14);
  // the low half of the number of the unit that a hash was seen at last; at first the first one's
  const seen = new Map<number, number>();
  const slotAt = (i: number) =>
    hash(units[i] & mask, units[i + 1] & mask, units[i + 2] & mask) >>> (32 - bits);
  const same = (i: number, j: number) => ((units[i] ^ units[j]) & mask) === 0;
  let anchor = 0;
  for (let i = 1; end > 3 && i + 3 <= end;) {
    const run = same(i - 1, i) && same(i, i + 1) && same(i + 1, i + 2);
    let distance = 1;
    if (!run) {
      distance = i - (seen.get(slotAt(i)) ?? 0) & 0xffff;
      seen.set(slotAt(i), i);
    }
    const lengthAt = (distance: number) => {
      let length = 0;
      while (i + length < end && same(i + length, i + length - distance)) length++;
      return length;
    };
    let length = distance > 0 ? lengthAt(distance) : 0;
    // what the row above has goes on for longer, as a rule
    if (!run && length > 1 && i >= width && width < 65536 && lengthAt(width) > 2) {
      distance = width, length = lengthAt(width);
    }
    if (length < least(distance > 8191)) {
      i++;
      // noise is gone through faster and faster
      if (i - anchor >= 512) i += Math.min((i - anchor) >> 7, 32) >> 2;
      continue;
    }
    putLiterals(plane, units.slice(anchor, i), out);
    putMatch(distance - 1, length - plane.bias, out);
    const stop = i + length;
    if (stop + 2 <= end) {
      seen.set(slotAt(stop - 2), stop - 2);
      seen.set(slotAt(stop - 1), stop - 1);
    }
    i = anchor = stop;
  }
  putLiterals(plane, units.slice(anchor), out);
}

export function putLiterals(plane: Plane, units: number[], out: number[]): void {
  for (let i = 0; i < units.length; i += 32) {
    const some = units.slice(i, i + 32);
    out.push(some.length - 1, ...some.flatMap(plane.bytes));
  }
}

export function putLength(length: number, out: number[]): void {
  for (; length >= 255; length -= 255) out.push(255);
  out.push(length);
}

function putMatch(distance: number, length: number, out: number[]): void {
  const far = distance >= 8191;
  out.push(Math.min(length, 7) << 5 | (far ? 31 : distance >> 8));
  if (length >= 7) putLength(length - 7, out);
  if (!far) out.push(distance & 255);
  else out.push(255, (distance - 8191) >> 8, (distance - 8191) & 255);
}

/** RangeError: no LZ picture, or one of more pixels than mostPixels. */
export function decode(data: Uint8Array, mostPixels: number): LzRows {
  if (data.length < 28) throw new RangeError("header");
  const view = new DataView(data.buffer, data.byteOffset);
  const [magic, version, type, width, height, stride, topDown] = [0, 4, 8, 12, 16, 20, 24]
    .map((at) => view.getUint32(at));
  const found = Object.entries(types).find(([, known]) => known.type === type);
  if (magic !== 0x20205a4c || version !== 0x10001 || !found) throw new RangeError("header");
  const format = found[0] as LzFormat;
  if (width * height === 0 || width * height > mostPixels) throw new RangeError("size");
  if (stride !== rowBytesOf(format, width)) throw new RangeError("stride");
  const source = { data, at: 28 };
  const pixels = width * height;
  const all = (plane: Plane, count: number) => decodePlane(plane, source, count);
  let rows: number[];
  if (format === "bit24") rows = all(colours, pixels).flatMap(colours.bytes);
  else if (format === "bit32") rows = all(colours, pixels).flatMap((u) => [...colours.bytes(u), 0]);
  else if (format === "rgba") {
    const rgb = all(colours, pixels), alpha = all(single, pixels);
    rows = rgb.flatMap((unit, i) => [...colours.bytes(unit), alpha[i]]);
  } else if (format === "bit16") rows = all(shorts, pixels).flatMap((u) => [u & 255, u >> 8]);
  else rows = all(single, format === "xxxa" ? pixels : stride * height);
  if (source.at !== data.length) throw new RangeError("more bytes");
  return {
    format,
    width,
    height,
    stride: format === "xxxa" ? width : stride,
    topDown: topDown !== 0,
    data: new Uint8Array(rows),
  };
}

function decodePlane(
  plane: Plane,
  source: { data: Uint8Array; at: number },
  count: number,
): number[] {
  const next = (): number => {
    if (source.at >= source.data.length) throw new RangeError("cut off");
    return source.data[source.at++];
  };
  const units: number[] = [];
  while (units.length < count) {
    const head = next();
    if (head < 32) {
      for (let i = 0; i <= head; i++) {
        if (source.at + plane.size > source.data.length) throw new RangeError("cut off");
        units.push(plane.unit(source.data, source.at));
        source.at += plane.size;
      }
    } else {
      let length = head >> 5;
      if (length === 7) {
        for (let more = 255; more === 255;) length += more = next();
      }
      let distance = (head & 31) << 8 | next();
      if (distance === 8191) distance += next() << 8 | next();
      if (units.length + length + plane.bias > count) throw new RangeError("too long");
      if (distance + 1 > units.length) throw new RangeError("before the first");
      for (let i = length + plane.bias; i > 0; i--) units.push(units[units.length - distance - 1]);
    }
    if (units.length > count) throw new RangeError("too long");
  }
  return units;
}
