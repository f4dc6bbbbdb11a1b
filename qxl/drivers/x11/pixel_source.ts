/** Where the pixels of an X screen are read. */
import type { Rect } from "../../../core/protocol/drawing.ts";
import type { XDisplay } from "./x_display.ts";

export interface PixelSource {
  /** Nobody is asked for them: they are there when `read` comes back. */
  readonly immediate: boolean;
  /** Fills rect of a picture that is `width` pixels wide: b, g, r in the lower bytes of each word. */
  read(rect: Rect, pixels: Uint32Array, width: number): void | Promise<void>;
}

/** X.h: ZPixmap */
const Z_PIXMAP = 2;
/** Answers are no larger. */
const MOST_PIXELS = 1 << 19;

/** Asks the server for them: works with every X server, and costs several times what reading its memory does. */
export class AskedPixels implements PixelSource {
  readonly immediate = false;

  constructor(readonly display: XDisplay) {}

  async read({ top, left, bottom, right }: Rect, pixels: Uint32Array, width: number) {
    const { x, root } = this.display, w = right - left;
    const rows = Math.max(1, Math.floor(MOST_PIXELS / w));
    for (let y = top; y < bottom; y += rows) {
      const h = Math.min(rows, bottom - y);
      const { data } = await this.display.ask<{ data: Uint8Array }>((answer) =>
        x.GetImage(Z_PIXMAP, root, left, y, w, h, 0xffffffff, answer)
      );
      if (data.length < w * h * 4) {
        throw new Error(`${data.length} bytes of ${w} × ${h} pixels came`);
      }
      const into = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
      for (let row = 0; row < h; row++) {
        const from = data.subarray(row * w * 4, (row + 1) * w * 4);
        into.set(from, ((y + row) * width + left) * 4);
      }
    }
  }
}
