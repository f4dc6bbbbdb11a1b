/** What stands in line to be sent: nothing overtakes, and nothing that stands here is dropped. */
export interface Entry {
  /** Bytes of pixels that it holds. */
  readonly bytes: number;
  /** Sees to it that its pictures are encoded; true: they are. Called until it says so. late: not for the first time. */
  prepare(late: boolean): boolean;
  /** Writes it, with pictures as they are if they are not encoded. Called once. */
  send(): void;
  /** Lets go of what it holds: after it was sent, or when the client is gone. */
  release(): void;
}

const MOST_ENTRIES = 16;
const MOST_BYTES = 4 << 20;

/**
 * Between the backlog, where drawings can still be merged, and the socket: what is being encoded.
 * Short, because the client will see all of it, however late.
 */
export class Line {
  readonly #entries: Entry[] = [];
  #bytes = 0;

  get length(): number {
    return this.#entries.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Another may come. */
  get open(): boolean {
    return this.#entries.length < MOST_ENTRIES && this.#bytes < MOST_BYTES;
  }

  /** Takes its place. Its encoding has begun. */
  push(entry: Entry): void {
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
  }

  /** Sends the first, if it is prepared; false: it is not, or there is none. */
  sendFirst(): boolean {
    if (!this.#entries[0]?.prepare(true)) return false;
    this.#send(this.#entries.shift()!);
    return true;
  }

  /** Sends all, prepared or not. */
  flush(): void {
    for (const entry of this.#entries.splice(0)) this.#send(entry);
  }

  clear(): void {
    for (const entry of this.#entries.splice(0)) entry.release();
    this.#bytes = 0;
  }

  #send(entry: Entry): void {
    this.#bytes -= entry.bytes;
    try {
      entry.send();
    } finally {
      entry.release();
    }
  }
}
