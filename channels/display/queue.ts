import type { BorrowedDrawing } from "../../core/guest.ts";
import type { Drawing } from "../../core/protocol/drawing.ts";
import { bytesOf, DrawList } from "../../core/raster/draw_list.ts";
import type { Surface } from "../../core/raster/surface.ts";
import { newTally } from "./tally.ts";

export type Item =
  | { kind: "draw"; drawing: Drawing; command: BorrowedDrawing; bytes: number; atMs: number }
  | { kind: "create"; drawing: null; id: number; surface: Surface; atMs: number }
  | { kind: "destroy"; drawing: null; id: number; atMs: number };

export interface QueueLimits {
  readonly items: number;
  /** Guest memory that may stay borrowed. */
  readonly bytes: number;
  /** The same for what the client was sent, to be compared with what comes. */
  readonly shownBytes: number;
  /** How old the oldest may grow. */
  readonly ageMs: number;
}

/** What one client is still to be sent, oldest first: bounded in number, in borrowed memory and in age. */
export class Queue {
  readonly #list = new DrawList<Item>((item) => this.#hide(item));
  #bytes = 0;

  constructor(readonly limits: QueueLimits, readonly tally = newTally()) {}

  get length(): number {
    return this.#list.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a drawing; earlier ones that it hides are let go. */
  draw(command: BorrowedDrawing, atMs: number): void {
    command.retain();
    const { drawing } = command;
    const bytes = bytesOf(drawing);
    this.#bytes += bytes;
    this.#list.push({ kind: "draw", drawing, command, bytes, atMs });
  }

  create(id: number, surface: Surface, atMs: number): void {
    this.#list.push({ kind: "create", drawing: null, id, surface, atMs });
  }

  destroy(id: number, atMs: number): void {
    this.#list.push({ kind: "destroy", drawing: null, id, atMs });
  }

  /** It holds more, or longer, than it may. */
  overfull(nowMs: number): boolean {
    const { items, bytes, ageMs } = this.limits;
    return this.length > items || this.#bytes > bytes ||
      (this.length > 0 && nowMs - this.#list.first!.atMs > ageMs);
  }

  /** The oldest, now the caller's to release. */
  shift(): Item | undefined {
    const item = this.#list.shift();
    if (item?.kind === "draw") this.#bytes -= item.bytes;
    return item;
  }

  /** Lets everything go, telling each drawing's place to `visit`. */
  clear(visit: (drawing: Drawing) => void): void {
    for (let item; (item = this.#list.shift()) !== undefined;) {
      if (item.kind === "draw") visit(item.drawing);
      this.#letGo(item);
    }
  }

  #hide(item: Item): void {
    this.tally.hidden++;
    this.#letGo(item);
  }

  #letGo(item: Item): void {
    if (item.kind !== "draw") return;
    this.#bytes -= item.bytes;
    item.command.release();
  }
}
