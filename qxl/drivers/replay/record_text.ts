/**
 * The text of a recording as it arrives: keys, numbers and binary bodies, read in place.
 * Source of truth: server/red-record-qxl.cpp of spice 0.15 (fprintf) and red-replay-qxl.cpp (fscanf).
 */

/** A recording that cannot be what libspice-server writes: which file, which event, what was expected. */
export class RecordingError extends Error {
  override name = "RecordingError";
}

/** Unpacks one zlib body of a known size. */
export type Inflate = (packed: Uint8Array, size: number) => Uint8Array;

/** Thrown inwards only: the event is not all here yet. */
export const shortage: unique symbol = Symbol("more bytes are needed");

/** No screen is larger than this; a body that says so is a broken number. */
const maxBody = 2 ** 29;
const newline = 10, space = 32, minus = 45, zero = 48, colon = 58;

const encoder = new TextEncoder(), decoder = new TextDecoder("latin1");
/** A key as bytes: `key("bbox ")`. */
export const key = (text: string): Uint8Array => encoder.encode(text);
const binaryKey = key("binary "), chunksKey = key("data_chunks ");

/** A window over the recording. What it gives away are views: right until the next `push`. */
export class RecordText {
  #bytes: Uint8Array = new Uint8Array(0);
  #own: Uint8Array = new Uint8Array(0);
  #end = 0;
  #mark = 0;
  #needed = 0;
  #ended = false;
  /** Bytes of the recording before the window. */
  #before = 0;
  #at = 0;
  /** Which event is being read: for errors. */
  event = -1;

  constructor(readonly name: string, readonly inflate?: Inflate) {}

  /** More of the recording. The chunk is kept without a copy while nothing is left of the one before. */
  push(chunk: Uint8Array): void {
    const left = this.#end - this.#mark;
    if (left === 0) {
      this.#before += this.#mark;
      this.#bytes = chunk;
      this.#mark = 0;
      this.#end = chunk.length;
    } else {
      this.#append(chunk, left);
    }
    this.#at = this.#mark;
  }

  #append(chunk: Uint8Array, left: number): void {
    const fits = this.#bytes === this.#own && this.#end + chunk.length <= this.#own.length;
    if (!fits) {
      const tail = this.#bytes.subarray(this.#mark, this.#end);
      const wanted = Math.max(left, this.#needed) + chunk.length;
      if (wanted > this.#own.length) this.#own = new Uint8Array(wanted + (wanted >> 1));
      this.#own.set(tail);
      this.#bytes = this.#own;
      this.#before += this.#mark;
      this.#mark = 0;
      this.#end = left;
    }
    this.#own.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Nothing more will come. */
  end(): void {
    this.#ended = true;
  }

  /** Whether it is of use to read on: all was pushed, or as much as the last shortage asked for. */
  get promising(): boolean {
    return this.#ended || this.#end - this.#mark >= this.#needed;
  }

  /** Bytes of its own that it holds. */
  get held(): number {
    return this.#own.length;
  }

  /** Whether the recording is over. */
  get over(): boolean {
    return this.#ended && this.#at === this.#end;
  }

  /** All up to here was understood. */
  accept(): void {
    this.#mark = this.#at;
    this.#needed = 0;
  }

  /** Back to the last accepted place. */
  retreat(): void {
    this.#at = this.#mark;
  }

  #short(bytes: number): never {
    if (this.#ended) this.fail("the recording ends in the middle of it");
    this.#needed = this.#at + bytes - this.#mark;
    throw shortage;
  }

  fail(reason: string): never {
    const where = this.event < 0 ? "its head" : `event ${this.event}`;
    const at = this.#before + this.#at;
    throw new RecordingError(`Cannot read ${this.name}, ${where} (byte ${at}): ${reason}`);
  }

  /** Fails: what was seen is not what was expected. */
  unexpected(expected: string): never {
    const seen = this.#bytes.subarray(this.#at, Math.min(this.#at + 40, this.#end));
    const line = JSON.stringify(decoder.decode(seen).split("\n", 1)[0]);
    this.fail(`${line} where ${expected} was expected`);
  }

  /** Takes the key if it is what comes now. */
  has(wanted: Uint8Array): boolean {
    const bytes = this.#bytes, at = this.#at, n = wanted.length;
    const here = Math.min(n, this.#end - at);
    for (let i = 0; i < here; i++) if (bytes[at + i] !== wanted[i]) return false;
    if (here < n) this.#short(n);
    this.#at = at + n;
    return true;
  }

  skip(wanted: Uint8Array): void {
    if (!this.has(wanted)) this.unexpected(JSON.stringify(decoder.decode(wanted)));
  }

  /** Whether a digit comes now. At the recording's end none does. */
  digitAhead(): boolean {
    if (this.#at >= this.#end) return this.#ended ? false : this.#short(1);
    const c = this.#bytes[this.#at] - zero;
    return c >= 0 && c <= 9;
  }

  #byte(wanted: number): void {
    if (this.#at >= this.#end) this.#short(1);
    if (this.#bytes[this.#at] !== wanted) {
      this.unexpected(
        wanted === newline ? "an end of line" : JSON.stringify(String.fromCharCode(wanted)),
      );
    }
    this.#at++;
  }

  /** A decimal number; what it has beyond 2⁵³ is rounded. */
  #number(): number {
    const bytes = this.#bytes, end = this.#end, start = this.#at;
    let at = start, value = 0;
    const negative = bytes[at] === minus && at < end;
    if (negative) at++;
    const first = at;
    for (;;) {
      if (at >= end) this.#short(end - start + 1);
      const digit = bytes[at] - zero;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      at++;
    }
    if (at === first) this.unexpected("a number");
    this.#at = at;
    return negative ? -value : value;
  }

  /** `key number\n` */
  number(wanted: Uint8Array): number {
    this.skip(wanted);
    const value = this.#number();
    this.#byte(newline);
    return value;
  }

  /** `key a b … \n`: as many numbers as the array is long. */
  numbers<A extends Float64Array>(wanted: Uint8Array, into: A): A {
    this.skip(wanted);
    for (let i = 0; i < into.length; i++) {
      if (i > 0) this.#byte(space);
      into[i] = this.#number();
    }
    this.#byte(newline);
    return into;
  }

  /** `key number\n` of 64 bits. */
  big(wanted: Uint8Array): bigint {
    this.skip(wanted);
    const start = this.#at;
    const value = this.#number();
    const stop = this.#at;
    this.#byte(newline);
    if (value <= Number.MAX_SAFE_INTEGER) return BigInt(value);
    if (stop - start > 20) this.fail("a number has more than 64 bits");
    return BigInt.asUintN(64, BigInt(decoder.decode(this.#bytes.subarray(start, stop))));
  }

  /** `binary <zlib> <name> <size>:bytes\n` */
  binary(name: Uint8Array): Uint8Array {
    this.skip(binaryKey);
    const packed = this.#number();
    this.#byte(space);
    this.skip(name);
    const size = this.#size();
    const length = packed === 0 ? size : this.#size();
    if (this.#end - this.#at < length + 1) this.#short(length + 1);
    const body = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    this.#byte(newline);
    if (packed === 0) return body;
    if (!this.inflate) this.fail("a body is packed with zlib, and nothing here unpacks it");
    const plain = this.inflate(body, size);
    if (plain.length !== size) this.fail(`a body unpacks to ${plain.length} bytes, ${size} belong`);
    return plain;
  }

  #size(): number {
    const size = this.#number();
    if (!(size >= 0 && size <= maxBody)) this.fail(`a body of ${size} bytes`);
    this.#byte(colon);
    return size;
  }

  /** `data_chunks <further chunks> <bytes>\n` and the chunks. A copy only if there is more than one. */
  chunks(name: Uint8Array): Uint8Array {
    const [further, total] = this.numbers(chunksKey, pair);
    if (total > maxBody) this.fail(`chunks of ${total} bytes`);
    // all of them at once, so that an event in many pieces is not tried again for each
    if (!this.#ended && this.#end - this.#at < total) this.#short(total);
    const first = this.binary(name);
    if (further === 0) return first;
    const whole = new Uint8Array(total);
    let at = 0;
    for (let i = 0, chunk = first;; chunk = this.binary(name)) {
      if (at + chunk.length > total) this.fail(`chunks hold more than the ${total} bytes they say`);
      whole.set(chunk, at);
      at += chunk.length;
      if (i++ === further) break;
    }
    if (at !== total) this.fail(`chunks hold ${at} bytes, ${total} belong`);
    return whole;
  }
}

const pair = new Float64Array(2);
