import type { BorrowedDrawing } from "../core/guest.ts";
import type { Drawing } from "../core/protocol/drawing.ts";

/** A drawing of the card's; its first user is the card itself. */
export class Borrowed implements BorrowedDrawing {
  drawing!: Drawing;
  /** Bytes of host memory that were copied for it. */
  copied = 0;
  #users = 1;

  /** info: where its release_info is; epoch: the card's count of resets. */
  constructor(
    readonly letGo: (command: Borrowed) => void,
    readonly info: number,
    readonly epoch: number,
  ) {}

  retain(): void {
    if (this.#users === 0) throw new RangeError("Cannot retain a drawing that was let go");
    this.#users++;
  }

  release(): void {
    if (this.#users === 0) throw new RangeError("Cannot release a drawing twice");
    if (--this.#users === 0) this.letGo(this);
  }
}
