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
/** Pixels are turned in bands of about so many, which stay in a processor's cache. */
const BAND_PIXELS = 1 << 18;

export class Screen {
  readonly #context: AnyContext;
  #primary: Surface | null = null;
  /** The part of the primary surface that is shown. */
  #view: Rect = { top: 0, left: 0, bottom: 0, right: 0 };
  readonly #damage = new Region();
  /** The canvas has the view's size. */
  #fits = false;
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
    this.#fit();
    for (const rect of this.#damage.rects) this.#put(this.#primary, rect);
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

  #put(primary: Surface, { left, top, right, bottom }: Rect): void {
    const view = this.#view, width = right - left;
    const step = Math.max(1, Math.floor(BAND_PIXELS / width));
    for (let y = top; y < bottom; y += step) {
      const band = { left, right, top: y, bottom: Math.min(y + step, bottom) };
      const picture = new ImageData(toCanvas(primary, band), width);
      this.#context.putImageData(picture, left - view.left, y - view.top);
    }
  }

  #fit(): void {
    const width = this.#view.right - this.#view.left, height = this.#view.bottom - this.#view.top;
    if (this.#fits && this.canvas.width === width && this.canvas.height === height) return;
    this.#fits = true;
    this.canvas.width = width;
    this.canvas.height = height;
    this.onSize(width, height);
    this.#damage.clear();
    this.#damage.add(this.#view);
  }
}
