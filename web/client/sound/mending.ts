/** A codec that is made anew when it breaks: a bad packet costs its 10 ms, not all that comes after it. */
import type { Codec } from "./opus.ts";

/** So often in a row without anything that worked: then it will not. */
const MOST_FAILURES = 10;

export class Mending<In> implements Codec<In> {
  readonly #make: (failed: (error: unknown) => void) => Promise<Codec<In>>;
  readonly #hopeless: (error: unknown) => void;
  #codec: Codec<In> | null = null;
  #failures = 0;
  #closed = false;

  private constructor(
    make: (failed: (error: unknown) => void) => Promise<Codec<In>>,
    hopeless: (error: unknown) => void,
  ) {
    this.#make = make;
    this.#hopeless = hopeless;
  }

  /** hopeless: called once, when it has broken too often. Rejects when the first cannot be made. */
  static async make<In>(
    make: (failed: (error: unknown) => void) => Promise<Codec<In>>,
    hopeless: (error: unknown) => void,
  ): Promise<Mending<In>> {
    const mending = new Mending(make, hopeless);
    await mending.#begin();
    return mending;
  }

  /** What comes while there is none is lost. */
  push(value: In): void {
    try {
      this.#codec?.push(value);
    } catch (error) {
      this.#broke(this.#codec, error);
    }
  }

  /** Something came out. */
  worked(): void {
    this.#failures = 0;
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  async #begin(): Promise<void> {
    let codec: Codec<In> | null = null;
    codec = await this.#make((error) => this.#broke(codec, error));
    if (this.#closed) codec.close();
    else this.#codec = codec;
  }

  #broke(codec: Codec<In> | null, error: unknown): void {
    if (this.#closed || codec !== this.#codec) return;
    this.#drop();
    if (++this.#failures >= MOST_FAILURES) return this.#hopeless(error);
    this.#begin().catch(this.#hopeless);
  }

  #drop(): void {
    const codec = this.#codec;
    this.#codec = null;
    try {
      codec?.close();
    } catch { /* it is broken */ }
  }
}
