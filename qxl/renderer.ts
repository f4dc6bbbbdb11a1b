import { GuestError } from "../core/binary/error.ts";
import type { BorrowedDrawing } from "../core/guest.ts";
import { type Drawing, Ropd } from "../core/protocol/drawing.ts";
import { drawOn, type ImageSource } from "../core/raster/canvas.ts";
import { bytesOf, DrawList } from "../core/raster/draw_list.ts";
import type { Surface } from "../core/raster/surface.ts";

/** Drawings that may wait, and guest memory that they may keep. */
const MOST_WAITING = 256;
const MOST_BYTES = 16 << 20;

interface Pending {
  readonly drawing: Drawing;
  readonly command: BorrowedDrawing;
  readonly bytes: number;
}

/**
 * Draws into the card's surfaces, as late as nobody notices: what is hidden by then is never drawn.
 * libspice does the same with its tree of drawables.
 */
export class Renderer {
  readonly #waiting = new DrawList<Pending>((pending) => this.#letGo(pending));
  readonly #surfaces: ReadonlyMap<number, Surface>;
  readonly #source: ImageSource;
  readonly #refuse: (error: unknown) => void;
  #bytes = 0;

  /** refuse: told of a drawing that cannot be drawn. */
  constructor(
    surfaces: ReadonlyMap<number, Surface>,
    source: ImageSource,
    refuse: (error: unknown) => void,
  ) {
    this.#surfaces = surfaces;
    this.#source = source;
    this.#refuse = refuse;
  }

  /** Draws at once or later. GuestError: it is to be refused. */
  draw(command: BorrowedDrawing): void {
    const { drawing } = command;
    if (cannotFail(drawing)) return this.#keep(command, bytesOf(drawing));
    this.settle();
    this.#render(drawing);
  }

  /** Keeps a drawing until it is drawn or hidden. bytes: the guest memory that it borrows. */
  #keep(command: BorrowedDrawing, bytes: number): void {
    command.retain();
    this.#bytes += bytes;
    this.#waiting.push({ drawing: command.drawing, command, bytes });
    if (this.#waiting.length <= MOST_WAITING && this.#bytes <= MOST_BYTES) return;
    while (this.#waiting.length > MOST_WAITING / 2 || this.#bytes > MOST_BYTES / 2) {
      this.#drawNext();
    }
  }

  /** Draws all that waits: afterwards the surfaces' pixels are right. */
  settle(): void {
    while (this.#waiting.length > 0) this.#drawNext();
  }

  /** Lets all go undrawn: the surfaces are gone. */
  forget(): void {
    for (let each; (each = this.#waiting.shift()) !== undefined;) this.#letGo(each);
  }

  #drawNext(): void {
    const pending = this.#waiting.shift()!;
    try {
      this.#render(pending.drawing);
    } catch (error) {
      this.#refuse(error);
    } finally {
      this.#letGo(pending);
    }
  }

  #render(drawing: Drawing): void {
    const surface = this.#surfaces.get(drawing.base.surfaceId);
    if (!surface) throw new GuestError(`Cannot draw: no surface ${drawing.base.surfaceId}`);
    drawOn(surface, drawing, this.#source);
  }

  #letGo({ command, bytes }: Pending): void {
    this.#bytes -= bytes;
    command.release();
  }
}

/**
 * The drawing was checked so far that the renderer will not refuse it: it may be drawn later.
 * INVARIANT: what the renderer refuses no client hears of.
 */
function cannotFail(drawing: Drawing): boolean {
  switch (drawing.kind) {
    case "copyBits":
      return true;
    case "drawFill": {
      const { brush, ropDescriptor, mask } = drawing.data;
      return ropDescriptor === Ropd.opPut && mask.bitmap === null && brush.type === "solid";
    }
    case "drawCopy": {
      const { srcBitmap, ropDescriptor, mask } = drawing.data;
      return ropDescriptor === Ropd.opPut && mask.bitmap === null && srcBitmap?.type !== "quic";
    }
  }
  return false;
}
