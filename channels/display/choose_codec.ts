import type { ImageCompression } from "../../core/protocol/display.ts";
import type { Bitmap } from "../../core/protocol/image.ts";
import type { Ability } from "./ability.ts";
import { PIXEL_BITS, QUIC_FORMAT } from "./encode_bitmap.ts";
import type { Codec } from "./encoder.ts";
import { GRADUAL, PHOTOGRAPHIC } from "./graduality.ts";

/** Bytes below which a picture is sent as it is: libspice, MIN_SIZE_TO_COMPRESS. */
const MIN_BYTES = 54;
/**
 * Pixels below which the automatic choice leaves the dictionary alone: such a picture is encoded where it
 * is, and not on another core.
 */
const GLZ_PIXELS = 24 * 24;
/** Pixels below which the tables of JPEG are longer than the picture. */
const JPEG_PIXELS = 1024;
const JPEG_FORMATS: ReadonlySet<Bitmap["format"]> = new Set(["bit24", "bit32", "rgba"]);
/** Settings that have a codec for photographs. */
const QUIC_SETTINGS: ReadonlySet<ImageCompression> = new Set(["autoGlz", "autoLz", "quic"]);
const LZ4_FORMATS: ReadonlySet<Bitmap["format"]> = new Set(["bit16", "bit24", "bit32", "rgba"]);

/** What a choice may know beside the picture. */
export interface Circumstances {
  /** How gently the picture changes. */
  graduality(bitmap: Bitmap): number;
  /** The client has a dictionary that takes it. */
  inDictionary(bitmap: Bitmap): boolean;
  /** The client's line is slow, as far as is known by now. */
  readonly slow: boolean;
  /** How many clients see it: LZ's work is done once for all of them, a dictionary's for each. */
  readonly viewers: number;
}

/** How one client's bitmaps travel. */
export interface Choice {
  /** Nothing is done to make them smaller. */
  readonly off: boolean;
  /** For one of them, exact; null: as it is. */
  codec(bitmap: Bitmap, circumstances: Circumstances): Codec | null;
  /** One of them had better go as JPEG, where what is drawn with it may lose something. */
  loses(bitmap: Bitmap, circumstances: Circumstances): boolean;
  /** What comes out of the dictionary is packed once more. */
  deflates(circumstances: Circumstances): boolean;
}

/** What is done for slow lines; `auto`: where the client's line is one. */
export interface Wan {
  readonly jpeg: WanCompression;
  readonly zlibGlz: WanCompression;
}

export type WanCompression = "auto" | "always" | "never";

type Rule = Choice["codec"];

/** A client's way to choose. preference: what the client asked for, if it did. */
export type ChooseFor = (ability: Ability, preference: ImageCompression | null) => Choice;

/**
 * How bitmaps travel. setting: the server's `image-compression`; a client's own preference goes
 * before it. wan: its `jpeg-wan-compression` and `zlib-glz-wan-compression`.
 */
export function chooseCodec(
  setting: ImageCompression,
  wan: Wan = { jpeg: "never", zlibGlz: "never" },
): ChooseFor {
  return (ability, preference) => {
    const wanted = preference === null || preference === "invalid" ? setting : preference;
    const codec = rule(wanted, ability);
    return {
      off: wanted === "off",
      codec: (bitmap, circumstances) =>
        bitmap.data.length >= MIN_BYTES && bitmap.format in PIXEL_BITS && whole(bitmap)
          ? codec(bitmap, circumstances)
          : null,
      loses: (bitmap, circumstances) =>
        // spice-html5 draws JPEG some time later, over what came after it
        QUIC_SETTINGS.has(wanted) && ability.monitorsConfig && on(wan.jpeg, circumstances) &&
        whole(bitmap) &&
        bitmap.width * bitmap.height >= JPEG_PIXELS && JPEG_FORMATS.has(bitmap.format) &&
        suitsQuic(bitmap) && circumstances.graduality(bitmap) < GRADUAL,
      deflates: (circumstances) => on(wan.zlibGlz, circumstances),
    };
  };
}

function rule(setting: ImageCompression, ability: Ability): Rule {
  switch (setting) {
    case "off":
      return () => null;
    case "lz4":
      // what has a palette is LZ's
      return ability.lz4 ? ({ format }) => LZ4_FORMATS.has(format) ? "lz4" : "lz" : () => "lz";
    case "quic":
      return (bitmap) => suitsQuic(bitmap) ? "quic" : bitmap.format in QUIC_FORMAT ? null : "lz";
    case "lz":
      return () => "lz";
    case "glz":
      return (bitmap, { inDictionary }) => inDictionary(bitmap) ? "glz" : "lz";
    case "autoLz":
      return (bitmap, { graduality }) =>
        suitsQuic(bitmap) && graduality(bitmap) < GRADUAL ? "quic" : "lz";
    default:
      return (bitmap, { graduality, inDictionary, viewers, slow }) => {
        const known = bitmap.width * bitmap.height >= GLZ_PIXELS && (viewers === 1 || slow) &&
          inDictionary(bitmap);
        if (suitsQuic(bitmap) && graduality(bitmap) < (known ? PHOTOGRAPHIC : GRADUAL)) {
          return "quic";
        }
        return known ? "glz" : "lz";
      };
  }
}

/** It has the pixels that it says: a guest may say any size. */
const whole = ({ width, height, x, y }: Bitmap): boolean => x === width && y === height;

const on = (wan: WanCompression, { slow }: Circumstances): boolean =>
  wan === "always" || wan === "auto" && slow;

const suitsQuic = ({ format, width, height }: Bitmap): boolean =>
  format in QUIC_FORMAT && width >= 3 && height >= 3;
