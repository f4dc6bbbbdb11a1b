import type { ImageCompression } from "../../core/protocol/display.ts";
import type { Bitmap } from "../../core/protocol/image.ts";
import type { Ability } from "./ability.ts";
import { PIXEL_BITS, QUIC_FORMAT } from "./encode_bitmap.ts";
import type { Codec } from "./encoder.ts";
import { GRADUAL, PHOTOGRAPHIC } from "./graduality.ts";

/** Bytes below which a picture is sent as it is: libspice, MIN_SIZE_TO_COMPRESS. */
const MIN_BYTES = 54;
const LZ4_FORMATS: ReadonlySet<Bitmap["format"]> = new Set(["bit16", "bit24", "bit32", "rgba"]);

/** What a choice may know beside the picture. */
export interface Circumstances {
  /** How gently the picture changes. */
  graduality(bitmap: Bitmap): number;
  /** The client has a dictionary that takes it. */
  inDictionary(bitmap: Bitmap): boolean;
}

/** How one client's bitmaps travel. */
export interface Choice {
  /** Nothing is done to make them smaller. */
  readonly off: boolean;
  /** For one of them; null: as it is. */
  codec(bitmap: Bitmap, circumstances: Circumstances): Codec | null;
}

type Rule = Choice["codec"];

/** A client's way to choose. preference: what the client asked for, if it did. */
export type ChooseFor = (ability: Ability, preference: ImageCompression | null) => Choice;

/**
 * How bitmaps travel. setting: the server's `image-compression`; a client's own preference goes
 * before it.
 */
export function chooseCodec(setting: ImageCompression): ChooseFor {
  return (ability, preference) => {
    const wanted = preference === null || preference === "invalid" ? setting : preference;
    const codec = rule(wanted, ability);
    return {
      off: wanted === "off",
      codec: (bitmap, circumstances) =>
        bitmap.data.length >= MIN_BYTES && bitmap.format in PIXEL_BITS
          ? codec(bitmap, circumstances)
          : null,
    };
  };
}

function rule(setting: ImageCompression, ability: Ability): Rule {
  switch (setting) {
    case "off":
      return () => null;
    case "lz4":
      return ability.lz4 ? ({ format }) => LZ4_FORMATS.has(format) ? "lz4" : null : () => "lz";
    case "quic":
      return (bitmap) => suitsQuic(bitmap) ? "quic" : null;
    case "lz":
      return () => "lz";
    case "glz":
      return (bitmap, { inDictionary }) => inDictionary(bitmap) ? "glz" : "lz";
    case "autoLz":
      return (bitmap, { graduality }) =>
        suitsQuic(bitmap) && graduality(bitmap) < GRADUAL ? "quic" : "lz";
    default:
      return (bitmap, { graduality, inDictionary }) => {
        const known = inDictionary(bitmap);
        if (suitsQuic(bitmap) && graduality(bitmap) < (known ? PHOTOGRAPHIC : GRADUAL)) {
          return "quic";
        }
        return known ? "glz" : "lz";
      };
  }
}

const suitsQuic = ({ format, width, height }: Bitmap): boolean =>
  format in QUIC_FORMAT && width >= 3 && height >= 3;
