import type { Rect } from "../../../core/protocol/drawing.ts";
import { Region } from "../../../core/raster/region.ts";
import { ProtocolError } from "../../../core/binary/error.ts";

/** Damage in more pieces than this is not worth its book. */
const MAX_RECTS = 256;
const MAX_WAYS = 4;

/** A rectangle as RFB says it. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const rectOf = ({ x, y, width, height }: Box): Rect => ({
  top: y,
  left: x,
  bottom: y + height,
  right: x + width,
});

/** The server's picture as far as it has been decoded: pixels 0x00rrggbb, the first row on top. */
export class Frame {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What was decoded and not yet taken. */
  readonly damage = new Region();
  /** Which way the server said that pixels went, not yet taken. */
  readonly ways: { readonly dx: number; readonly dy: number }[] = [];
  #pieces = 0;

  constructor(
    readonly width: number,
    readonly height: number,
    readonly pixels: Uint32Array<ArrayBuffer> = new Uint32Array(width * height),
  ) {
    this.bytes = new Uint8Array(pixels.buffer);
  }

  /** ProtocolError: the box is not inside. */
  check({ x, y, width, height }: Box): void {
    if (x + width <= this.width && y + height <= this.height) return;
    throw new ProtocolError(
      `The server draws ${width}×${height} at ${x}, ${y} on a picture of ${this.width}×${this.height}`,
    );
  }

  damaged(box: Box): void {
    if (box.width === 0 || box.height === 0) return;
    this.damage.add(rectOf(box));
    if (++this.#pieces % MAX_RECTS === 0) this.damage.simplify(MAX_RECTS / 4);
  }

  fill(x: number, y: number, width: number, height: number, colour: number): void {
    const { pixels, width: stride } = this;
    for (let at = y * stride + x, end = at + height * stride; at < end; at += stride) {
      pixels.fill(colour, at, at + width);
    }
  }

  /** Moves pixels within the picture, wherever source and target overlap. */
  copy(fromX: number, fromY: number, { x, y, width, height }: Box): void {
    const { pixels, width: stride } = this;
    if (this.ways.length < MAX_WAYS) this.ways.push({ dx: x - fromX, dy: y - fromY });
    const down = fromY < y;
    for (let i = 0; i < height; i++) {
      const row = down ? height - 1 - i : i;
      const from = (fromY + row) * stride + fromX;
      pixels.copyWithin((y + row) * stride + x, from, from + width);
    }
  }
}
