/// <reference lib="dom" />
/** The surfaces that a display channel draws on, and the canvas that shows the first of them. */
import type { Rect } from "../../core/protocol/drawing.ts";
import { intersection, isEmptyRect } from "../../core/raster/rect.ts";
import { Region } from "../../core/raster/region.ts";
import type { Surface } from "../../core/raster/surface.ts";
import { toCanvas } from "./swizzle.ts";

export type AnyCanvas = OffscreenCanvas | HTMLCanvasElement;
export type AnyContext = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;

/** Damage in more pieces than this is joined. */
const MOST_RECTS = 32;
const FEW_RECTS = 12;

export class Screen {
  readonly #context: AnyContext;
  #primary: Surface | null = null;
  /** The part of the primary surface that is shown. */
  #view: Rect = { top: 0, left: 0, bottom: 0, right: 0 };
  readonly #damage = new Region();
  /** The view as the canvas wants it: r, g, b, a. */
  #shadow: ImageData | null = null;
  /** The canvas holds this picture's pixels. */
  shown = false;

  /** onSize: the shown part is now this large. */
  constructor(
    readonly canvas: AnyCanvas,
    readonly onSize: (width: number, height: number) => void,
  ) {
    this.#context = canvas.getContext("2d", { alpha: false }) as AnyContext;
  }

  /** Shows another surface; null: none. The last picture stays until there is a new one. */
  show(primary: Surface | null, view?: Rect): void {
    this.#primary = primary;
    this.#damage.clear();
    this.shown = false;
    if (!primary) return;
    const { width, height } = primary;
    const all = { top: 0, left: 0, bottom: height, right: width };
    const wanted = view ? intersection(view, all) : all;
    this.#view = isEmptyRect(wanted) ? all : wanted;
    this.damage(this.#view);
  }

  /** These pixels of the primary surface have changed. */
  damage(rect: Rect): void {
    const seen = intersection(rect, this.#view);
    if (isEmptyRect(seen)) return;
    this.#damage.add(seen);
    if (this.#damage.rects.length > MOST_RECTS) this.#damage.simplify(FEW_RECTS);
  }

  /** Called when a picture has changed outside of the messages' order. */
  onLate: () => void = () => {};

  /** A frame of a video was drawn, maybe after its message was done with. */
  wake(): void {
    this.onLate();
  }

  get damaged(): boolean {
    return this.#primary !== null && !this.#damage.isEmpty;
  }

  /** Puts what has changed on the canvas. */
  present(): void {
    if (!this.#primary) return;
    const shadow = this.#fit();
    const { left, top } = this.#view;
    const pixels = new Int32Array(shadow.data.buffer);
    for (const rect of this.#damage.rects) {
      const x = rect.left - left, y = rect.top - top;
      toCanvas(this.#primary, rect, pixels, y * shadow.width + x, shadow.width);
      const width = rect.right - rect.left, height = rect.bottom - rect.top;
      this.#context.putImageData(shadow, 0, 0, x, y, width, height);
    }
    this.#damage.clear();
    this.shown = true;
  }

  /** The canvas as a PNG file; null: there is no picture. */
  async snapshot(): Promise<Blob | null> {
    if (!this.#primary) return null;
    this.present();
    const { canvas } = this;
    if ("convertToBlob" in canvas) return await canvas.convertToBlob({ type: "image/png" });
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  }

  #fit(): ImageData {
    const width = this.#view.right - this.#view.left, height = this.#view.bottom - this.#view.top;
    if (this.#shadow?.width === width && this.#shadow.height === height) return this.#shadow;
    this.#shadow = new ImageData(width, height);
    this.canvas.width = width;
    this.canvas.height = height;
    this.onSize(width, height);
    this.#damage.clear();
    this.#damage.add(this.#view);
    return this.#shadow;
  }
}
