/** The blocks of deflate, by which zlib streams are read. Source of truth: RFC 1951. */

/** Bits from the lowest of each byte on. Behind the end there are zeros, until more than a word is missing. */
export class Bits {
  readonly #data: Uint8Array;
  #at: number;
  #held = 0;
  #count = 0;

  constructor(data: Uint8Array, at: number) {
    this.#data = data;
    this.#at = at;
  }

  /** The next bits, at most 16, as they are. */
  peek(count: number): number {
    while (this.#count < count) {
      this.#held |= (this.#at < this.#data.length ? this.#data[this.#at] : 0) << this.#count;
      this.#at++;
      this.#count += 8;
    }
    return this.#held & (1 << count) - 1;
  }

  skip(count: number): void {
    this.#held >>>= count;
    this.#count -= count;
    if (this.#at - (this.#count >> 3) > this.#data.length) {
      throw new RangeError("a zlib stream is cut off");
    }
  }

  take(count: number): number {
    const bits = this.peek(count);
    this.skip(count);
    return bits;
  }

  /** Nothing is left but what fills up the last byte. */
  get spent(): boolean {
    return this.#at - (this.#count >> 3) >= this.#data.length;
  }

  /** Whole bytes, from the next on. */
  bytes(count: number): Uint8Array {
    const begin = this.#at - (this.#count >> 3);
    if (begin + count > this.#data.length) throw new RangeError("a zlib stream is cut off");
    this.#held = this.#count = 0;
    this.#at = begin + count;
    return this.#data.subarray(begin, this.#at);
  }
}

/** first: for ten bits the symbol << 4 | its code's length, 0 where that is longer. */
interface Code {
  readonly first: Uint16Array;
  /** How many codes have each length; the symbols in the order of their codes. */
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

const FIRST_BITS = 10;
const LONGEST = 15;

/** SPEC: a code may be empty, or (but not the code of codes) have one symbol of one bit; else it is complete. */
function codeOf(lengths: Uint8Array, mayBeOne = true): Code {
  const counts = new Uint16Array(LONGEST + 1);
  for (const length of lengths) counts[length]++;
  counts[0] = 0;
  const begins = new Uint16Array(LONGEST + 2);
  const nexts = new Uint16Array(LONGEST + 2);
  let room = 1;
  for (let length = 1; length <= LONGEST; length++) {
    room = room * 2 - counts[length];
    if (room < 0) throw new RangeError("a deflate code has too many symbols");
    begins[length + 1] = begins[length] + counts[length];
    nexts[length + 1] = (nexts[length] + counts[length]) << 1;
  }
  const longest = counts.findLastIndex((count) => count > 0);
  if (room > 0 && longest > 0 && !(mayBeOne && longest === 1)) {
    throw new RangeError("a deflate code has too few symbols");
  }
  const symbols = new Uint16Array(lengths.length);
  const first = new Uint16Array(1 << FIRST_BITS);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    symbols[begins[length]++] = symbol;
    const code = nexts[length]++;
    if (length > FIRST_BITS) return;
    let reversed = 0;
    for (let i = 0; i < length; i++) reversed |= (code >> i & 1) << (length - 1 - i);
    for (let i = reversed; i < first.length; i += 1 << length) first[i] = symbol << 4 | length;
  });
  return { first, counts, symbols };
}

function symbolOf(bits: Bits, { first, counts, symbols }: Code): number {
  const entry = first[bits.peek(FIRST_BITS)];
  if (entry !== 0) {
    bits.skip(entry & 15);
    return entry >> 4;
  }
  const ahead = bits.peek(LONGEST);
  let code = 0, begin = 0, index = 0;
  for (let length = 1; length <= LONGEST; length++) {
    code |= ahead >> (length - 1) & 1;
    if (code - begin < counts[length]) {
      bits.skip(length);
      return symbols[index + code - begin];
    }
    index += counts[length];
    begin = (begin + counts[length]) << 1;
    code <<= 1;
  }
  throw new RangeError("a deflate code that stands for nothing");
}

const fixedLengths = codeOf(
  Uint8Array.from({ length: 288 }, (_, i) => i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8),
);
const fixedDistances = codeOf(new Uint8Array(32).fill(5));

// deflate's lengths and distances: where each symbol begins, and how many bits say more
const lengthBits = Uint8Array.from({ length: 29 }, (_, i) => i < 4 || i === 28 ? 0 : (i >> 2) - 1);
const lengthBegins = begins(lengthBits, 3);
lengthBegins[28] = 258;
const distanceBits = Uint8Array.from({ length: 30 }, (_, i) => i < 2 ? 0 : (i >> 1) - 1);
const distanceBegins = begins(distanceBits, 1);

function begins(bits: Uint8Array, from: number): Uint16Array {
  return Uint16Array.from(bits, (more) => (from += 1 << more) - (1 << more));
}

const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** The codes that a block brings along. */
function codes(bits: Bits): [Code, Code] {
  const lengthCount = bits.take(5) + 257, distanceCount = bits.take(5) + 1;
  const some = new Uint8Array(19);
  for (let i = bits.take(4) + 4, k = 0; k < i; k++) some[order[k]] = bits.take(3);
  if (lengthCount > 286 || distanceCount > 30) {
    throw new RangeError("a deflate block of more symbols");
  }
  const code = codeOf(some, false);
  const lengths = new Uint8Array(lengthCount + distanceCount);
  for (let i = 0; i < lengths.length;) {
    const symbol = symbolOf(bits, code);
    if (symbol < 16) {
      lengths[i++] = symbol;
      continue;
    }
    if (symbol === 16 && i === 0) throw new RangeError("a deflate block repeats what is not there");
    const length = symbol === 16 ? lengths[i - 1] : 0;
    const times = symbol === 16
      ? 3 + bits.take(2)
      : symbol === 17
      ? 3 + bits.take(3)
      : 11 + bits.take(7);
    if (i + times > lengths.length) throw new RangeError("a deflate block of more symbols");
    lengths.fill(length, i, i += times);
  }
  if (lengths[256] === 0) throw new RangeError("a deflate block that cannot end");
  return [codeOf(lengths.subarray(0, lengthCount)), codeOf(lengths.subarray(lengthCount))];
}

/** One block's bytes go to `out`, from `at` on; where they end, and whether it was the last. */
export function block(bits: Bits, out: Uint8Array, at: number): { end: number; last: boolean } {
  const last = bits.take(1) === 1;
  const type = bits.take(2);
  if (type === 0) return { end: stored(bits, out, at), last };
  if (type === 1) return { end: coded(bits, out, at, fixedLengths, fixedDistances), last };
  if (type !== 2) throw new RangeError("a deflate block of type 3");
  const [lengths, distances] = codes(bits);
  return { end: coded(bits, out, at, lengths, distances), last };
}

function stored(bits: Bits, out: Uint8Array, at: number): number {
  // what is left of the byte is not used
  const head = bits.bytes(4);
  const size = head[0] | head[1] << 8;
  if ((size ^ 0xffff) !== (head[2] | head[3] << 8)) {
    throw new RangeError("a stored block's size is wrong");
  }
  if (size > out.length - at) throw new RangeError("a zlib stream holds more bytes");
  out.set(bits.bytes(size), at);
  return at + size;
}

function coded(bits: Bits, out: Uint8Array, at: number, lengths: Code, distances: Code): number {
  for (;;) {
    const symbol = symbolOf(bits, lengths);
    if (symbol === 256) return at;
    if (symbol < 256) {
      if (at === out.length) throw new RangeError("a zlib stream holds more bytes");
      out[at++] = symbol;
      continue;
    }
    if (symbol > 285) throw new RangeError("a deflate length that is none");
    const length = lengthBegins[symbol - 257] + bits.take(lengthBits[symbol - 257]);
    const place = symbolOf(bits, distances);
    if (place > 29) throw new RangeError("a deflate distance that is none");
    const distance = distanceBegins[place] + bits.take(distanceBits[place]);
    if (distance > at) throw new RangeError("a deflate match before the first byte");
    if (length > out.length - at) throw new RangeError("a zlib stream holds more bytes");
    if (distance >= length) out.copyWithin(at, at - distance, at - distance + length), at += length;
    else for (const end = at + length; at < end; at++) out[at] = out[at - distance];
  }
}
