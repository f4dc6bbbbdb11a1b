/** A plain notice in the middle of a picture. */
import type { Rect } from "../../../core/protocol/drawing.ts";
import { bold, type Font, sans } from "../demo/font.ts";

/** A picture that can be written on: pixels 0x00rrggbb, row by row. */
export interface Paper {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint32Array;
}

const BACK = 0x202428, EDGE = 0x8a9099, TITLE = 0xffffff, TEXT = 0xc4c9d0;
const PADDING = 20, GAP = 8;

/** Writes a title and lines below it, as far as they fit; where. */
export function writeNotice(paper: Paper, title: string, lines: readonly string[]): Rect {
  const most = Math.max(0, paper.width - 2 * PADDING - 8);
  const rows = [{ text: title, font: bold, colour: TITLE }]
    .concat(lines.map((text) => ({ text, font: sans, colour: TEXT })))
    .map((row) => ({ ...row, text: cut(row.text, row.font, most) }));
  const width = Math.min(
    paper.width,
    Math.max(...rows.map(({ text, font }) => font.measure(text))) + 2 * PADDING,
  );
  const height = Math.min(
    paper.height,
    rows.reduce((sum, { font }) => sum + font.height + GAP, 2 * PADDING - GAP),
  );
  const left = paper.width - width >> 1, top = paper.height - height >> 1;
  const box = { top, left, bottom: top + height, right: left + width };
  fill(paper, box, EDGE);
  fill(paper, { top: top + 1, left: left + 1, bottom: box.bottom - 1, right: box.right - 1 }, BACK);
  let y = top + PADDING;
  for (const { text, font, colour } of rows) {
    write(paper, text, left + PADDING, y + font.ascent, font, colour);
    y += font.height + GAP;
  }
  return box;
}

function cut(text: string, font: Font, width: number): string {
  if (font.measure(text) <= width) return text;
  // letter by letter: a server's reason may be long
  let n = 0;
  for (let used = font.measure("..."); n < text.length; n++) {
    used += font.measure(text[n]);
    if (used > width) break;
  }
  return `${text.slice(0, n)}...`;
}

function fill({ pixels, width }: Paper, { top, left, bottom, right }: Rect, colour: number): void {
  for (let y = top; y < bottom; y++) pixels.fill(colour, y * width + left, y * width + right);
}

/** Glyphs of 4 bits a pixel, the left one in the upper half of a byte, the lowest row first. */
function write(
  { pixels, width, height }: Paper,
  text: string,
  x: number,
  baseLine: number,
  font: Font,
  colour: number,
): void {
  for (const glyph of font.lay(text, x, baseLine)) {
    const left = glyph.renderPos.x + glyph.glyphOrigin.x;
    const top = glyph.renderPos.y + glyph.glyphOrigin.y;
    const rowBytes = glyph.width + 1 >> 1;
    for (let row = 0; row < glyph.height; row++) {
      for (let column = 0; column < glyph.width; column++) {
        const byte = glyph.data[row * rowBytes + (column >> 1)];
        const ink = column & 1 ? byte & 15 : byte >> 4;
        const px = left + column, py = top + glyph.height - 1 - row;
        if (ink === 0 || px < 0 || py < 0 || px >= width || py >= height) continue;
        const at = py * width + px;
        pixels[at] = mix(pixels[at], colour, ink);
      }
    }
  }
}

/** ink: 0 to 15. */
function mix(under: number, over: number, ink: number): number {
  let mixed = 0;
  for (const shift of [0, 8, 16]) {
    const a = under >> shift & 255, b = over >> shift & 255;
    mixed |= Math.round(a + (b - a) * ink / 15) << shift;
  }
  return mixed;
}
