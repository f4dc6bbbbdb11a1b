/**
 * A surface as a PNG picture: 8 bits each of red, green and blue.
 * Source of truth: RFC 2083. CompressionStream is the web's own zlib.
 */
import { convert, unpacked } from "./convert.ts";
import { pixelsOf } from "./pixels.ts";
import type { Surface } from "./surface.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const RGB = 2;
const UP = 2;

/** The picture as a PNG file. What is drawn while it is being compressed is not in it. */
export async function encodePng(surface: Surface): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height } = surface;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, RGB, 0, 0, 0], 8);
  const data = await deflated(filteredRows(surface));
  const chunks = [chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", new Uint8Array(0))];
  const file = new Blob([new Uint8Array(SIGNATURE), ...chunks]);
  return new Uint8Array(await file.arrayBuffer());
}

/** Rows as differences to the row above, each behind its filter type. */
function filteredRows(surface: Surface): Uint8Array<ArrayBuffer> {
  const own = pixelsOf(surface);
  const { items, start, step } = convert(own.format === "a1" ? unpacked(own) : own, "xrgb32");
  const { width, height } = surface;
  const out = new Uint8Array((width * 3 + 1) * height);
  for (let y = 0, to = 0; y < height; y++) {
    const row = start + y * step, above = row - step;
    out[to++] = UP;
    for (let x = 0; x < width; x++, to += 3) {
      const pixel = items[row + x], before = y === 0 ? 0 : items[above + x];
      out[to] = (pixel >> 16 & 0xff) - (before >> 16 & 0xff);
      out[to + 1] = (pixel >> 8 & 0xff) - (before >> 8 & 0xff);
      out[to + 2] = (pixel & 0xff) - (before & 0xff);
    }
  }
  return out;
}

async function deflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(12 + data.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i);
  out.set(data, 8);
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)));
  return out;
}

const CRC = Int32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ n >>> 1 : n >>> 1;
  return n;
});

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = CRC[(crc ^ byte) & 0xff] ^ crc >>> 8;
  return ~crc >>> 0;
}
