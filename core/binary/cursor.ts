import { WireError } from "./error.ts";

const EMPTY = new Uint8Array(0);

/**
 * A place in one whole message that is being read.
 *
 * INVARIANT: total work is bounded by the message's size. Pointers may point anywhere in it, so
 * every byte taken is charged against a budget of about twice the size, and pointers nest at most 16 deep.
 */
export class Reader {
  readonly view: DataView;
  at: number;
  #end: number;
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
    if ((this.#budget -= n) < 0) this.fail("pointers make it longer than the message");
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
    if ((this.#budget -= count) < 0) this.fail("pointers make it longer than the message");
  }

  /** Reads at an offset from the message's start, then comes back. */
  within<T>(offset: number, read: () => T): T {
    const back = this.at;
    if (offset > this.#end - this.start) {
      this.fail(`pointer ${offset} is beyond the message's ${this.#end - this.start} bytes`);
    }
    if (this.#depth === 16) this.fail("pointers nest deeper than 16");
    if ((this.#budget -= 4) < 0) this.fail("pointers make it longer than the message");
    this.at = this.start + offset;
    this.#depth++;
    try {
      return read();
    } finally {
      this.#depth--;
      this.at = back;
    }
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
  #deferred: (() => void)[] = [];

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
    this.bytes.set(bytes, at);
  }

  /** Begins a message body: pointers count from here. */
  begin(): number {
    return this.#start = this.at;
  }

  /** Leaves a u32 hole for a pointer; body runs after the message proper and its place fills the hole. */
  defer(body: () => void): void {
    const hole = this.take(4);
    this.#deferred.push(() => {
      this.view.setUint32(hole, this.at - this.#start, true);
      body();
    });
  }

  /** Writes the deferred bodies, and theirs. */
  finish(): void {
    if (this.#deferred.length === 0) return;
    const deferred = this.#deferred;
    for (let i = 0; i < deferred.length; i++) deferred[i]();
    deferred.length = 0;
  }

  /** Takes back everything since `at`: a message that could not be written leaves no trace. */
  rewind(at: number): void {
    this.at = at;
    this.#deferred.length = 0;
  }

  /** What was written so far; a view, valid until the next write. */
  written(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.at);
  }
}
