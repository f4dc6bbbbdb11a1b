/** Tells a connection that has broken without a word from one that has nothing to say: asks whether the server is there. */

/** Whether a server that says nothing is still there. */
export interface Watching {
  /** Is answered by whoever answers `Destination.url`, whatever the answer: the console's `healthz`. */
  readonly url: string;
  /** It is asked when nothing came for so long; 5 s if not said. */
  readonly silentMs?: number;
  /** So long it may take to answer; then the connection is made anew. 6 s if not said. */
  readonly answerMs?: number;
  /**
   * The server is there, but nothing came for so long: the way that the connection takes is gone. More
   * than two of its heartbeats; 45 s if not said.
   */
  readonly deafMs?: number;
}

export interface WatchHost {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Resolves when the server has answered, whatever it said; rejects when it cannot be reached. */
  ask(url: string, signal: AbortSignal): Promise<unknown>;
  /** Nothing comes any more, and nothing answers. */
  dead(silentMs: number): void;
}

/** Servers send something every 15 s at least, most of them; a person waits less. */
const SILENT_MS = 5000, ANSWER_MS = 6000, DEAF_MS = 45_000;

/** Who looks every second and comes so late has slept, or starved. */
const SLEPT_MS = 4000;

export class Watch {
  readonly #limits: Watching;
  readonly #host: WatchHost;
  #lookedMs: number;
  /** Since when we have been awake. */
  #awakeMs: number;
  /** When the server was last known to be there. */
  #sureMs: number;
  /** Since when it is asked. */
  #askedMs: number | null = null;
  #question: AbortController | null = null;

  constructor(limits: Watching, host: WatchHost) {
    this.#limits = limits;
    this.#host = host;
    this.#lookedMs = this.#awakeMs = this.#sureMs = host.now();
  }

  /** To be called every second or so. heardMs: when something came last. */
  look(heardMs: number): void {
    const now = this.#host.now();
    const slept = now - this.#lookedMs > SLEPT_MS;
    this.#lookedMs = now;
    this.#sureMs = Math.max(this.#sureMs, heardMs);
    const { silentMs = SILENT_MS, answerMs = ANSWER_MS, deafMs = DEAF_MS } = this.#limits;
    if (slept) this.#awakeMs = now;
    const deaf = now - Math.max(heardMs, this.#awakeMs);
    if (deaf >= deafMs) {
      this.#awakeMs = now;
      this.rest();
      return this.#host.dead(deaf);
    }
    if (now - this.#sureMs < silentMs) return this.rest();
    // INVARIANT: the server has all of its time while we are awake
    if (slept) this.rest();
    this.#askedMs ??= now;
    if (now - this.#askedMs >= answerMs) {
      this.rest();
      return this.#host.dead(now - this.#sureMs);
    }
    if (this.#question === null) this.#ask();
  }

  /** Nobody looks for a while. */
  rest(): void {
    this.#askedMs = null;
    this.#question?.abort();
    this.#question = null;
  }

  #ask(): void {
    const question = this.#question = new AbortController();
    const current = () => this.#question === question;
    this.#host.ask(this.#limits.url, question.signal).then(() => {
      if (!current()) return;
      this.#sureMs = this.#host.now();
      this.rest();
    }, () => {
      // networks change: it is asked again when somebody looks again
      if (current()) this.#question = null;
    });
  }
}
