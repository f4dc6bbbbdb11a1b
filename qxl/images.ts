import { GuestError } from "../core/binary/error.ts";
import { copyOf } from "../core/binary/words.ts";
import type { BorrowedDrawing } from "../core/guest.ts";
import type { Bitmap, BitmapFormat, Image, Palette } from "../core/protocol/image.ts";
import { BitmapFlags, BitmapFormat as Formats, ImageFlags } from "../core/protocol/image.ts";
import type { Chunks } from "./chunks.ts";
import * as qxl from "./memory.ts";
import { RecentImages } from "./recent_images.ts";
import type { Slots } from "./slots.ts";
import type { VideoMemory } from "./video_memory.ts";

const { descriptor, u: { bitmap, quic, surfaceImage } } = qxl.Image.at;
const HEAD = qxl.ImageDescriptor.size;
const { direct, unstable, topDown } = qxl.QxlBitmapFlags;
const { cache, highBitsSet } = qxl.QxlImageFlags;
// spice.proto: enum image_type, those that a guest may use
const BITMAP = 0, QUIC = 1, SURFACE = 104;

const formats: BitmapFormat[] = [];
for (const [name, n] of Object.entries(Formats.values)) formats[n] = name as BitmapFormat;
/** By format: 1_LE … 8BIT_A. */
const BITS = [0, 1, 1, 4, 4, 8, 16, 24, 32, 32, 8];
/** bitmap_fmt_is_rgb: no palette is needed. */
const FIRST_RGB = Formats.values.bit16;

/** Guest memory in, `Image` out. Source: red_get_image in red-parse-qxl.cpp. */
export class Images {
  readonly #view: DataView;
  readonly #memory: VideoMemory;
  readonly #slots: Slots;
  readonly #chunks: Chunks;
  /** Which surfaces there are. */
  readonly #surfaces: { has(id: number): boolean };
  readonly #recent: RecentImages;
  /** The guest counts colours in 15 bits (QXL_COMMAND_FLAG_COMPAT_16BPP). */
  narrow = false;

  constructor(
    memory: VideoMemory,
    slots: Slots,
    chunks: Chunks,
    surfaces: { has(id: number): boolean },
  ) {
    this.#view = memory.view;
    this.#memory = memory;
    this.#slots = slots;
    this.#chunks = chunks;
    this.#surfaces = surfaces;
    // two of them shall never be missed
    this.#recent = new RecentImages(memory.ramSize >> 3);
  }

  /** The guest starts anew: its ids mean nothing any more. */
  forget(): void {
    this.#recent.clear();
  }

  /** The command has been read whose images were asked for; null: it is refused. */
  hold(command: BorrowedDrawing | null): void {
    this.#recent.hold(command);
  }

  /** The guest needs its memory, or believes that nobody uses it. */
  letGo(): void {
    this.#recent.letGo();
  }

  /** The image whose address lies at `pointer`, or null if that is null. A mask needs no palette. */
  follow(pointer: number, what: string, isMask = false): Image | null {
    const at = this.#slots.followOrNull(pointer, HEAD, what);
    if (at < 0) return null;
    const view = this.#view, end = this.#slots.end;
    const id = view.getBigUint64(at + descriptor.id, true);
    const type = view.getUint8(at + descriptor.type);
    const qxlFlags = view.getUint8(at + descriptor.flags);
    const width = view.getUint32(at + descriptor.width, true);
    const height = view.getUint32(at + descriptor.height, true);
    const flags = (qxlFlags & highBitsSet ? ImageFlags.highBitsSet : 0) |
      (qxlFlags & cache ? ImageFlags.cacheMe : 0);
    switch (type) {
      case BITMAP:
        room(at, qxl.Bitmap.size, end, what);
        return this.#recent.settle(this.#bitmap(at, { id, flags, width, height }, what, isMask));
      case SURFACE: {
        room(at, qxl.SurfaceId.size, end, what);
        const surfaceId = view.getUint32(at + surfaceImage.surfaceId, true);
        if (!this.#surfaces.has(surfaceId)) {
          throw new GuestError(`Cannot read ${what}: there is no surface ${surfaceId}`);
        }
        return { id, type: "surface", flags, width, height, surfaceId };
      }
      case QUIC: {
        room(at, qxl.QuicData.size + qxl.DataChunk.size, end, what);
        const size = view.getUint32(at + quic.dataSize, true);
        const data = this.#chunks.read(at + HEAD + qxl.QuicData.size, end, size, what);
        if (data.length !== size) throw short(what, data.length, size);
        return { id, type: "quic", flags, width, height, data };
      }
    }
    throw new GuestError(`Cannot read ${what}.type: ${type} is no image of a guest`);
  }

  #bitmap(
    at: number,
    { id, flags, width, height }: { id: bigint; flags: number; width: number; height: number },
    what: string,
    isMask: boolean,
  ): Bitmap {
    const view = this.#view;
    const format = view.getUint8(at + bitmap.format);
    const qxlFlags = view.getUint8(at + bitmap.flags);
    const x = view.getUint32(at + bitmap.x, true);
    const y = view.getUint32(at + bitmap.y, true);
    const stride = view.getUint32(at + bitmap.stride, true);
    if (format === 0 || format >= BITS.length) {
      throw new GuestError(`Cannot read ${what}.format: ${format} is none`);
    }
    if (x === 0 || y === 0) throw new GuestError(`Cannot read ${what}: it is ${x}×${y}`);
    if (stride < Math.ceil(x * BITS[format] / 8)) {
      throw new GuestError(`Cannot read ${what}.stride: ${stride} for ${x} × ${BITS[format]} bits`);
    }
    const palette = this.#palette(at + bitmap.palette, what);
    if (palette === null && format < FIRST_RGB && !isMask) {
      throw new GuestError(`Cannot read ${what}.palette: ${formats[format]} needs one`);
    }
    return {
      id,
      type: "bitmap",
      flags,
      width,
      height,
      format: formats[format],
      bitmapFlags: qxlFlags & topDown ? BitmapFlags.topDown : 0,
      x,
      y,
      stride,
      palette,
      data: this.#pixels(at + bitmap.data, stride * y, qxlFlags, what),
    };
  }

  #pixels(pointer: number, size: number, flags: number, what: string): Uint8Array {
    let data: Uint8Array;
    if (flags & direct) {
      data = this.#memory.slice(this.#slots.follow(pointer, size, what), size);
    } else {
      const head = this.#slots.follow(pointer, qxl.DataChunk.size, what);
      data = this.#chunks.read(head, this.#slots.end, size, what);
      if (data.length !== size) throw short(what, data.length, size);
    }
    if ((flags & unstable) === 0 || data.buffer !== this.#memory.bytes.buffer) return data;
    // the guest goes on drawing into it
    this.#chunks.charge(size, what);
    return copyOf(data);
  }

  #palette(pointer: number, what: string): Palette | null {
    const at = this.#slots.followOrNull(pointer, qxl.Palette.size, what);
    if (at < 0) return null;
    const view = this.#view;
    const unique = view.getBigUint64(at + qxl.Palette.at.unique, true);
    const count = view.getUint16(at + qxl.Palette.at.numEnts, true);
    room(at, qxl.Palette.size + count * 4, this.#slots.end, what);
    this.#chunks.charge(count * 8, what);
    const entries = new Array<number>(count);
    for (let i = 0, from = at + qxl.Palette.size; i < count; i++, from += 4) {
      const entry = view.getUint32(from, true);
      entries[i] = this.narrow ? widened(entry) : entry;
    }
    return { unique, entries };
  }
}

function room(at: number, size: number, end: number, what: string): void {
  if (at + size > end) {
    throw new GuestError(`Cannot read ${what}: needs ${size} bytes, its slot has ${end - at}`);
  }
}

const short = (what: string, seen: number, expected: number) =>
  new GuestError(`Cannot read ${what}: chunks of ${seen} bytes, expected ${expected}`);

/** A colour of 15 bits in 24: color_16_to_32 in red-parse-qxl.cpp. */
export function widened(colour: number): number {
  return (colour & 0x001f) << 3 | (colour & 0x001c) >> 2 |
    (colour & 0x03e0) << 6 | (colour & 0x0380) << 1 |
    (colour & 0x7c00) << 9 | (colour & 0x7000) << 4;
}
