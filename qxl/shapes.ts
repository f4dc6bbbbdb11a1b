import { GuestError } from "../core/binary/error.ts";
import type { Path, Rect, String } from "../core/protocol/drawing.ts";
import { StringFlags } from "../core/protocol/drawing.ts";
import type { Chunks } from "./chunks.ts";
import * as qxl from "./memory.ts";
import type { Slots } from "./slots.ts";
import type { VideoMemory } from "./video_memory.ts";

/** Bytes of rects, points or glyphs that one command may have: far more than any guest sends. */
const LIMIT = 16 << 20;
/** What an object of a few numbers takes of the host's memory beside its bytes. */
const OBJECT = 64;

const dataView = (bytes: Uint8Array) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Lists of rects, points and glyphs. Source: red-parse-qxl.cpp. */
export class Shapes {
  readonly #view: DataView;
  readonly #slots: Slots;
  readonly #chunks: Chunks;

  constructor(memory: VideoMemory, slots: Slots, chunks: Chunks) {
    this.#view = memory.view;
    this.#slots = slots;
    this.#chunks = chunks;
  }

  /** QXLClipRects */
  rects(pointer: number): Rect[] {
    const what = "Clip.rects";
    const at = this.#slots.follow(pointer, qxl.ClipRects.size, what);
    const count = this.#view.getUint32(at + qxl.ClipRects.at.numRects, true);
    if (count * 16 > LIMIT) throw new GuestError(`Cannot read ${what}: count is ${count}`);
    const head = at + qxl.ClipRects.at.chunk.dataSize;
    const data = this.#chunks.read(head, this.#slots.end, count * 16, what);
    if (data.length !== count * 16) {
      throw new GuestError(
        `Cannot read ${what}: count is ${count}, there are ${data.length} bytes`,
      );
    }
    this.#chunks.charge(count * OBJECT, what);
    const view = dataView(data);
    const rects = new Array<Rect>(count);
    for (let i = 0, at = 0; i < count; i++, at += 16) {
      rects[i] = {
        top: view.getInt32(at, true),
        left: view.getInt32(at + 4, true),
        bottom: view.getInt32(at + 8, true),
        right: view.getInt32(at + 12, true),
      };
    }
    return rects;
  }

  /** QXLPath */
  path(pointer: number): Path {
    const what = "Stroke.path";
    const at = this.#slots.follow(pointer, qxl.Path.size, what);
    const data = this.#chunks.read(
      at + qxl.Path.at.chunk.dataSize,
      this.#slots.end,
      LIMIT,
      what,
    );
    const view = dataView(data);
    const segments: Path["segments"] = [];
    this.#chunks.charge(data.length * (OBJECT / 8), what);
    // SPEC: a header that ends the data has no points and is left out, as by the C server
    for (let at = 0; at + qxl.PathSeg.size < data.length;) {
      const flags = view.getUint32(at, true) & 0xff;
      const count = view.getUint32(at + 4, true);
      at += qxl.PathSeg.size;
      if (count * 8 > data.length - at) {
        throw new GuestError(
          `Cannot read ${what}: ${count} points, ${data.length - at} bytes remain`,
        );
      }
      const points = new Array<{ x: number; y: number }>(count);
      for (let i = 0; i < count; i++, at += 8) {
        points[i] = { x: view.getInt32(at, true) / 16, y: view.getInt32(at + 4, true) / 16 };
      }
      segments.push({ flags, points });
    }
    return { segments };
  }

  /** QXLString */
  string(pointer: number): String {
    const what = "Text.str";
    const at = this.#slots.follow(pointer, qxl.String.size, what);
    const size = this.#view.getUint32(at + qxl.String.at.dataSize, true);
    const length = this.#view.getUint16(at + qxl.String.at.length, true);
    const flags = this.#view.getUint16(at + qxl.String.at.flags, true) & 0xff;
    const bits = flags & StringFlags.rasterA1
      ? 1
      : flags & StringFlags.rasterA4
      ? 4
      : flags & StringFlags.rasterA8
      ? 8
      : 0;
    if (bits === 0) throw new GuestError(`Cannot read ${what}: no glyph format in flags ${flags}`);
    if (size > LIMIT) throw new GuestError(`Cannot read ${what}: ${size} bytes`);
    const head = at + qxl.String.at.chunk.dataSize;
    const data = this.#chunks.read(head, this.#slots.end, size, what);
    if (data.length !== size || size < length * qxl.RasterGlyph.size) {
      throw new GuestError(
        `Cannot read ${what}: ${data.length} bytes for ${length} glyphs, expected ${size}`,
      );
    }
    this.#chunks.charge(length * 4 * OBJECT, what);
    const view = dataView(data);
    const glyphs: String["glyphs"] = new Array(length);
    let next = 0;
    for (let i = 0; i < length; i++) {
      if (next + qxl.RasterGlyph.size > size) throw endless(what, i, length);
      const at = next;
      const width = view.getUint16(at + 16, true);
      const height = view.getUint16(at + 18, true);
      const from = at + qxl.RasterGlyph.size;
      next = from + height * ((width * bits + 7) >> 3);
      if (next > size) throw endless(what, i, length);
      glyphs[i] = {
        renderPos: { x: view.getInt32(at, true), y: view.getInt32(at + 4, true) },
        glyphOrigin: { x: view.getInt32(at + 8, true), y: view.getInt32(at + 12, true) },
        width,
        height,
        data: new Uint8Array(data.buffer, data.byteOffset + from, next - from),
      };
    }
    if (next !== size) {
      throw new GuestError(`Cannot read ${what}: ${size - next} bytes behind ${length} glyphs`);
    }
    return { flags, glyphs };
  }
}

const endless = (what: string, i: number, length: number) =>
  new GuestError(`Cannot read ${what}: glyph ${i} of ${length} goes beyond the data`);
