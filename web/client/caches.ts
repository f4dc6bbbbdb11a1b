/** What a display channel's client keeps because its server told it so: images and palettes. */
import { GlzWindow } from "../../core/codecs/glz/mod.ts";
import type { Brush, Drawing } from "../../core/protocol/drawing.ts";
import {
  type Bitmap,
  BitmapFlags,
  type Image,
  ImageFlags,
  type Palette,
} from "../../core/protocol/image.ts";
import { decodePicture, type Picture } from "./pictures.ts";
import { Shelf } from "./shelf.ts";

const KEEP = ImageFlags.cacheMe | ImageFlags.cacheReplaceMe;

/** Pixels that the server may count on: 80 MiB at 4 bytes each. */
export const PIXMAP_CACHE_PIXELS = 20 << 20;
/** Pixels that GLZ images may look back into: 32 MiB. */
export const GLZ_WINDOW_PIXELS = 8 << 20;

/** Their dictionary goes by the order of the images: each is decoded once, whether it is seen or not. */
const inOrder = ({ type }: Image) => type === "glzRgb" || type === "zlibGlzRgb";
const isPacked = ({ type }: Image) =>
  type !== "bitmap" && type !== "surface" && type !== "fromCache" && type !== "fromCacheLossless";

type Kept = { readonly packed: Image } | { readonly picture: Picture };

export class Caches implements Disposable {
  readonly #glz = new GlzWindow(GLZ_WINDOW_PIXELS);
  readonly #lookups = { glz: this.#glz, palette: (id: bigint) => this.#palettes.get(id) };
  /** As they came, as long as nobody has asked for them again: most are never asked for. */
  readonly #pictures = new Map<bigint, Kept>();
  /** What the packed ones hold. */
  readonly #shelf = new Shelf();
  readonly #palettes = new Map<bigint, Palette>();
  /** The images of the drawing that is under way, and what became of those that are packed. */
  readonly #images: Image[] = [];
  readonly #decoded: { image: Image; picture: Picture | undefined }[] = [];
  #packed = 0;

  /** Before a drawing. RangeError: an image of it is broken. */
  begin(drawing: Drawing): void {
    this.#images.length = this.#decoded.length = this.#packed = 0;
    if (drawing.kind === "copyBits") return;
    const { data } = drawing;
    if ("srcBitmap" in data) this.#meet(data.srcBitmap);
    if ("maskBitmap" in data) this.#meet(data.maskBitmap);
    if ("mask" in data) this.#meet(data.mask.bitmap);
    if ("brush" in data) this.#meetBrush(data.brush);
    if ("foreBrush" in data) this.#meetBrush(data.foreBrush);
    if ("backBrush" in data) this.#meetBrush(data.backBrush);
    for (const image of this.#images) if (inOrder(image)) this.picture(image);
  }

  /** After a drawing: keeps the images that the server wants to be kept. */
  end(): void {
    for (const image of this.#images) {
      if (image.flags & KEEP) this.#keep(image);
    }
  }

  /** ImageSource.picture: out of the cache, or decoded. */
  picture(image: Image): Picture | undefined {
    if (!isPacked(image)) return this.#kept(image.id);
    const known = this.#decoded.find((entry) => entry.image === image);
    if (known) return known.picture;
    let picture = decodePicture(image, this.#lookups);
    // one decoder has one room for its pixels
    if (picture && this.#packed > 1) picture = own(picture);
    this.#decoded.push({ image, picture });
    return picture;
  }

  /** ImageSource.palette */
  palette(id: bigint): Palette | undefined {
    return this.#palettes.get(id);
  }

  [Symbol.dispose](): void {
    this.#glz[Symbol.dispose]();
  }

  dropPicture(id: bigint): void {
    const kept = this.#pictures.get(id);
    if (kept === undefined) return;
    this.#pictures.delete(id);
    if ("packed" in kept && "data" in kept.packed) {
      this.#shelf.give(kept.packed.data as Uint8Array<ArrayBuffer>);
    }
  }

  dropPictures(): void {
    this.#pictures.clear();
  }

  dropPalette(id: bigint): void {
    this.#palettes.delete(id);
  }

  dropPalettes(): void {
    this.#palettes.clear();
  }

  #meetBrush(brush: Brush): void {
    if (brush.type === "pattern") this.#meet(brush.pat);
  }

  #meet(image: Image | null | undefined): void {
    if (!image) return;
    this.#images.push(image);
    if (isPacked(image)) this.#packed++;
    if (image.type !== "bitmap" && image.type !== "lzPlt") return;
    if (image.palette && image.bitmapFlags & BitmapFlags.palCacheMe) {
      this.#palettes.set(image.palette.unique, image.palette);
    }
  }

  #keep(image: Image): void {
    const kept = this.#keepable(image);
    // only now: it may be made of what was kept under this very number
    this.dropPicture(image.id);
    if (kept) this.#pictures.set(image.id, kept);
  }

  #keepable(image: Image): Kept | null {
    if (isPacked(image) && !inOrder(image)) return { packed: this.#independent(image) };
    const picture = image.type === "bitmap" ? this.#whole(image) : this.picture(image);
    return picture ? { picture: own(picture) } : null;
  }

  #kept(id: bigint): Picture | undefined {
    const kept = this.#pictures.get(id);
    if (kept === undefined || "picture" in kept) return kept?.picture;
    const decoded = decodePicture(kept.packed, this.#lookups);
    if (!decoded) return undefined;
    const picture = own(decoded);
    this.dropPicture(id);
    this.#pictures.set(id, { picture });
    return picture;
  }

  /** A packed image that needs neither its message's bytes nor a cached palette. */
  #independent(image: Image): Image {
    const copy = { ...image } as Image;
    if ("data" in copy && copy.data instanceof Uint8Array) copy.data = this.#shelf.keep(copy.data);
    if (copy.type === "lzPlt" && !copy.palette) {
      copy.palette = this.#palettes.get(copy.paletteId ?? 0n);
    }
    return copy;
  }

  /** The bitmap with its palette in it, since that may leave the palette cache sooner. */
  #whole(bitmap: Bitmap): Bitmap {
    if (bitmap.paletteId === undefined) return bitmap;
    return {
      ...bitmap,
      paletteId: undefined,
      palette: this.#palettes.get(bitmap.paletteId) ?? null,
      bitmapFlags: bitmap.bitmapFlags & ~BitmapFlags.palFromCache,
    };
  }
}

/** The same picture in bytes of its own. */
const own = (picture: Picture): Picture =>
  "bitmapFlags" in picture
    ? { ...picture, flags: 0, data: picture.data.slice() }
    : { ...picture, bytes: picture.bytes.slice() };
