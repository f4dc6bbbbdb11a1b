/** A moving picture, made by rule; a click stops it and starts it again. */
import type { MouseButton } from "../../../../core/protocol/inputs.ts";
import type { CursorName } from "../cursor_shapes.ts";
import { bold } from "../font.ts";
import { box, type Painter } from "../painter.ts";
import { type Picture, picture, stencil } from "../picture.ts";
import { color } from "../theme.ts";
import type { App, AppHost } from "../window.ts";

const width = 320, height = 180;
const frameMs = 40;
/** Waves as 1024 steps of a circle, from 0 to 63. */
const wave = Uint8Array.from({ length: 1024 }, (_, i) => 31.5 + 31.5 * Math.sin(i / 512 * Math.PI));
const scale: readonly (readonly [number, number, number])[] = [
  [18, 24, 56],
  [24, 86, 120],
  [64, 168, 150],
  [242, 206, 120],
  [232, 120, 88],
  [96, 40, 96],
  [18, 24, 56],
];
const palette = Uint32Array.from({ length: 256 }, (_, i) => {
  const at = i / 256 * (scale.length - 1), k = Math.floor(at), t = at - k;
  const [r, g, b] = scale[k].map((c, n) => Math.round(c + (scale[k + 1][n] - c) * t));
  return r << 16 | g << 8 | b;
});
let veil: Picture | null = null;

export class Movie implements App {
  readonly title = "Moving picture";
  readonly width = width;
  readonly height = height;
  host!: AppHost;
  #playing = true;
  #frame = 0;
  #due = 0;
  #pixels = new Uint8Array(width * height * 4);
  #drawn = -1;

  cursorAt(): CursorName {
    return "hand";
  }

  press(button: MouseButton): void {
    if (button !== "left") return;
    this.#playing = !this.#playing;
    this.host.damage(box(0, 0, width, height));
  }

  due(watched: boolean): number {
    return this.#playing && watched ? this.#due : Infinity;
  }

  tick(nowMs: number): void {
    // a late frame is not made up for
    this.#due = Math.max(this.#due + frameMs, nowMs + frameMs / 2);
    this.#frame++;
    this.host.damage(box(0, 0, width, height));
  }

  /** Pixels b, g, r, x of this frame. */
  #render(): void {
    if (this.#drawn === this.#frame) return;
    this.#drawn = this.#frame;
    const t = this.#frame, out = new Uint32Array(this.#pixels.buffer);
    const ballX = 160 + 110 * Math.sin(t * 0.031), ballY = 90 + 55 * Math.sin(t * 0.047 + 1);
    for (let y = 0, at = 0; y < height; y++) {
      const bend = wave[(y * 5 + t * 7) & 1023], level = wave[(y * 4 - t * 5) & 1023];
      const dy = y - ballY;
      for (let x = 0; x < width; x++, at++) {
        const dx = x - ballX, far = dx * dx + dy * dy;
        let value = wave[(x * 3 + t * 6 + bend * 3) & 1023] + level +
          wave[((x + y) * 3 - t * 4) & 1023] + bend;
        if (far < 625) value = 110 + ((625 - far) >> 3) + (dx + dy < 0 ? 6 : 0);
        out[at] = palette[value & 255];
      }
    }
  }

  paint(painter: Painter): void {
    this.#render();
    painter.copy(
      picture(this.#pixels, width, height, { id: BigInt(this.#frame), cached: false }),
      0,
      0,
    );
    if (this.#playing) return;
    veil ??= stencil(width, 30, 0x101828, () => 0.6);
    painter.blend(veil, 0, height - 30);
    const text = "Paused · click to play";
    painter.text(text, (width - bold.measure(text)) >> 1, height - 10, color.titleText, bold);
  }
}
