import { GuestError } from "../binary/error.ts";
import type { Bitmap, Image, Palette } from "../protocol/image.ts";
import { BitmapFlags, ImageFlags } from "../protocol/image.ts";
import { bitmapPixels } from "./bitmap.ts";
import { blit, cutOut, mayMeet } from "./blit.ts";
import { convert, unpacked } from "./convert.ts";
import { fillSolid } from "./fill.ts";
import type { ImageCache } from "./image_cache.ts";
import { bitsOf, createPixels, type PixelFormat, type Pixels, pixelsOf } from "./pixels.ts";
import { ROP } from "./rop.ts";
import type { Surface } from "./surface.ts";

/** Where a drawing's pictures come from. */
export interface ImageSource {
  /** The live surface with this id. */
  surface(id: number): Surface | undefined;
  /**
   * Pixels of an image that is neither bitmap nor surface: decompressed, or what a cache holds for
   * its id, as pixels in their own format or as the bitmap they once were. A server needs none.
   */
  picture?(image: Image): Surface | Bitmap | undefined;
  /** The cached palette with this id. A server needs none. */
  palette?(id: bigint): Palette | undefined;
  /**
   * Keeps what the guest wants to be cached, for guests that use such an id again. A client needs
   * none: its server says what comes from a cache.
   */
  readonly cache?: ImageCache;
}

const CACHED = ImageFlags.cacheMe | ImageFlags.cacheReplaceMe;

/**
 * How the pixels of an image are wanted: in items of the destination's size; the same, but surfaces
 * as they are; or as they are.
 */
type Wanted = "items" | "layer" | "original";

/** An image's pixels. null is the destination itself. */
export function imagePixels(
  image: Image | null,
  dest: Pixels,
  source: ImageSource,
  wanted: Wanted = "items",
): Pixels {
  if (image === null) return dest;
  // SPEC: surfaces of one size are taken as they are, whatever their formats
  if (image.type === "surface") {
    const pixels = surfacePixels(image.surfaceId, source);
    return wanted === "items" ? sameSize(pixels, dest.format) : pixels;
  }
  const kept = source.cache?.find(image.id);
  if (kept) {
    return wanted === "original" ? kept : as(kept, targetOf(dest, kept.format === "argb32"));
  }

  const found = image.type === "bitmap" ? image : source.picture?.(image);
  if (!found) throw new GuestError(`Cannot draw: no pixels of a ${image.type} image`);
  let pixels = decoded(found, dest, source);
  if (image.flags & CACHED) {
    // SPEC: a palette's entries have alpha only here
    pixels = highBitsSet(pixels, image.flags);
    source.cache?.keep(image.id, pixels);
    return wanted === "original" ? pixels : as(pixels, targetOf(dest, pixels.format === "argb32"));
  }
  const hasAlpha = "bitmapFlags" in found ? found.format === "rgba" : pixels.format === "argb32";
  if (wanted !== "original") pixels = as(pixels, targetOf(dest, hasAlpha));
  return highBitsSet(pixels, image.flags);
}

/** Pixels in their own format; those of a palette in the destination's. */
function decoded(found: Surface | Bitmap, dest: Pixels, source: ImageSource): Pixels {
  if ("bitmapFlags" in found) {
    const cached = found.bitmapFlags & BitmapFlags.palFromCache;
    return bitmapPixels(
      found,
      cached ? source.palette?.(found.paletteId!) : found.palette,
      dest.format,
    );
  }
  const pixels = pixelsOf(found);
  return pixels.format === "a1" ? unpacked(pixels) : pixels;
}

const targetOf = (dest: Pixels, hasAlpha: boolean): PixelFormat =>
  bitsOf(dest.format) !== 32 ? dest.format : hasAlpha ? "argb32" : "xrgb32";

/** SPEC: between 32-bit formats pixels stay as they are, alpha or not. */
function as(pixels: Pixels, format: PixelFormat): Pixels {
  if (pixels.format === format) return pixels;
  const both = bitsOf(pixels.format) === 32 && bitsOf(format) === 32;
  return both ? { ...pixels, format } : convert(pixels, format);
}

function surfacePixels(id: number, source: ImageSource): Pixels {
  const surface = source.surface(id);
  if (!surface) throw new GuestError(`Cannot draw: there is no surface ${id}`);
  const pixels = pixelsOf(surface);
  return pixels.format === "a1" ? unpacked(pixels) : pixels;
}

/** Items of the destination's size. */
function sameSize(pixels: Pixels, format: PixelFormat): Pixels {
  return bitsOf(pixels.format) === bitsOf(format) ? pixels : convert(pixels, format);
}

/** The pixels, copied if drawing onto the destination would change them. */
export function detached(pixels: Pixels, dest: Pixels): Pixels {
  return mayMeet(pixels, dest) ? cutOut(pixels) : pixels;
}

/** A picture may say that its x bytes are 255. */
function highBitsSet(pixels: Pixels, flags: number): Pixels {
  if (!(flags & ImageFlags.highBitsSet) || pixels.format !== "xrgb32") return pixels;
  const { width, height } = pixels;
  const made = createPixels("xrgb32", width, height);
  const whole = [{ top: 0, left: 0, bottom: height, right: width }];
  blit(made, whole, pixels, 0, 0, ROP.copy);
  fillSolid(made, whole, 0xff000000, 0b1110);
  return made;
}
