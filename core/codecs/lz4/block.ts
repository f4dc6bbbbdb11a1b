/**
 * LZ4 blocks. A sequence is a token (literal count, match length), literals, a 16-bit offset.
 * Source of truth: lz4_Block_format.md. Rules kept for every decoder: the last 5 bytes are
 * literals, and no match begins within the last 12.
 */
const HASH_BITS = 14;
const MIN_MATCH = 4;
const LAST_LITERALS = 5;
const MATCH_LIMIT = 12;
const MAX_OFFSET = 65535;

const table = new Int32Array(1 << HASH_BITS);

/** Bytes that a block of so many can take at most. */
export const worstCase = (length: number): number => length + Math.ceil(length / 255) + 16;

/**
 * Compresses source into out from `to` on; returns where it ended, or -1 when out is too short,
 * which is the usual way to give up on what does not shrink.
 */
export function compressBlock(source: Uint8Array, out: Uint8Array, to: number): number {
  const length = source.length;
  const view = new DataView(source.buffer, source.byteOffset, length);
  const limit = length - MATCH_LIMIT;
  const matchEnd = length - LAST_LITERALS;
  table.fill(-1);
  let anchor = 0;
  let at = 0;
  let misses = 1 << 6;
  while (at <= limit) {
    const word = view.getUint32(at, true);
    const slot = Math.imul(word, 2654435761) >>> (32 - HASH_BITS);
    const candidate = table[slot];
    table[slot] = at;
    if (
      candidate < 0 || at - candidate > MAX_OFFSET || view.getUint32(candidate, true) !== word
    ) {
      // what does not match is walked faster and faster
      at += misses++ >> 6;
      continue;
    }
    misses = 1 << 6;
    let start = at, back = candidate;
    while (start > anchor && back > 0 && source[start - 1] === source[back - 1]) start--, back--;
    let end = at + MIN_MATCH, other = candidate + MIN_MATCH;
    while (
      end + 4 <= matchEnd && view.getUint32(end, true) === view.getUint32(other, true)
    ) end += 4, other += 4;
    while (end < matchEnd && source[end] === source[other]) end++, other++;
    to = putSequence(source, anchor, start, start - back, end - start, out, to);
    if (to < 0) return -1;
    at = anchor = end;
    // what just matched is likely to be met again
    if (at <= limit) {
      table[Math.imul(view.getUint32(at - 2, true), 2654435761) >>> (32 - HASH_BITS)] = at - 2;
    }
  }
  return putSequence(source, anchor, length, 0, 0, out, to);
}

/** Writes literals [from, until) and a match; offset 0: there is no match, the block ends. */
function putSequence(
  source: Uint8Array,
  from: number,
  until: number,
  offset: number,
  matchLength: number,
  out: Uint8Array,
  to: number,
): number {
  const literals = until - from;
  const extra = matchLength - MIN_MATCH;
  if (to + literals + Math.trunc(literals / 255) + Math.trunc(matchLength / 255) + 8 > out.length) {
    return -1;
  }
  const token = to++;
  out[token] = Math.min(literals, 15) << 4 | (offset === 0 ? 0 : Math.min(extra, 15));
  if (literals >= 15) to = putLength(literals - 15, out, to);
  if (literals > 32) out.set(source.subarray(from, until), to), to += literals;
  else while (from < until) out[to++] = source[from++];
  if (offset === 0) return to;
  out[to++] = offset & 0xff;
  out[to++] = offset >> 8;
  return extra >= 15 ? putLength(extra - 15, out, to) : to;
}

function putLength(length: number, out: Uint8Array, to: number): number {
  for (; length >= 255; length -= 255) out[to++] = 255;
  out[to++] = length;
  return to;
}

/**
 * Decompresses a block into out from `to` on, where earlier blocks of the stream may stand before;
 * returns where it ended. Throws RangeError for what is no block or does not fit.
 */
export function decompressBlock(source: Uint8Array, out: Uint8Array, to: number): number {
  let at = 0;
  const lengthFrom = (nibble: number): number => {
    let length = nibble;
    if (nibble < 15) return length;
    for (let byte = 255; byte === 255;) {
      if (at >= source.length) throw new RangeError("an LZ4 length has no end");
      length += byte = source[at++];
    }
    return length;
  };
  while (at < source.length) {
    const token = source[at++];
    const literals = lengthFrom(token >> 4);
    if (literals > source.length - at || literals > out.length - to) {
      throw new RangeError(`${literals} LZ4 literals do not fit`);
    }
    out.set(source.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    if (at === source.length) return to;
    if (source.length - at < 2) throw new RangeError("an LZ4 offset is cut off");
    const offset = source[at] | source[at + 1] << 8;
    at += 2;
    if (offset === 0 || offset > to) throw new RangeError(`LZ4 offset ${offset} at byte ${to}`);
    const length = lengthFrom(token & 15) + MIN_MATCH;
    if (length > out.length - to) throw new RangeError(`an LZ4 match of ${length} does not fit`);
    if (offset >= length) out.copyWithin(to, to - offset, to - offset + length), to += length;
    else for (const end = to + length; to < end; to++) out[to] = out[to - offset];
  }
  return to;
}
