/** The server's clock of sound and video, as it said last. Milliseconds of 32 bits that wrap. */
export class MmTime {
  #server = 0;
  #at = 0;
  #known = false;
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** The server says that it is now this time. */
  set now(ms: number) {
    this.#server = ms;
    this.#at = this.#clock();
    this.#known = true;
  }

  get now(): number {
    return this.#server + Math.round(this.#clock() - this.#at) >>> 0;
  }

  /** Milliseconds until a moment of that clock; negative: it is over. 0: nobody told the time. */
  until(ms: number): number {
    return this.#known ? ms - this.now | 0 : 0;
  }
}
