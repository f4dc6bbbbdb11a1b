/// <reference lib="dom" />
/** The guest's cursor on a canvas above the screen, while the server moves the pointer. */
import type { CursorShape } from "./orders.ts";
import type { AnyCanvas, AnyContext } from "./screen.ts";

export class PointerLayer {
  readonly #context: AnyContext;
  #image: ImageData | null = null;
  #shape: CursorShape | null = null;
  #x = 0;
  #y = 0;
  /** Where it is drawn now. */
  #drawn: { x: number; y: number; width: number; height: number } | null = null;
  #on = false;

  constructor(readonly canvas: AnyCanvas) {
    this.#context = canvas.getContext("2d") as AnyContext;
  }

  resize(width: number, height: number): void {
    this.canvas.width = width;
    this.canvas.height = height;
    this.#drawn = null;
    this.#draw();
  }

  /** off: the browser draws the cursor itself. */
  turn(on: boolean): void {
    this.#on = on;
    this.#draw();
  }

  shape(shape: CursorShape | null): void {
    this.#shape = shape;
    const seen = shape !== null && shape.width > 0 && shape.height > 0;
    this.#image = seen ? new ImageData(shape.pixels, shape.width, shape.height) : null;
    this.#draw();
  }

  move(x: number, y: number): void {
    this.#x = x;
    this.#y = y;
    this.#draw();
  }

  #draw(): void {
    if (this.#drawn) {
      const { x, y, width, height } = this.#drawn;
      this.#context.clearRect(x, y, width, height);
      this.#drawn = null;
    }
    if (!this.#on || !this.#image || !this.#shape) return;
    const { width, height, hotX, hotY } = this.#shape;
    const x = this.#x - hotX, y = this.#y - hotY;
    this.#context.putImageData(this.#image, x, y);
    this.#drawn = { x, y, width, height };
  }
}
