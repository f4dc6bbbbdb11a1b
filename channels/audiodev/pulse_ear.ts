/** The microphone of programs at a PulseAudio server: they record from the monitor of a sink that it is played into. */
import type { Value } from "../../core/binary/codec.ts";
import type { GuestMicrophone } from "../../core/guest.ts";
import type { SourceOutputInfo } from "../../core/pulse/commands.ts";

export class PulseEar implements GuestMicrophone {
  readonly #speak: (samples: Int16Array) => void;
  readonly #listeners: ((wanted: boolean) => void)[] = [];
  #wanted = false;

  /** speak: takes what is spoken while somebody records. */
  constructor(speak: (samples: Int16Array) => void) {
    this.#speak = speak;
  }

  get wanted(): boolean {
    return this.#wanted;
  }

  onWanted(listener: (wanted: boolean) => void): void {
    this.#listeners.push(listener);
  }

  spoken(samples: Int16Array): void {
    if (this.#wanted) this.#speak(samples);
  }

  /** Who records at the server, from which source; a recorder that pauses does not. */
  recorders(all: readonly Value<typeof SourceOutputInfo>[], monitor: number): void {
    this.#become(all.some(({ source, corked }) => source === monitor && !corked));
  }

  /** Nobody is known to record. */
  reset(): void {
    this.#become(false);
  }

  #become(wanted: boolean): void {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    for (const listener of this.#listeners) listener(wanted);
  }
}
