import { BitmapFlags, BitmapFormat, type Image, ImageFlags } from "../core/protocol/image.ts";
import type {
  Brush,
  Clip,
  Composite,
  Path,
  QMask,
  Rect,
  String,
} from "../core/protocol/drawing.ts";
import type { Value } from "../core/binary/codec.ts";
import { copyInto } from "../core/binary/words.ts";
import * as qxl from "./memory.ts";

type Matrix = Value<typeof Composite>["srcTransform"];

const IMAGE_TYPES = { bitmap: 0, quic: 1, surface: 104 } as const;

/** What drawables are made of, written into a block of card memory one behind the other. */
export class Parts {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #slot: number;
  /** Where the block is filled up to. */
  #next = 0;

  /** bytes: the BAR, whose start is the slot's; slot: its id and generation, as in an address. */
  constructor(bytes: Uint8Array, slot: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#slot = slot;
  }

  /** Begins a command at `at`: its release id is its own place. */
  begin(at: number, size: number): void {
    this.#next = at;
    this.place(size);
    this.#view.setUint32(at, at, true);
    this.#view.setUint32(at + 4, 0, true);
  }

  /** Takes the next bytes of the block, and returns where they are. */
  place(size: number): number {
    const at = this.#next;
    this.#next = at + size + 7 & ~7;
    return at;
  }

  /** An address, at `at`. */
  pointer(at: number, target: number): void {
    this.#view.setUint32(at, target, true);
    this.#view.setUint32(at + 4, this.#slot << 16, true);
  }

  null(at: number): void {
    this.#view.setUint32(at, 0, true);
    this.#view.setUint32(at + 4, 0, true);
  }

  /** The head of a list of one chunk; returns where its data go. */
  chunkAt(at: number, size: number): number {
    this.#view.setUint32(at, size, true);
    this.null(at + qxl.DataChunk.at.prevChunk);
    this.null(at + qxl.DataChunk.at.nextChunk);
    return at + qxl.DataChunk.size;
  }

  rect(at: number, { top, left, bottom, right }: Rect): void {
    const view = this.#view;
    view.setInt32(at, top, true);
    view.setInt32(at + 4, left, true);
    view.setInt32(at + 8, bottom, true);
    view.setInt32(at + 12, right, true);
  }

  point(at: number, x: number, y: number): void {
    this.#view.setInt32(at, x, true);
    this.#view.setInt32(at + 4, y, true);
  }

  clip(at: number, clip: Clip): void {
    this.#view.setUint32(at, clip.type === "rects" ? 1 : 0, true);
    if (clip.type !== "rects") return this.null(at + qxl.Clip.at.data);
    const size = clip.rects.length * 16;
    const list = this.place(qxl.ClipRects.size + size);
    this.#view.setUint32(list, clip.rects.length, true);
    let to = this.chunkAt(list + qxl.ClipRects.at.chunk.dataSize, size);
    for (const rect of clip.rects) {
      this.rect(to, rect);
      to += 16;
    }
    this.pointer(at + qxl.Clip.at.data, list);
  }

  brush(at: number, brush: Brush): void {
    const { u } = qxl.Brush.at;
    const type = brush.type === "none" ? 0 : brush.type === "solid" ? 1 : 2;
    this.#view.setUint32(at, type, true);
    if (brush.type === "solid") this.#view.setUint32(at + u.color, brush.color, true);
    if (brush.type !== "pattern") return;
    this.image(at + u.pattern.pat, brush.pat);
    this.point(at + u.pattern.pos.x, brush.pos.x, brush.pos.y);
  }

  mask(at: number, mask: QMask): void {
    const to = qxl.QMask.at;
    this.#view.setUint8(at, mask.flags);
    this.point(at + to.pos.x, mask.pos.x, mask.pos.y);
    this.image(at + to.bitmap, mask.bitmap);
  }

  /** An image, and its address at `pointer`. */
  image(pointer: number, image: Image | null): void {
    if (image === null) return this.null(pointer);
    if (!(image.type in IMAGE_TYPES)) {
      throw new TypeError(`A guest has no images of type ${image.type}`);
    }
    const type = image.type as keyof typeof IMAGE_TYPES;
    const view = this.#view, { descriptor, u } = qxl.Image.at;
    const at = this.place(qxl.Image.size);
    this.pointer(pointer, at);
    view.setBigUint64(at + descriptor.id, image.id, true);
    view.setUint8(at + descriptor.type, IMAGE_TYPES[type]);
    view.setUint8(
      at + descriptor.flags,
      (image.flags & ImageFlags.cacheMe ? qxl.QxlImageFlags.cache : 0) |
        (image.flags & ImageFlags.highBitsSet ? qxl.QxlImageFlags.highBitsSet : 0),
    );
    view.setUint32(at + descriptor.width, image.width, true);
    view.setUint32(at + descriptor.height, image.height, true);
    if (image.type === "surface") {
      view.setUint32(at + u.surfaceImage.surfaceId, image.surfaceId, true);
    } else if (image.type === "quic") {
      const head = at + qxl.ImageDescriptor.size + qxl.QuicData.size;
      view.setUint32(at + u.quic.dataSize, image.data.length, true);
      this.#next = head;
      this.place(qxl.DataChunk.size + image.data.length);
      this.#bytes.set(image.data, this.chunkAt(head, image.data.length));
    } else if (image.type === "bitmap") {
      view.setUint8(at + u.bitmap.format, BitmapFormat.values[image.format]);
      const topDown = image.bitmapFlags & BitmapFlags.topDown;
      view.setUint8(at + u.bitmap.flags, topDown ? qxl.QxlBitmapFlags.topDown : 0);
      view.setUint32(at + u.bitmap.x, image.x, true);
      view.setUint32(at + u.bitmap.y, image.y, true);
      view.setUint32(at + u.bitmap.stride, image.stride, true);
      this.null(at + u.bitmap.palette);
      if (image.palette) {
        const { unique, entries } = image.palette;
        const to = this.place(qxl.Palette.size + entries.length * 4);
        view.setBigUint64(to + qxl.Palette.at.unique, unique, true);
        view.setUint16(to + qxl.Palette.at.numEnts, entries.length, true);
        entries.forEach((e, i) => view.setUint32(to + qxl.Palette.size + i * 4, e, true));
        this.pointer(at + u.bitmap.palette, to);
      }
      // behind the chunk's head of 20 bytes, pixels begin with a word: they are read by words
      const head = this.place(4 + qxl.DataChunk.size + image.data.length) + 4;
      copyInto(this.#bytes, image.data, this.chunkAt(head, image.data.length));
      this.pointer(at + u.bitmap.data, head);
    }
  }

  path({ segments }: Path): number {
    const size = segments.reduce((sum, s) => sum + qxl.PathSeg.size + s.points.length * 8, 0);
    const at = this.place(qxl.Path.size + size);
    this.#view.setUint32(at, size, true);
    let to = this.chunkAt(at + qxl.Path.at.chunk.dataSize, size);
    for (const { flags, points } of segments) {
      this.#view.setUint32(to, flags, true);
      this.#view.setUint32(to + 4, points.length, true);
      to += qxl.PathSeg.size;
      for (const { x, y } of points) {
        this.point(to, Math.round(x * 16), Math.round(y * 16));
        to += 8;
      }
    }
    return at;
  }

  /** Fixed 28.4 numbers. */
  numbers(values: readonly number[]): number {
    const at = this.place(values.length * 4);
    values.forEach((v, i) => this.#view.setInt32(at + i * 4, Math.round(v * 16), true));
    return at;
  }

  string({ flags, glyphs }: String): number {
    const size = glyphs.reduce((sum, g) => sum + qxl.RasterGlyph.size + g.data.length, 0);
    const view = this.#view, { dataSize, length, flags: FLAGS, chunk } = qxl.String.at;
    const at = this.place(qxl.String.size + size);
    view.setUint32(at + dataSize, size, true);
    view.setUint16(at + length, glyphs.length, true);
    view.setUint16(at + FLAGS, flags, true);
    let to = this.chunkAt(at + chunk.dataSize, size);
    for (const { renderPos, glyphOrigin, width, height, data } of glyphs) {
      this.point(to, renderPos.x, renderPos.y);
      this.point(to + 8, glyphOrigin.x, glyphOrigin.y);
      view.setUint16(to + 16, width, true);
      view.setUint16(to + 18, height, true);
      this.#bytes.set(data, to + qxl.RasterGlyph.size);
      to += qxl.RasterGlyph.size + data.length;
    }
    return at;
  }

  transform(
    pointer: number,
    t: Matrix,
  ): void {
    if (!t) return this.null(pointer);
    const at = this.place(qxl.Transform.size);
    [t.t00, t.t01, t.t02, t.t10, t.t11, t.t12].forEach((n, i) =>
      this.#view.setUint32(at + i * 4, n, true)
    );
    this.pointer(pointer, at);
  }
}
