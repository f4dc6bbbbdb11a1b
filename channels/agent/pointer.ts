import type { Cancel } from "../../core/clock.ts";
import type { Pointer } from "../../core/guest.ts";
import { encode } from "../../core/binary/codec.ts";
import { AgentPort } from "../../core/protocol/agent.ts";
import { type MouseButton, MouseButtonMask } from "../../core/protocol/inputs.ts";
import type { RelayAgent } from "./relay.ts";
import { words } from "./words.ts";

/** With more on its way, only the latest place is kept. */
const AHEAD_BYTES = 256;
/** An agent that takes nothing gets nothing. */
const MOST_BYTES = 1 << 16;

/**
 * A guest's pointer that goes where it is told even where the guest has only a mouse, as long as its
 * agent puts it there. Source of truth: reds.cpp, reds_handle_agent_mouse_event.
 */
export class AgentPointer implements Pointer {
  readonly #pointer: Pointer;
  readonly #relay: RelayAgent;
  readonly #several: boolean;
  readonly #listeners = new Set<(absolute: boolean) => void>();
  #absolute: boolean;
  /** Positions come, so presses are the agent's too. */
  #placed = false;
  #at = { x: 0, y: 0, displayId: 0 };
  #buttons = 0;
  #late: Cancel | null = null;

  /** screens: of several, only the agent knows which one a place is on; a tablet lies on all of them. */
  constructor(pointer: Pointer, relay: RelayAgent, screens = 1) {
    this.#pointer = pointer;
    this.#relay = relay;
    this.#several = screens > 1;
    this.#absolute = this.absolute;
    pointer.onAbsolute(() => this.#changed());
    relay.onChange(() => this.#changed());
  }

  get absolute(): boolean {
    return this.#pointer.absolute || this.#relay.takesMouse;
  }

  onAbsolute(listener: (absolute: boolean) => void): void {
    this.#listeners.add(listener);
  }

  #changed(): void {
    const { absolute } = this;
    this.#placed = false;
    if (absolute === this.#absolute) return;
    this.#absolute = absolute;
    for (const listener of this.#listeners) listener(absolute);
  }

  motion(dx: number, dy: number, buttons: number): void {
    this.#placed = false;
    this.#pointer.motion(dx, dy, buttons);
  }

  position(x: number, y: number, buttons: number, displayId: number): void {
    // a tablet needs nobody inside the guest
    if (this.#pointer.absolute && !(this.#several && this.#relay.takesMouse)) {
      this.#placed = false;
      return this.#pointer.position(x, y, buttons, displayId);
    }
    this.#placed = true;
    this.#at = { x, y, displayId };
    this.#say(buttons);
  }

  press(button: MouseButton, buttons: number): void {
    if (!this.#placed) return this.#pointer.press(button, buttons);
    this.#say(buttons | (button === "invalid" ? 0 : MouseButtonMask[button]));
  }

  release(button: MouseButton, buttons: number): void {
    if (!this.#placed) return this.#pointer.release(button, buttons);
    this.#say(buttons & ~(button === "invalid" ? 0 : MouseButtonMask[button]));
  }

  /** SPEC: the agent's button bits are SPICE's, moved up by one. */
  #say(buttons: number): void {
    if (!this.#relay.takesMouse) return;
    const { port, clock } = this.#relay.options;
    const { waitingBytes } = port;
    const moved = buttons === this.#buttons;
    this.#buttons = buttons;
    if (waitingBytes > MOST_BYTES || moved && waitingBytes > AHEAD_BYTES) {
      this.#late ??= clock.after(10, () => {
        this.#late = null;
        this.#say(this.#buttons);
      });
      return;
    }
    const { x, y, displayId } = this.#at;
    const body = { x, y, buttons: buttons << 1, displayId };
    const { id, codec } = words.mouseState;
    this.#relay.line.say(id, encode(codec, body), AgentPort.server);
  }
}
