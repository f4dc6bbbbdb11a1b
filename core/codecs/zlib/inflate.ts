/**
 * zlib streams, read without a host's help and at once: what is in a ZLIB_GLZ picture is wanted before
 * the next message is. Canonical Huffman codes go through a table of their first ten bits.
 * Source of truth: RFC 1950, RFC 1951.
 */
import { Bits, block } from "./blocks.ts";

/**
 * The `size` bytes that a zlib stream holds. RangeError: it is none, or holds more or fewer, or other
 * bytes than its checksum says. Time and memory are bounded by its length and by `size`.
 */
export function inflate(data: Uint8Array, size: number): Uint8Array {
  if (data.length < 6 || (data[0] & 15) !== 8 || (data[0] << 8 | data[1]) % 31 !== 0) {
    throw new RangeError("no zlib stream");
  }
  if (data[0] >> 4 > 7 || data[1] & 32) throw new RangeError("a zlib stream with a dictionary");
  const out = new Uint8Array(size);
  const bits = new Bits(data, 2);
  let at = 0;
  for (let last = false; !last;) ({ end: at, last } = block(bits, out, at));
  if (at !== size) throw new RangeError(`${at} bytes are in a zlib stream, not ${size}`);
  const sum = bits.bytes(4);
  const said = (sum[0] << 24 | sum[1] << 16 | sum[2] << 8 | sum[3]) >>> 0;
  if (said !== adler32(out)) throw new RangeError("a zlib stream's checksum is wrong");
  return out;
}

function adler32(data: Uint8Array): number {
  let a = 1, b = 0;
  for (let at = 0; at < data.length;) {
    // so many that 32 bits hold the sums
    for (const end = Math.min(at + 3800, data.length); at < end; at++) b += a += data[at];
    a %= 65521, b %= 65521;
  }
  return (b << 16 | a) >>> 0;
}
