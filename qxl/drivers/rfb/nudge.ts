/**
 * Keeps a QEMU looking at its guest. Its VNC server looks every 30 ms while something changes and
 * 50 ms later each time that nothing did, up to 3 s; any message of a client's hand has it look
 * soon again. So a key would wait 80 ms for its letter, and a page that loads for seconds.
 * Source of truth: ui/vnc.c, vnc_refresh and protocol_client_msg.
 */
import type { Cancel, Clock } from "../../../core/clock.ts";

/** Shorter than QEMU looks at its fastest; longer than anybody notices. */
const SHORTEST_MS = 20, LONGEST_MS = 250;

export class Nudge {
  readonly #clock: Clock;
  readonly #send: () => void;
  #sinceMs: number;
  #next: Cancel | null = null;
  #on = false;

  /** send: says something to the server that means nothing. */
  constructor(clock: Clock, send: () => void) {
    this.#clock = clock;
    this.#send = send;
    this.#sinceMs = clock.now();
  }

  /** Somebody looks, and the server is there. */
  set on(on: boolean) {
    if (on === this.#on) return;
    this.#on = on;
    if (on) this.stirred();
    else this.#stop();
  }

  /** Something was done or has changed: more is likely to come soon. */
  stirred(): void {
    const now = this.#clock.now();
    const calm = now - this.#sinceMs > 10 * SHORTEST_MS;
    this.#sinceMs = now;
    if (!this.#on || this.#next && !calm) return;
    this.#stop();
    this.#plan();
  }

  #stop(): void {
    this.#next?.();
    this.#next = null;
  }

  /** The longer it is calm, the longer a change may wait: by a tenth of that. */
  #plan(): void {
    const calmMs = this.#clock.now() - this.#sinceMs;
    const waitMs = Math.min(Math.max(calmMs / 10, SHORTEST_MS), LONGEST_MS);
    this.#next = this.#clock.after(waitMs, () => {
      this.#send();
      this.#plan();
    });
  }
}
