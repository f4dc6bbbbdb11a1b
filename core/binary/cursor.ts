import type { Codec, Fields } from "./codec.ts";
import { WireError } from "./error.ts";
import { copyInto } from "./words.ts";

const EMPTY = new Uint8Array(0);
const DEEPEST = 16;
const TOO_MUCH = "pointers make it longer than the message";

/**
 * A place in one whole message that is being read.
 *
 * INVARIANT: total work is bounded by the message's size. Pointers may point anywhere in it, so
 * every byte taken is charged against a budget of about twice the size, and pointers nest at most 16 deep.
 */
export class Reader {
  readonly view: DataView;
  at: number;
  readonly #end: number;
  #budget: number;
  #depth = 0;

  /** Reads bytes[start, end); pointers count from start. */
  constructor(readonly bytes: Uint8Array, readonly start = 0, end: number = bytes.length) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = start;
    this.#end = end;
    this.#budget = (end - start) * 2 + 1024;
  }

  get remaining(): number {
    return this.#end - this.at;
  }

  /** Steps over n bytes and returns where they begin. */
  take(n: number): number {
    const at = this.at;
    if (n > this.#end - at) this.fail(`needs ${n} bytes, ${this.#end - at} remain`);
    if ((this.#budget -= n) < 0) this.fail(TOO_MUCH);
    this.at = at + n;
    return at;
  }

  /** A view of the next n bytes: nothing is copied. */
  slice(n: number): Uint8Array {
    if (n === 0) return EMPTY;
    const at = this.take(n);
    return this.bytes.subarray(at, at + n);
  }

  /** Refuses a count whose items, at their smallest, cannot fit into what remains. */
  expect(count: number, min: number): void {
    if (count * min > this.remaining) {
      this.fail(`count is ${count}, ${this.remaining} bytes remain`);
    }
    // items without bytes of their own still cost work
    if ((this.#budget -= count) < 0) this.fail(TOO_MUCH);
  }

  /** Goes to an offset from the message's start; `leave` with what comes back returns. */
  enter(offset: number): number {
    const back = this.at;
    if (offset >= this.#end - this.start) {
      this.fail(`pointer ${offset} is beyond the message's ${this.#end - this.start} bytes`);
    }
    if (this.#depth === DEEPEST) this.fail(`pointers nest deeper than ${DEEPEST}`);
    if ((this.#budget -= 4) < 0) this.fail(TOO_MUCH);
    this.at = this.start + offset;
    this.#depth++;
    return back;
  }

  /** Comes back from where `enter` went. A read that failed does not come back: it is over. */
  leave(back: number): void {
    this.#depth--;
    this.at = back;
  }

  /** Reads at an offset from the message's start, then comes back. */
  within<T>(offset: number, read: () => T): T {
    const back = this.enter(offset);
    const value = read();
    this.leave(back);
    return value;
  }

  fail(reason: string): never {
    throw new WireError(reason, this.at - this.start);
  }
}

/**
 * Messages being written one after another into one growing buffer.
 * This is the one place that copies bulk bytes: out of guest memory, into what the socket takes.
 */
export class Writer {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  at = 0;
  #start = 0;
  // bodies that pointers wait for, side by side: a closure for each would cost more than the write
  readonly #holes: number[] = [];
  // deno-lint-ignore no-explicit-any
  readonly #codecs: Codec<any>[] = [];
  readonly #values: unknown[] = [];
  readonly #siblings: Fields[] = [];
  #waiting = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for n bytes and returns where they begin. */
  take(n: number): number {
    const at = this.at;
    if (at + n > this.bytes.length) this.#grow(at + n);
    this.at = at + n;
    return at;
  }

  #grow(needed: number): void {
    const bigger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    bigger.set(this.bytes.subarray(0, this.at));
    this.bytes = bigger;
    this.view = new DataView(bigger.buffer);
  }

  put(bytes: Uint8Array): void {
    const at = this.take(bytes.length);
    copyInto(this.bytes, bytes, at);
  }

  /** Begins a message body: pointers count from here. */
  begin(): number {
    return this.#start = this.at;
  }

  /** Leaves a u32 hole for a pointer; body runs after the message proper and its place fills the hole. */
  defer(body: () => void): void {
    this.point(deferred, body, NOTHING);
  }

  /** Leaves a u32 hole for a pointer to this value, which is written after the message proper. */
  point<T>(codec: Codec<T>, value: T, siblings: Fields): void {
    const i = this.#waiting++;
    this.#holes[i] = this.take(4);
    this.#codecs[i] = codec;
    this.#values[i] = value;
    this.#siblings[i] = siblings;
  }

  /** Writes the deferred bodies, and theirs. */
  finish(): void {
    if (this.#waiting === 0) return;
    for (let i = 0; i < this.#waiting; i++) {
      const place = this.at;
      this.#codecs[i].write(this, this.#values[i], this.#siblings[i]);
      // libspice refuses a pointer to the message's end, so what takes no bytes is null
      const offset = this.at > place ? place - this.#start : 0;
      this.view.setUint32(this.#holes[i], offset, true);
    }
    this.#forget();
  }

  /** Takes back everything since `at`: a message that could not be written leaves no trace. */
  rewind(at: number): void {
    this.at = at;
    this.#forget();
  }

  #forget(): void {
    for (let i = 0; i < this.#waiting; i++) this.#values[i] = this.#siblings[i] = NOTHING;
    this.#waiting = 0;
  }

  /** What was written so far; a view, valid until the next write. */
  written(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.at);
  }
}

const NOTHING: Fields = Object.freeze({});

/** A body that writes itself. */
const deferred: Codec<() => void> = {
  min: 0,
  read: (r) => r.fail("a deferred body is only written"),
  write: (_, body) => body(),
  sample: () => () => {},
};
