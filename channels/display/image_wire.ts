import type { Brush, Drawing, QMask } from "../../core/protocol/drawing.ts";
import {
  type Bitmap,
  BitmapFlags,
  type Image,
  ImageFlags,
  type ImageOf,
} from "../../core/protocol/image.ts";
import { imagesOf } from "../../core/raster/opaque.ts";
import type { Choice, Circumstances } from "./choose_codec.ts";
import type { Codec, Encodings } from "./encoder.ts";
import { tight } from "./crop.ts";
import type { GlzEncoder, GlzPicture } from "./glz_encoder.ts";
import { mayLose } from "./lossy.ts";
import { PaletteCache } from "./palette_cache.ts";
import { CachePlan, type PixmapCache } from "./pixmap_cache.ts";

type DrawingOf<K extends Drawing["kind"]> = Extract<Drawing, { kind: K }>;

/** A drawing on its way. */
export interface Travel {
  readonly drawing: Drawing;
  /** How its picture travels if it may lose something; null: as the guest gave it. */
  readonly lossy: Codec | null;
}

/** undefined: it is being encoded; null: the dictionary does not have it. */
interface InDictionary {
  picture: GlzPicture | null | undefined;
}

/** As spice-server has it: dcc.cpp, jpeg_quality. */
const JPEG = "jpeg85", JPEG_ALPHA = "jpegAlpha85";

/** One display channel's images as they travel: from the client's cache, kept there, or just sent. */
export class ImageWire {
  readonly plan: CachePlan;
  readonly palettes = new PaletteCache();
  /** Palettes that the client is to drop before the message. */
  readonly droppedPalettes: bigint[] = [];

  /**
   * cache: what the client's display channels share; choice: how its bitmaps travel; slow: its line is;
   * viewers: how many see what it sees.
   */
  constructor(
    readonly channelId: number,
    readonly cache: PixmapCache,
    readonly encodings: Encodings,
    readonly glz: GlzEncoder | null,
    public choice: Choice,
    slow: () => boolean = () => false,
    viewers: () => number = () => 1,
  ) {
    this.plan = new CachePlan(channelId, cache);
    this.#circumstances = {
      graduality: (bitmap) => encodings.graduality(bitmap),
      inDictionary: (bitmap) => glz?.takes(bitmap) ?? false,
      get slow() {
        return slow();
      },
      get viewers() {
        return viewers();
      },
    };
  }

  readonly #circumstances: Circumstances;
  /** Pictures that the client's dictionary has, or will have: these must be sent. */
  readonly #inDictionary = new Map<Bitmap, InDictionary>();

  readonly #late = new WeakSet<Bitmap>();

  /**
   * How the drawing's picture travels if it may lose something. alpha: what a copy puts there beside
   * colours matters.
   */
  lossyFor(drawing: Drawing, alpha: boolean): Codec | null {
    if (!mayLose(drawing)) return null;
    const { kind, data: { srcBitmap: bitmap } } = drawing as DrawingOf<
      "drawCopy" | "drawAlphaBlend"
    >;
    if (bitmap?.type !== "bitmap") return null;
    const codec = bitmap.format === "rgba" && (alpha || kind === "drawAlphaBlend")
      ? JPEG_ALPHA
      : JPEG;
    if (this.keeps(bitmap)) return this.cache.lossy(this.#idOf(bitmap)) === codec ? codec : null;
    return this.choice.loses(bitmap, this.#circumstances) ? codec : null;
  }

  /** How a picture travels exact that is not in the client's cache; null: as it is. */
  codecFor(bitmap: Bitmap): Codec | null {
    const codec = this.choice.codec(bitmap, this.#circumstances);
    return codec === "glz" && this.#late.has(bitmap) ? "lz" : codec;
  }

  /** The client has the picture in its cache, as things stand. */
  keeps(image: Image | null): boolean {
    return image !== null && (image.flags & ImageFlags.cacheMe) !== 0 &&
      this.cache.has(this.#idOf(image));
  }

  /**
   * Has the drawing's pictures encoded; true: they are. Otherwise `whenDone` will be called, perhaps
   * early. late: it has been asked before, and others after it too.
   *
   * INVARIANT: the dictionary's pictures leave in the order in which they entered it. One that was in
   * the client's cache when it came into line, and is not any more, would be out of order.
   */
  prepare({ drawing, lossy }: Travel, whenDone: () => void, late: boolean): boolean {
    let ready = true;
    for (const bitmap of imagesOf(drawing)) {
      if (bitmap?.type !== "bitmap") continue;
      if (
        bitmap.flags & ImageFlags.cacheMe && this.cache.serves(this.#idOf(bitmap), lossy) &&
        !this.#inDictionary.has(bitmap)
      ) continue;
      if (late && !this.#inDictionary.has(bitmap)) this.#late.add(bitmap);
      const codec = lossy ?? this.codecFor(bitmap);
      if (codec && this.#encoded(bitmap, codec, whenDone) === undefined) ready = false;
    }
    return ready;
  }

  #encoded(bitmap: Bitmap, codec: Codec, whenDone: () => void): Image | null | undefined {
    if (codec !== "glz") return this.encodings.get(bitmap, codec, whenDone);
    const glz = this.glz!;
    let kept = this.#inDictionary.get(bitmap);
    if (!kept) {
      const made: InDictionary = kept = { picture: undefined };
      this.#inDictionary.set(bitmap, made);
      glz.encode(bitmap, this.choice.deflates(this.#circumstances), this, (picture) => {
        made.picture = picture;
        whenDone();
      });
    }
    const { picture } = kept;
    if (picture === undefined) return undefined;
    switch (picture === null ? "never" : glz.turn(picture)) {
      case "now":
        return picture!.image;
      case "later":
        glz.whenTurn(whenDone);
        return undefined;
      case "never":
        // it was refused, or the dictionary began anew while it was on its way there
        this.#inDictionary.delete(bitmap);
        this.#late.add(bitmap);
        return this.encodings.get(bitmap, "lz", whenDone);
    }
  }

  /** The drawing with its images as they travel; itself when it has none. */
  drawing({ drawing, lossy }: Travel): Drawing {
    if (drawing.kind === "copyBits") return drawing;
    const data = drawing.data;
    let changed: Record<string, unknown> | null = null;
    if ("srcBitmap" in data && data.srcBitmap !== null) {
      changed = { ...data, srcBitmap: this.#image(data.srcBitmap, lossy) };
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

  #image(image: Image, lossy: Codec | null = null): Image {
    const flags = image.flags & ImageFlags.highBitsSet;
    // the guest's wish to have it cached is not for a picture that changes
    if (image.type === "surface") return image.flags === flags ? image : { ...image, flags };
    if (!(image.flags & ImageFlags.cacheMe)) return this.#body(image, flags, image.id, lossy);
    const id = this.#idOf(image);
    const { width, height } = image;
    // another came before it in line; this one is in the dictionary, and must be sent all the same
    if (image.type === "bitmap" && this.#inDictionary.has(image) && this.cache.has(id)) {
      return this.#body(image, flags, id, lossy);
    }
    if (this.cache.serves(id, lossy)) {
      const type = this.cache.hit(id, this.plan);
      return { type, id, flags, width, height };
    }
    if (this.cache.has(id)) {
      this.cache.replace(id, this.plan);
      return this.#body(image, flags | ImageFlags.cacheReplaceMe, id, null);
    }
    const body = this.#body(image, flags, id, lossy);
    const lost = body.type === "jpeg" || body.type === "jpegAlpha" ? lossy : null;
    const kept = this.cache.add(id, width * height, this.plan, lost);
    return kept ? { ...body, flags: body.flags | ImageFlags.cacheMe } : body;
  }

  #body(image: Image, flags: number, id: bigint, lossy: Codec | null): Image {
    if (image.type !== "bitmap") return { ...image, flags, id };
    const small = this.#peek(image, lossy);
    if (!small) return this.#withPalette({ ...tight(image), flags, id });
    return small.type === "lzPlt"
      ? this.#withPalette({ ...small, flags, id })
      : { ...small, flags, id };
  }

  /** What was made of the picture, if it was. */
  #peek(bitmap: Bitmap, lossy: Codec | null): Image | null | undefined {
    const kept = this.#inDictionary.get(bitmap);
    if (kept) {
      const glz = this.glz!, { picture } = kept;
      this.#inDictionary.delete(bitmap);
      const turn = picture && glz.turn(picture);
      if (turn === "now") {
        glz.sent(picture!);
        return picture!.image;
      }
      if (picture === undefined || turn === "later") this.#abandon();
      return null;
    }
    const codec = lossy ?? this.codecFor(bitmap);
    if (codec === null) return null;
    // who came or went since may have changed the choice
    return this.encodings.peek(bitmap, codec) ??
      (codec === "glz" ? this.encodings.peek(bitmap, "lz") : undefined);
  }

  /** Pictures on their way into the dictionary leave without it: it begins anew. */
  #abandon(): void {
    for (const kept of this.#inDictionary.values()) kept.picture ??= null;
    this.glz!.restart();
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
