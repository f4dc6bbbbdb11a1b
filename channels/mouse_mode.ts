import type { Cancel } from "../core/clock.ts";
import type { Pointer } from "../core/guest.ts";
import { MouseMode as Modes, type MouseModeName } from "../core/protocol/main.ts";

/**
 * Who draws the pointer: the guest ("server") or the client. One for the guest: what one client
 * asks for, all are told. Client mode needs a guest that takes absolute positions.
 * Source of truth: reds.cpp, reds_update_mouse_mode.
 */
export class MouseMode {
  #current: MouseModeName = "server";
  readonly #pointer: Pointer;
  readonly #listeners = new Set<() => void>();

  constructor(pointer: Pointer) {
    this.#pointer = pointer;
    pointer.onAbsolute((absolute) => {
      if (!absolute) this.#current = "server";
      this.#tell();
    });
  }

  get current(): MouseModeName {
    return this.#current;
  }

  /** MouseMode bits. */
  get supported(): number {
    return this.#pointer.absolute ? Modes.server | Modes.client : Modes.server;
  }

  /** A client asks; what the guest cannot do is passed over. */
  request(mode: MouseModeName): void {
    if (mode === this.#current || mode === "client" && !this.#pointer.absolute) return;
    this.#current = mode;
    this.#tell();
  }

  /** Calls when either may have changed. */
  onChange(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
