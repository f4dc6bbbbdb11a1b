/**
 * Whether each update is asked for, or they come by themselves. Over a long way a server that is
 * asked shows one picture for each time there and back; one that is not goes on for as long as its
 * fences come back, which they do when what is before them has been drawn. On this machine asking
 * takes no time, and fences would hold back raw pixels.
 * Sources of truth: rfbproto.rst, EnableContinuousUpdates, EndOfContinuousUpdates, ClientFence;
 * TigerVNC's VNCSConnectionST.cxx.
 */
import type { Box } from "./frame.ts";
import type { Outgoing } from "./outgoing.ts";
import { EnableContinuousUpdates, Encoding } from "./wire.ts";

/** What a client says that it understands, for updates to come by themselves. */
export const flowEncodings: readonly number[] = [Encoding.fence, Encoding.continuousUpdates];

export class Flow {
  readonly #outgoing: Outgoing;
  /** The server can. */
  #offered = false;
  #on = false;
  /** The server was told to stop, and may not know yet. */
  #ending = false;
  /** Somebody looks. */
  wanted = true;

  constructor(outgoing: Outgoing) {
    this.#outgoing = outgoing;
  }

  /** The next update comes only if it is asked for. */
  get asks(): boolean {
    return !this.#on;
  }

  /** Does what is wanted, if the server can, for a picture of this size. */
  follow(size: Pick<Box, "width" | "height">): void {
    if (!this.#offered || this.#ending || this.#on === this.wanted) return;
    if (this.wanted) this.#on = true;
    else this.#ending = true;
    this.#say(size);
  }

  /** The picture has another size. */
  resized(size: Pick<Box, "width" | "height">): void {
    if (this.#on && !this.#ending) this.#say(size);
  }

  /** The server says that updates do not come by themselves: at first that they could, later that they did. */
  ended(): void {
    this.#offered = true;
    this.#on = this.#ending = false;
  }

  #say({ width, height }: Pick<Box, "width" | "height">): void {
    const enable = this.#ending ? 0 : 1;
    this.#outgoing.say(EnableContinuousUpdates, { type: 150, enable, x: 0, y: 0, width, height });
  }
}
