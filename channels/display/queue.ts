import type { BorrowedDrawing } from "../../core/guest.ts";
import type { Drawing } from "../../core/protocol/drawing.ts";
import type { Image } from "../../core/protocol/image.ts";
import { covers } from "../../core/raster/rect.ts";
import type { Surface } from "../../core/raster/surface.ts";
import { isOpaque } from "./opaque.ts";

export type Item =
  | { kind: "draw"; command: BorrowedDrawing; bytes: number; atMs: number }
  | { kind: "create"; id: number; surface: Surface; atMs: number }
  | { kind: "destroy"; id: number; atMs: number };

export interface QueueLimits {
  readonly items: number;
  /** Guest memory that may stay borrowed. */
  readonly bytes: number;
  /** How old the oldest may grow. */
  readonly ageMs: number;
}

/** What one client is still to be sent, oldest first: bounded in number, in borrowed memory and in age. */
export class Queue {
  #items: (Item | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  constructor(readonly limits: QueueLimits) {}

  get length(): number {
    return this.#items.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a drawing; earlier ones that it hides completely are let go. */
  draw(command: BorrowedDrawing, atMs: number): void {
    command.retain();
    this.#dropHidden(command.drawing);
    const bytes = bytesOf(command.drawing);
    this.#bytes += bytes;
    this.#items.push({ kind: "draw", command, bytes, atMs });
  }

  push(item: Exclude<Item, { kind: "draw" }>): void {
    this.#items.push(item);
  }

  /** It holds more, or longer, than it may. */
  overfull(nowMs: number): boolean {
    return this.length > this.limits.items || this.#bytes > this.limits.bytes ||
      (this.length > 0 && nowMs - this.#items[this.#head]!.atMs > this.limits.ageMs);
  }

  /** The oldest, now the caller's to release. */
  shift(): Item | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head]!;
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) this.#items = [], this.#head = 0;
    else if (this.#head >= 1024) this.#items = this.#items.slice(this.#head), this.#head = 0;
    if (item.kind === "draw") this.#bytes -= item.bytes;
    return item;
  }

  /** Lets everything go, telling each drawing's place to `visit`. */
  clear(visit: (drawing: Drawing) => void): void {
    for (let item; (item = this.shift()) !== undefined;) {
      if (item.kind !== "draw") continue;
      visit(item.command.drawing);
      item.command.release();
    }
  }

  /** INVARIANT: only what nothing between reads may go, so the walk ends at the first that stays. */
  #dropHidden(drawing: Drawing): void {
    const last = this.#items.at(-1);
    if (last?.kind !== "draw" || !hides(drawing, last.command.drawing) || !isOpaque(drawing)) {
      return;
    }
    for (let n = this.#items.length; n > this.#head; n--) {
      const item = this.#items[n - 1]!;
      if (item.kind !== "draw" || !hides(drawing, item.command.drawing)) return;
      this.#items.pop();
      this.#bytes -= item.bytes;
      item.command.release();
    }
  }
}

function hides(above: Drawing, below: Drawing): boolean {
  return above.base.surfaceId === below.base.surfaceId && covers(above.base.box, below.base.box);
}

/** Guest memory that a drawing's pixels take. */
function bytesOf(drawing: Drawing): number {
  // whatever it is, it has a header of its own in guest memory
  let bytes = 256;
  if (drawing.kind === "copyBits") return bytes;
  const data = drawing.data;
  if ("srcBitmap" in data) bytes += imageBytes(data.srcBitmap);
  if ("maskBitmap" in data) bytes += imageBytes(data.maskBitmap ?? null);
  if ("mask" in data) bytes += imageBytes(data.mask.bitmap);
  if ("brush" in data && data.brush.type === "pattern") bytes += imageBytes(data.brush.pat);
  return bytes;
}

const imageBytes = (image: Image | null): number =>
  image !== null && "data" in image ? image.data.length : 0;
