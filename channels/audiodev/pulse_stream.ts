/** A stream at a PulseAudio server that is there while it is wanted; what is asked for meanwhile waits for the answer. */
export class PulseStream {
  readonly #create: (created: (index: number) => void) => void;
  readonly #remove: (index: number) => void;
  #wanted = false;
  /** The server can be asked. */
  #ready = false;
  #asking = false;
  #index: number | null = null;

  constructor(
    create: (created: (index: number) => void) => void,
    remove: (index: number) => void,
  ) {
    this.#create = create;
    this.#remove = remove;
  }

  /** How the server calls it; null: it is not there. */
  get index(): number | null {
    return this.#index;
  }

  want(wanted: boolean): void {
    this.#wanted = wanted;
    this.#settle();
  }

  /** The server has been found, or lost with all that was there. */
  ready(ready: boolean): void {
    this.#ready = ready;
    this.#asking = false;
    this.#index = null;
    this.#settle();
  }

  #settle(): void {
    if (!this.#ready || this.#asking) return;
    if (this.#wanted && this.#index === null) {
      this.#asking = true;
      this.#create((index) => {
        this.#asking = false;
        this.#index = index;
        this.#settle();
      });
    } else if (!this.#wanted && this.#index !== null) {
      const index = this.#index;
      this.#index = null;
      this.#remove(index);
    }
  }
}
