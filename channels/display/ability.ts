import { CompositeFlags, type Drawing, Ropd, StringFlags } from "../../core/protocol/drawing.ts";
import type { Image } from "../../core/protocol/image.ts";
import type { SurfaceFormat, VideoCodecType } from "../../core/protocol/display.ts";
import { type Capabilities, DisplayCap } from "../../core/protocol/capabilities.ts";

const CODECS = [
  ["mjpeg", DisplayCap.codecMjpeg],
  ["vp8", DisplayCap.codecVp8],
  ["vp9", DisplayCap.codecVp9],
] as const satisfies (readonly [VideoCodecType, number])[];

/**
 * What one client can draw. What it cannot, it gets as pixels.
 *
 * A client without monitorsConfig is taken for spice-html5, which has no clips, masks, scaling or
 * raster operations, and skips most commands silently.
 */
export class Ability {
  readonly lz4: boolean;
  readonly monitorsConfig: boolean;
  /** Frames of a stream may come in another size, and elsewhere. */
  readonly sizedStream: boolean;
  readonly streamReport: boolean;
  /** What it plays: whoever does not say so plays MJPEG. */
  readonly plays: ReadonlySet<VideoCodecType>;
  readonly #simple: boolean;
  readonly #composite: boolean;
  readonly #a8: boolean;

  constructor(capabilities: Capabilities) {
    this.lz4 = capabilities.has(DisplayCap.lz4Compression);
    this.monitorsConfig = capabilities.has(DisplayCap.monitorsConfig);
    this.sizedStream = capabilities.has(DisplayCap.sizedStream);
    this.streamReport = capabilities.has(DisplayCap.streamReport);
    this.plays = capabilities.has(DisplayCap.multiCodec)
      ? new Set(CODECS.filter(([, cap]) => capabilities.has(cap)).map(([codec]) => codec))
      : new Set(["mjpeg"]);
    this.#simple = !this.monitorsConfig;
    this.#composite = capabilities.has(DisplayCap.composite);
    this.#a8 = capabilities.has(DisplayCap.a8Surface);
  }

  /** Heeds the clips of drawings and streams. */
  get clips(): boolean {
    return !this.#simple;
  }

  /** The format in which the client gets such a surface; null: it gets none. */
  surfaceFormat(format: SurfaceFormat): SurfaceFormat | null {
    switch (format) {
      case "xrgb32":
      case "argb32":
        return format;
      case "rgb555":
      case "rgb565":
        return this.#simple ? "xrgb32" : format;
      case "a8":
        return this.#a8 && !this.#simple ? format : null;
      // no guest was ever seen to make one, and clients' canvases do not agree on it
      case "a1":
      case "invalid":
        return null;
    }
  }

  /** The client draws this as we do. has: whether the client has that surface, in its own format. */
  draws(drawing: Drawing, has: (surfaceId: number) => boolean): boolean {
    const { surfaceId } = drawing.base;
    if (!has(surfaceId)) return false;
    if (this.#simple) return drawsSimple(drawing, has);
    switch (drawing.kind) {
      case "copyBits":
      case "drawBlackness":
      case "drawWhiteness":
      case "drawInvers":
        return true;
      case "drawFill":
      case "drawStroke":
        return true;
      case "drawText":
        // "untested path A8 glyphs": the reference's own pixels differ from run to run
        return !(drawing.data.str.flags & StringFlags.rasterA8);
      case "drawRop3":
        return usesAllOperands(drawing.data.rop3) &&
          hasImage(drawing.data.srcBitmap, surfaceId, has);
      case "drawComposite": {
        const { flags, srcBitmap, maskBitmap } = drawing.data;
        return this.#composite && hasImage(srcBitmap, surfaceId, has) &&
          (!(flags & CompositeFlags.hasMask) || hasImage(maskBitmap ?? null, surfaceId, has));
      }
      default:
        return hasImage(drawing.data.srcBitmap, surfaceId, has);
    }
  }
}

/** A source that the client can look up. A drawing from a surface onto itself is left to us. */
function hasImage(
  image: Image | null,
  surfaceId: number,
  has: (surfaceId: number) => boolean,
): boolean {
  if (image === null) return false;
  return image.type !== "surface" || (image.surfaceId !== surfaceId && has(image.surfaceId));
}

/**
 * ROP3 codes that look at pattern, source and destination: those that spice-common has.
 * At the others its canvas, in the C server and in spice-gtk alike, aborts.
 */
function usesAllOperands(rop3: number): boolean {
  return ((rop3 ^ rop3 >> 1) & 0x55) !== 0 && ((rop3 ^ rop3 >> 2) & 0x33) !== 0 &&
    ((rop3 ^ rop3 >> 4) & 0x0f) !== 0;
}

/** spice-html5 0.3, display.js: what it draws right. */
function drawsSimple(drawing: Drawing, has: (surfaceId: number) => boolean): boolean {
  if (drawing.base.clip.type !== "none") return false;
  switch (drawing.kind) {
    case "copyBits":
      return true;
    case "drawFill":
      return drawing.data.brush.type === "solid" && drawing.data.ropDescriptor === Ropd.opPut &&
        drawing.data.mask.bitmap === null;
    case "drawCopy": {
      const { srcBitmap: image, srcArea, ropDescriptor, mask } = drawing.data;
      const { box, surfaceId } = drawing.base;
      return hasImage(image, surfaceId, has) && ropDescriptor === Ropd.opPut &&
        mask.bitmap === null && srcArea.left === 0 && srcArea.top === 0 &&
        srcArea.right === box.right - box.left && srcArea.bottom === box.bottom - box.top &&
        (image!.type === "surface" ||
          image!.type === "bitmap" && (image!.format === "bit32" || image!.format === "rgba"));
    }
    default:
      return false;
  }
}
