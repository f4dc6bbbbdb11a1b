import { assert, assertEquals } from "@std/assert";
import type { Surface } from "../../core/raster/surface.ts";

/** A picture as 0xrrggbb, or 0xaarrggbb if the file has alpha; grey is repeated. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint32Array;
}

/** Reads a PNG that is neither interlaced nor indexed: 8 bits a channel, or less of grey. */
export async function decodePng(file: Uint8Array): Promise<Picture> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  assertEquals([...file.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
  let width = 0, height = 0, channels = 0, depth = 0;
  const data: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 8; at < file.length;) {
    const size = view.getUint32(at);
    const name = String.fromCharCode(...file.subarray(at + 4, at + 8));
    if (name === "IHDR") {
      width = view.getUint32(at + 8), height = view.getUint32(at + 12);
      depth = file[at + 16];
      channels = { 0: 1, 2: 3, 6: 4 }[file[at + 17]] ?? 0;
      assert(channels > 0 && file[at + 20] === 0 && (depth === 8 || channels === 1 && depth < 8));
    }
    if (name === "IDAT") data.push(file.slice(at + 8, at + 8 + size));
    at += size + 12;
  }
  const stream = new Blob(data).stream().pipeThrough(new DecompressionStream("deflate"));
  const lines = new Uint8Array(await new Response(stream).arrayBuffer());
  const size = (width * channels * depth + 7) >> 3;
  assertEquals(lines.length, (size + 1) * height);
  const pixels = new Uint32Array(width * height);
  let above = new Uint8Array(size);
  for (let y = 0; y < height; y++) {
    const row = lines.subarray(y * (size + 1) + 1, (y + 1) * (size + 1));
    unfilter(lines[y * (size + 1)], row, above, channels);
    for (let x = 0; x < width; x++) {
      pixels[y * width + x] = depth < 8
        ? greyAt(row, x, depth)
        : pixelAt(row, x * channels, channels);
    }
    above = row;
  }
  return { width, height, pixels };
}

function unfilter(filter: number, row: Uint8Array, above: Uint8Array, channels: number): void {
  for (let i = 0; i < row.length; i++) {
    const left = i < channels ? 0 : row[i - channels], up = above[i];
    const corner = i < channels ? 0 : above[i - channels];
    row[i] += filter === 0
      ? 0
      : filter === 1
      ? left
      : filter === 2
      ? up
      : filter === 3
      ? (left + up) >> 1
      : paeth(left, up, corner);
  }
}

function paeth(a: number, b: number, c: number): number {
  const p = a + b - c, pa = Math.abs(p - a), pb = Math.abs(p - b), pc = Math.abs(p - c);
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

function greyAt(row: Uint8Array, x: number, depth: number): number {
  const most = (1 << depth) - 1, bit = x * depth;
  const grey = row[bit >> 3] >> (8 - depth - (bit & 7)) & most;
  return grey * 255 / most * 0x10101;
}

function pixelAt(row: Uint8Array, at: number, channels: number): number {
  if (channels === 1) return row[at] * 0x10101;
  const rgb = row[at] << 16 | row[at + 1] << 8 | row[at + 2];
  return channels === 4 ? (rgb | row[at + 3] << 24) >>> 0 : rgb;
}

/** The colours of a 32-bit surface; x bytes and alpha are left out. */
export function pictureOf(surface: Surface): Picture {
  const { width, height, bytes, origin, stride } = surface;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pixels = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      pixels[y * width + x] = view.getUint32(origin + y * stride + x * 4, true) & 0xffffff;
    }
  }
  return { width, height, pixels };
}

/** Fails with how many pixels differ and where the first one lies. */
export function assertSamePixels(seen: Picture, expected: Picture, what = "picture"): void {
  assertEquals([seen.width, seen.height], [expected.width, expected.height], `size of ${what}`);
  let differ = 0, first = -1;
  for (let i = 0; i < seen.pixels.length; i++) {
    if (seen.pixels[i] === expected.pixels[i]) continue;
    if (differ++ === 0) first = i;
  }
  if (differ === 0) return;
  const hex = (pixel: number) => pixel.toString(16).padStart(6, "0");
  throw new Error(
    `${differ} of ${seen.pixels.length} pixels of ${what} differ; the first at ` +
      `(${first % seen.width}, ${Math.floor(first / seen.width)}): ` +
      `${hex(seen.pixels[first])} and not ${hex(expected.pixels[first])}`,
  );
}

/** Peak signal to noise, in dB, of two pictures of one size; without end when they are the same. */
export function psnr(seen: Picture, original: Picture): number {
  let sum = 0;
  seen.pixels.forEach((pixel, i) => {
    for (const shift of [0, 8, 16]) {
      sum += ((pixel >> shift & 255) - (original.pixels[i] >> shift & 255)) ** 2;
    }
  });
  return 10 * Math.log10(255 ** 2 * original.pixels.length * 3 / sum);
}
