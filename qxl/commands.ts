/**
 * The border: guest memory in, the drawing types of core/protocol out. Nothing behind it has seen
 * an address of the guest. Every field is read once, checked and used.
 * Sources: qxl_dev.h, red-parse-qxl.cpp, and for what a surface must bear display-channel.cpp.
 */
import { GuestError } from "../core/binary/error.ts";
import type { BorrowedDrawing } from "../core/guest.ts";
import type { Clip, Drawing } from "../core/protocol/drawing.ts";
import type { Image } from "../core/protocol/image.ts";
import type { Surface } from "../core/raster/surface.ts";
import { Arms } from "./arms.ts";
import { Chunks } from "./chunks.ts";
import * as qxl from "./memory.ts";
import { rectAt, show, touches } from "./rects.ts";
import { selfBitmap } from "./self_bitmap.ts";
import { Shapes } from "./shapes.ts";
import type { Slots } from "./slots.ts";
import type { VideoMemory } from "./video_memory.ts";

const native = qxl.Drawable.at, compat = qxl.CompatDrawable.at;
const NATIVE_ARM = native.u.fill.brush.type, COMPAT_ARM = compat.u.fill.brush.type;
const DRAW = qxl.DrawType;
/** Bytes of each kind's arm, by type. */
const ARM: number[] = [];
for (
  const [type, size] of [
    [DRAW.nop, 0],
    [DRAW.fill, qxl.Fill.size],
    [DRAW.opaque, qxl.Opaque.size],
    [DRAW.copy, qxl.Copy.size],
    [DRAW.copyBits, qxl.CopyBits.size],
    [DRAW.blend, qxl.Copy.size],
    [DRAW.blackness, qxl.Blackness.size],
    [DRAW.whiteness, qxl.Blackness.size],
    [DRAW.invers, qxl.Blackness.size],
    [DRAW.rop3, qxl.Rop3.size],
    [DRAW.stroke, qxl.Stroke.size],
    [DRAW.text, qxl.Text.size],
    [DRAW.transparent, qxl.Transparent.size],
    [DRAW.alphaBlend, qxl.AlphaBlend.size],
    [DRAW.composite, qxl.Composite.size],
  ]
) ARM[type] = size;

const NO_CLIP: Clip = { type: "none" };

/** Reads drawables, in either shape. */
export class Commands {
  readonly chunks: Chunks;
  readonly #view: DataView;
  readonly #surfaces: ReadonlyMap<number, Surface>;
  readonly #shapes: Shapes;
  readonly #arms: Arms;
  #compat = false;

  /** settle: called before a surface's pixels are read. */
  constructor(
    memory: VideoMemory,
    slots: Slots,
    surfaces: ReadonlyMap<number, Surface>,
    readonly settle: () => void = () => {},
  ) {
    this.#view = memory.view;
    this.#surfaces = surfaces;
    this.chunks = new Chunks(memory, slots);
    this.#shapes = new Shapes(memory, slots, this.chunks);
    this.#arms = new Arms(memory, slots, this.chunks, this.#shapes, surfaces);
  }

  /** The guest starts anew. */
  forget(): void {
    this.#arms.images.forget();
  }

  /** The drawing that was read last is kept by this command; null: it is refused. */
  hold(command: BorrowedDrawing | null): void {
    this.#arms.images.hold(command);
  }

  /** The guest needs its memory, or believes that nobody uses it. */
  letGo(): void {
    this.#arms.images.letGo();
  }

  /** compat: drawables are QXLCompatDrawable (revision 1); narrow: colours are counted in 15 bits. */
  speak(compat: boolean, narrow: boolean): void {
    this.#compat = this.#arms.compat = compat;
    this.#arms.narrow = narrow;
  }

  /**
   * The drawing whose QXLDrawable is at `at`, in a slot that ends at `end`; null if it would
   * change no pixel. GuestError: it is to be refused.
   */
  drawing(at: number, end: number): Drawing | null {
    const view = this.#view;
    const old = this.#compat;
    const head = old ? COMPAT_ARM : NATIVE_ARM;
    if (at + head > end) throw new GuestError("Cannot read Drawable: its slot ends inside");
    const type = view.getUint8(at + (old ? compat.type : native.type));
    const size = ARM[type];
    if (size === undefined) throw new GuestError(`Cannot read Drawable.type: ${type} is none`);
    if (at + head + size > end) {
      throw new GuestError("Cannot read Drawable.u: its slot ends inside");
    }
    const surfaceId = old ? 0 : view.getUint32(at + native.surfaceId, true);
    const surface = this.#surfaces.get(surfaceId);
    if (!surface) {
      throw new GuestError(`Cannot read Drawable.surfaceId: there is no surface ${surfaceId}`);
    }
    const box = rectAt(view, at + (old ? compat.bbox.top : native.bbox.top));
    if (
      box.top < 0 || box.left < 0 || box.bottom < 0 || box.right < 0 ||
      box.bottom > surface.height || box.right > surface.width
    ) {
      throw new GuestError(
        `Cannot read Drawable.bbox: ${show(box)} on ${surface.width}×${surface.height}`,
      );
    }
    if (!old) {
      for (let i = 0; i < 3; i++) {
        const id = view.getInt32(at + native.surfacesDest[i], true);
        if (id !== -1 && !this.#surfaces.has(id)) {
          throw new GuestError(`Cannot read Drawable.surfacesDest: there is no surface ${id}`);
        }
      }
    }
    const clip = this.#clip(at + (old ? compat.clip.type : native.clip.type));
    if (type === DRAW.nop || box.top >= box.bottom || box.left >= box.right) return null;
    if (clip.type === "rects" && !touches(box, clip.rects)) return null;
    const base = { surfaceId, box, clip };
    return this.#arms.read(type, at + head, base, (): Image => {
      const wanted = old
        ? view.getUint16(at + compat.bitmapOffset, true)
        : view.getUint8(at + native.selfBitmap);
      if (wanted === 0) throw new GuestError("Cannot read Drawable: it has no source");
      const area = rectAt(view, at + (old ? compat.bitmapArea.top : native.selfBitmapArea.top));
      this.settle();
      return selfBitmap(surface, surfaceId, area, this.chunks);
    });
  }

  #clip(at: number): Clip {
    const type = this.#view.getUint32(at, true);
    if (type === 0) return NO_CLIP;
    if (type !== 1) throw new GuestError(`Cannot read Clip.type: ${type} is none`);
    return { type: "rects", rects: this.#shapes.rects(at + qxl.Clip.at.data) };
  }
}
