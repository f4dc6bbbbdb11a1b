/** The desktop's fonts: code points to SPICE glyphs of 4 bits a pixel. font_data.ts says how they lie. */
import type { RasterGlyph } from "../../../core/protocol/drawing.ts";
import * as data from "./font_data.ts";

interface Glyph {
  readonly advance: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly rows: Uint8Array;
}

export class Font {
  /** Pixels above and below the base line. */
  readonly ascent: number;
  readonly descent: number;
  readonly #glyphs = new Map<number, Glyph>();

  constructor(base64: string) {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    this.ascent = bytes[0];
    this.descent = bytes[1];
    let at = 4;
    for (let n = view.getUint16(2, true); n > 0; n--) {
      const code = view.getUint16(at, true), width = bytes[at + 5], height = bytes[at + 6];
      const size = (width + 1 >> 1) * height;
      this.#glyphs.set(code, {
        advance: bytes[at + 2],
        left: view.getInt8(at + 3),
        top: view.getInt8(at + 4),
        width,
        height,
        rows: bytes.subarray(at + 7, at + 7 + size),
      });
      at += 7 + size;
    }
  }

  get height(): number {
    return this.ascent + this.descent;
  }

  #glyph(code: number): Glyph | undefined {
    return this.#glyphs.get(code) ?? this.#glyphs.get(63);
  }

  /** Pixels that the text is wide. */
  measure(text: string): number {
    let width = 0;
    for (let i = 0; i < text.length; i++) width += this.#glyph(text.charCodeAt(i))?.advance ?? 0;
    return width;
  }

  /** The text's glyphs with ink, from x on, on this base line. */
  lay(text: string, x: number, baseLine: number): RasterGlyph[] {
    const glyphs: RasterGlyph[] = [];
    for (let i = 0; i < text.length; i++) {
      const glyph = this.#glyph(text.charCodeAt(i));
      if (!glyph) continue;
      if (glyph.rows.length > 0) {
        glyphs.push({
          renderPos: { x, y: baseLine },
          glyphOrigin: { x: glyph.left, y: -glyph.top },
          width: glyph.width,
          height: glyph.height,
          data: glyph.rows,
        });
      }
      x += glyph.advance;
    }
    return glyphs;
  }
}

export const sans: Font = new Font(data.sans);
export const bold: Font = new Font(data.bold);
/** Every glyph has the same advance. */
export const mono: Font = new Font(data.mono);
/** Digits only. */
export const huge: Font = new Font(data.huge);
