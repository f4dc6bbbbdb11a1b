/** A surface as a picture for people. Source of truth: PNG specification, third edition. */
import { toArgb } from "./convert.ts";
import { type Pixels, pixelsOf } from "./pixels.ts";
import type { Surface } from "./surface.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const GREY = 0, RGB = 2, RGBA = 6;

/**
 * The bytes of a PNG file: grey for alpha-only surfaces, with alpha for argb32, else RGB, all of
 * 8 bits a channel. GuestError: the surface's rows do not lie within its memory.
 */
export async function encodePng(surface: Surface): Promise<Uint8Array<ArrayBuffer>> {
  const pixels = pixelsOf(surface);
  const { width, height, format } = pixels;
  const type = format === "argb32" ? RGBA : format === "a8" || format === "a1" ? GREY : RGB;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8, header[9] = type;
  const data = await deflate(scanlines(pixels, type));
  const parts = [chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", new Uint8Array(0))];
  const file = new Uint8Array(parts.reduce((sum, part) => sum + part.length, SIGNATURE.length));
  file.set(SIGNATURE);
  let at = SIGNATURE.length;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** Every row is stored as what differs from the row above: filter 2. */
function scanlines(pixels: Pixels, type: number): Uint8Array<ArrayBuffer> {
  const { width, height, format, items, start, step } = pixels;
  const channels = type === GREY ? 1 : type === RGB ? 3 : 4;
  const size = width * channels;
  const lines = new Uint8Array((size + 1) * height);
  let row = new Uint8Array(size), above = new Uint8Array(size);
  for (let y = 0, to = 0; y < height; y++) {
    const from = start + y * step;
    for (let x = 0, at = 0; x < width; x++) {
      const item = format === "a1" ? items[from + (x >> 3)] >> (x & 7) : items[from + x];
      const argb = toArgb(format, item);
      if (type === GREY) {
        row[at++] = argb >>> 24;
        continue;
      }
      row[at++] = straight(argb >>> 16 & 255, argb, type);
      row[at++] = straight(argb >>> 8 & 255, argb, type);
      row[at++] = straight(argb & 255, argb, type);
      if (type === RGBA) row[at++] = argb >>> 24;
    }
    lines[to++] = 2;
    for (let i = 0; i < size; i++) lines[to++] = row[i] - above[i];
    [row, above] = [above, row];
  }
  return lines;
}

/** Surfaces hold colours multiplied with their alpha, PNG does not. */
function straight(channel: number, argb: number, type: number): number {
  const alpha = argb >>> 24;
  if (type !== RGBA || alpha === 255) return channel;
  return alpha === 0 ? 0 : Math.min(255, Math.round(channel * 255 / alpha));
}

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

function chunk(name: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = name.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, crc32(bytes.subarray(4, data.length + 8)));
  return bytes;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? n >>> 1 ^ 0xedb88320 : n >>> 1;
  return n;
});

/** ISO 3309, as PNG has it. */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]) & 255] ^ crc >>> 8;
  return ~crc >>> 0;
}
