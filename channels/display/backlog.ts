import type { BorrowedDrawing, GuestDisplay } from "../../core/guest.ts";
import type { SurfaceFormat } from "../../core/protocol/display.ts";
import type { Drawing, Rect } from "../../core/protocol/drawing.ts";
import type { Surface } from "../../core/raster/surface.ts";
import type { Ability } from "./ability.ts";
import { Arrears } from "./arrears.ts";
import { Queue, type QueueLimits } from "./queue.ts";
import { newTally } from "./tally.ts";

/** Pixels of a refresh that leave at once. */
const REFRESH_PIXELS = 128 << 10;
/**
 * The same for the first picture of a surface. libspice sends it whole, and there are clients that
 * take what the first drawing shows for all there is (spicy-screenshot).
 */
const FIRST_PIXELS = 4 << 20;

/** What a client is to be sent next. The command of a drawing is the taker's to release. */
export type Step =
  | { kind: "draw"; command: BorrowedDrawing; bytes: number }
  | { kind: "create"; id: number; surface: Surface; format: SurfaceFormat }
  | { kind: "destroy"; id: number }
  | { kind: "picture"; id: number; surface: Surface; format: SurfaceFormat; rect: Rect };

/** A surface as it was when the client got it, and in which format the client has it. */
export interface Known {
  readonly surface: Surface;
  readonly format: SurfaceFormat;
}

/**
 * What one client has not been sent yet: the guest's own commands as long as it keeps up, and the
 * picture of the moment when it lags, or cannot draw what the guest draws.
 */
export class Backlog {
  readonly #display: GuestDisplay;
  readonly #ability: Ability;
  readonly #queue: Queue;
  readonly #arrears = new Arrears();
  /** Surfaces that the client has as of the last step taken. */
  readonly #theirs = new Map<number, Known>();
  /** The same, once all that is queued will have been taken. */
  #promised = new Map<number, Known>();
  /** Surfaces that were created on the client and not painted yet. */
  readonly #fresh = new Set<number>();
  /** The client is brought up to date by pictures; nothing is queued meanwhile. */
  #behind = false;

  constructor(
    display: GuestDisplay,
    ability: Ability,
    limits: QueueLimits,
    readonly tally = newTally(),
  ) {
    this.#display = display;
    this.#ability = ability;
    this.#queue = new Queue(limits, tally);
  }

  /** There is nothing to send. */
  get empty(): boolean {
    return this.#queue.length === 0 && !this.#behind;
  }

  /** The client is being brought up to date. */
  get behind(): boolean {
    return this.#behind;
  }

  /** Guest memory that is borrowed, in bytes. */
  get borrowedBytes(): number {
    return this.#queue.bytes;
  }

  /** Bytes of pixels that wait. */
  get gatheredBytes(): number {
    return this.#queue.bytes + this.#arrears.pixels * 4;
  }

  /** The surface as the client has it. */
  theirs(id: number): Known | undefined {
    return this.#theirs.get(id);
  }

  /** The client has this surface. */
  shows(id: number): boolean {
    return this.#theirs.has(id);
  }

  /** A new client: it owns nothing, and is owed everything. */
  start(): void {
    this.#fallBehind();
    for (const [id, surface] of this.#display.surfaces) this.#arrears.oweAll(id, surface);
  }

  /** false: that was more than the client may lag behind. */
  draw(command: BorrowedDrawing, nowMs: number): boolean {
    const { drawing } = command;
    if (this.#behind || !this.#ability.draws(drawing, this.#has)) this.owe(drawing);
    else {
      this.#queue.draw(command, nowMs);
      if (this.#queue.overfull(nowMs)) {
        this.merge();
        return false;
      }
    }
    return true;
  }

  /** The client cannot be sent this as a command: it gets the pixels. */
  owe(drawing: Drawing): void {
    const surface = this.#display.surfaces.get(drawing.base.surfaceId);
    if (!surface || this.#ability.surfaceFormat(surface.format) === null) return;
    this.merge();
    this.#fallBehind();
    this.#arrears.owe(drawing, surface);
  }

  /** The client shows something else there: it gets the pixels. */
  oweRects(surfaceId: number, rects: readonly Rect[]): void {
    const surface = this.#display.surfaces.get(surfaceId);
    if (!surface || rects.length === 0) return;
    this.merge();
    this.#fallBehind();
    for (const rect of rects) this.#arrears.oweRect(surfaceId, rect, surface);
  }

  surfaceCreated(id: number, surface: Surface, blank: boolean, nowMs: number): void {
    const format = this.#ability.surfaceFormat(surface.format);
    if (format === null) return;
    if (!this.#behind && blank && id !== 0 && !this.#promised.has(id)) {
      this.#promised.set(id, { surface, format });
      this.#queue.create(id, surface, nowMs);
      return;
    }
    this.merge();
    this.#fallBehind();
    this.#arrears.oweAll(id, surface);
  }

  surfaceDestroyed(id: number, nowMs: number): void {
    if (this.#behind) this.#arrears.forget(id);
    else if (this.#promised.delete(id)) this.#queue.destroy(id, nowMs);
  }

  /** Turns all queued commands into regions that are owed, and so gives guest memory back. */
  merge(): void {
    if (this.#queue.length === 0) return;
    const { surfaces } = this.#display;
    this.#queue.clear((drawing) =>
      this.#arrears.owe(drawing, surfaces.get(drawing.base.surfaceId))
    );
    this.#fallBehind();
    for (const [id, surface] of surfaces) {
      if (this.#theirs.get(id)?.surface !== surface) this.#arrears.oweAll(id, surface);
    }
  }

  /** The client is gone. */
  clear(): void {
    this.#queue.clear(() => {});
    this.#arrears.clear();
  }

  /** The next step, which the client is sure to be sent; null: there is none. */
  next(): Step | null {
    if (this.#behind) {
      const step = this.#catchUp();
      if (step !== null) return step;
    }
    const item = this.#queue.shift();
    switch (item?.kind) {
      case undefined:
        return null;
      case "draw":
        return item;
      case "create":
        return this.#create(item.id, item.surface);
      case "destroy":
        return this.#destroy(item.id);
    }
  }

  /** Towards the picture of this moment: surfaces first, then pixels. null: it has been reached. */
  #catchUp(): Step | null {
    const { surfaces } = this.#display;
    for (const [id, { surface }] of this.#theirs) {
      if (surfaces.get(id) !== surface) return this.#destroy(id);
    }
    for (const [id, surface] of surfaces) {
      if (this.#theirs.has(id)) continue;
      if (this.#ability.surfaceFormat(surface.format) === null) this.#arrears.forget(id);
      else {
        this.#fresh.add(id);
        return this.#create(id, surface);
      }
    }
    for (;;) {
      const owed = this.#arrears.take((id) =>
        this.#fresh.delete(id) ? FIRST_PIXELS : REFRESH_PIXELS
      );
      if (owed === null) break;
      const known = this.#theirs.get(owed.surfaceId);
      if (known) return { kind: "picture", id: owed.surfaceId, ...known, rect: owed.rect };
    }
    this.#behind = false;
    this.#promised = new Map(this.#theirs);
    return null;
  }

  #create(id: number, surface: Surface): Step {
    const format = this.#ability.surfaceFormat(surface.format)!;
    this.#theirs.set(id, { surface, format });
    return { kind: "create", id, surface, format };
  }

  #destroy(id: number): Step {
    this.#theirs.delete(id);
    return { kind: "destroy", id };
  }

  #fallBehind(): void {
    if (this.#behind) return;
    this.tally.lags++;
    this.#behind = true;
    this.#promised.clear();
  }

  readonly #has = (surfaceId: number): boolean => {
    const known = this.#promised.get(surfaceId);
    return known !== undefined && known.format === known.surface.format;
  };
}
