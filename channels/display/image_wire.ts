import type { Brush, Drawing, QMask } from "../../core/protocol/drawing.ts";
import {
  type Bitmap,
  BitmapFlags,
  type Image,
  ImageFlags,
  type ImageOf,
} from "../../core/protocol/image.ts";
import { imagesOf } from "../../core/raster/opaque.ts";
import type { Choose } from "./choose_codec.ts";
import type { Encodings } from "./encoder.ts";
import { PaletteCache } from "./palette_cache.ts";
import { CachePlan, type PixmapCache } from "./pixmap_cache.ts";

/** One display channel's images as they travel: from the client's cache, kept there, or just sent. */
export class ImageWire {
  readonly plan: CachePlan;
  readonly palettes = new PaletteCache();
  /** Palettes that the client is to drop before the message. */
  readonly droppedPalettes: bigint[] = [];

  /** cache: what the client's display channels share; choose: how its bitmaps travel. */
  constructor(
    readonly channelId: number,
    readonly cache: PixmapCache,
    readonly encodings: Encodings,
    public choose: Choose,
  ) {
    this.plan = new CachePlan(channelId, cache);
  }

  /** Has the drawing's pictures encoded; true: they are. Otherwise `whenDone` will be called, perhaps early. */
  prepare(drawing: Drawing, whenDone: () => void): boolean {
    let ready = true;
    for (const bitmap of imagesOf(drawing)) {
      if (bitmap?.type !== "bitmap") continue;
      if (bitmap.flags & ImageFlags.cacheMe && this.cache.has(this.#idOf(bitmap))) continue;
      const codec = this.choose(bitmap);
      if (codec && this.encodings.get(bitmap, codec, whenDone) === undefined) ready = false;
    }
    return ready;
  }

  /** The same drawing with its images as they travel; itself when it has none. */
  drawing(drawing: Drawing): Drawing {
    if (drawing.kind === "copyBits") return drawing;
    const data = drawing.data;
    let changed: Record<string, unknown> | null = null;
    if ("srcBitmap" in data && data.srcBitmap !== null) {
      changed = { ...data, srcBitmap: this.#image(data.srcBitmap) };
    }
    if ("maskBitmap" in data && data.maskBitmap) {
      (changed ??= { ...data }).maskBitmap = this.#image(data.maskBitmap);
    }
    if ("mask" in data && data.mask.bitmap !== null) {
      (changed ??= { ...data }).mask = this.#mask(data.mask);
    }
    for (const name of ["brush", "foreBrush", "backBrush"] as const) {
      const brush = (data as Record<string, unknown>)[name] as Brush | undefined;
      if (brush?.type === "pattern") {
        (changed ??= { ...data })[name] = { ...brush, pat: this.#image(brush.pat) };
      }
    }
    return changed === null ? drawing : { ...drawing, data: changed } as Drawing;
  }

  #mask(mask: QMask): QMask {
    return { ...mask, bitmap: this.#image(mask.bitmap!) };
  }

  /** Cards number their images each for itself. */
  #idOf(image: Image): bigint {
    return image.id ^ BigInt(this.channelId) << 56n;
  }

  #image(image: Image): Image {
    const flags = image.flags & ImageFlags.highBitsSet;
    // the guest's wish to have it cached is not for a picture that changes
    if (image.type === "surface") return image.flags === flags ? image : { ...image, flags };
    if (!(image.flags & ImageFlags.cacheMe)) return this.#body(image, flags, image.id);
    const id = this.#idOf(image);
    const { width, height } = image;
    if (this.cache.hit(id, this.plan)) return { type: "fromCache", id, flags, width, height };
    const kept = this.cache.add(id, width * height, this.plan);
    return this.#body(image, kept ? flags | ImageFlags.cacheMe : flags, id);
  }

  #body(image: Image, flags: number, id: bigint): Image {
    if (image.type !== "bitmap") return { ...image, flags, id };
    const codec = this.choose(image);
    const small = codec && this.encodings.peek(image, codec);
    if (!small) return this.#withPalette({ ...image, flags, id });
    return small.type === "lzPlt"
      ? this.#withPalette({ ...small, flags, id })
      : { ...small, flags, id };
  }

  /** Its palette from the client's cache, or kept there. */
  #withPalette<T extends Bitmap | ImageOf<"lzPlt">>(image: T): T {
    const bitmapFlags = image.bitmapFlags & BitmapFlags.topDown;
    if (!image.palette || image.palette.unique === 0n) return { ...image, bitmapFlags };
    const { unique } = image.palette;
    if (this.palettes.hit(unique)) {
      const { palette: _, ...rest } = image;
      return {
        ...rest,
        bitmapFlags: bitmapFlags | BitmapFlags.palFromCache,
        paletteId: unique,
      } as T;
    }
    const dropped = this.palettes.add(unique);
    if (dropped !== null) this.droppedPalettes.push(dropped);
    return { ...image, bitmapFlags: bitmapFlags | BitmapFlags.palCacheMe };
  }
}
