/** Reads the demo's texts out of its picture. */
import type { Font } from "../../qxl/drivers/demo/font.ts";
import type { Picture } from "./png.ts";

export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** Which pixels beside the pen are full of ink, and which within the text's box have none. */
interface Stencil {
  readonly ink: readonly Spot[];
  readonly blank: readonly Spot[];
}

function stencilOf(text: string, font: Font): Stencil {
  const cover = new Map<string, number>();
  let box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const { renderPos, glyphOrigin, width, height, data } of font.lay(text, 0, 0)) {
    const left = renderPos.x + glyphOrigin.x, top = renderPos.y + glyphOrigin.y;
    box = {
      left: Math.min(box.left, left),
      top: Math.min(box.top, top),
      right: Math.max(box.right, left + width),
      bottom: Math.max(box.bottom, top + height),
    };
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        // rows stand upside down
        const two = data[(height - 1 - y) * (width + 1 >> 1) + (x >> 1)];
        const spot = `${left + x},${top + y}`;
        cover.set(spot, (cover.get(spot) ?? 0) | (x & 1 ? two & 15 : two >> 4));
      }
    }
  }
  const ink: Spot[] = [], blank: Spot[] = [];
  for (let y = box.top; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++) {
      const value = cover.get(`${x},${y}`) ?? 0;
      if (value === 15) ink.push({ x, y });
      else if (value === 0) blank.push({ x, y });
    }
  }
  return { ink, blank };
}

/** Full ink has one colour there and what is around it another, whichever they are. */
function fits({ width, pixels }: Picture, { ink, blank }: Stencil, x: number, y: number): boolean {
  const at = (spot: Spot) => pixels[(y + spot.y) * width + x + spot.x];
  const full = at(ink[0]), none = at(blank[0]);
  return full !== none && full !== undefined && ink.every((spot) => at(spot) === full) &&
    blank.every((spot) => at(spot) === none);
}

/** Where the pen stood that wrote a text; null: it is not in the picture. */
export function findText(picture: Picture, text: string, font: Font): Spot | null {
  const stencil = stencilOf(text, font);
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++) if (fits(picture, stencil, x, y)) return { x, y };
  }
  return null;
}

/** What a pen wrote from there on, made of these pieces. */
export function readText(
  picture: Picture,
  { x, y }: Spot,
  font: Font,
  pieces: readonly string[],
): string {
  for (let text = "";;) {
    const piece = pieces.find((next) => fits(picture, stencilOf(text + next, font), x, y));
    if (piece === undefined) return text;
    text += piece;
  }
}

/** Rows from the first up to the second. */
type Rows = readonly [from: number, to: number];

/** Where these rows of a picture stand within another, pixel for pixel; null: nowhere. */
export function locate(whole: Picture, part: Picture, rows: readonly Rows[]): Spot | null {
  for (let y = 0; y + part.height <= whole.height; y++) {
    for (let x = 0; x + part.width <= whole.width; x++) {
      if (rows.every((some) => stands(whole, part, some, x, y))) return { x, y };
    }
  }
  return null;
}

function stands(whole: Picture, part: Picture, [from, to]: Rows, x: number, y: number): boolean {
  for (let row = from; row < to; row++) {
    const there = (y + row) * whole.width + x, here = row * part.width;
    for (let i = 0; i < part.width; i++) {
      if (whole.pixels[there + i] !== part.pixels[here + i]) return false;
    }
  }
  return true;
}

/** A part of a picture. */
export function cut(
  { width, pixels }: Picture,
  { x, y }: Spot,
  size: { width: number; height: number },
): Picture {
  const part = new Uint32Array(size.width * size.height);
  for (let row = 0; row < size.height; row++) {
    const from = (y + row) * width + x;
    part.set(pixels.subarray(from, from + size.width), row * size.width);
  }
  return { width: size.width, height: size.height, pixels: part };
}
