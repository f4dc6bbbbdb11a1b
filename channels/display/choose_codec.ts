import type { ImageCompression } from "../../core/protocol/display.ts";
import type { Bitmap } from "../../core/protocol/image.ts";
import type { Ability } from "./ability.ts";
import { PIXEL_BITS } from "./encode_bitmap.ts";
import type { Codec } from "./encoder.ts";

/** Bytes below which a picture is sent as it is: libspice, MIN_SIZE_TO_COMPRESS. */
const MIN_BYTES = 54;
const LZ4_FORMATS: ReadonlySet<Bitmap["format"]> = new Set(["bit16", "bit24", "bit32", "rgba"]);

/** Chooses how one bitmap travels; null: as it is. */
export type Choose = (bitmap: Bitmap) => Codec | null;

/** A client's way to choose. preference: what the client asked for, if it did. */
export type ChooseFor = (ability: Ability, preference: ImageCompression | null) => Choose;

/**
 * How bitmaps travel. setting: the server's `image-compression`; a client's own preference goes
 * before it.
 */
export function chooseCodec(setting: ImageCompression): ChooseFor {
  return (ability, preference) => {
    const wanted = preference === null || preference === "invalid" ? setting : preference;
    const codec = codecOf(wanted, ability);
    if (codec === null) return asItIs;
    const able = (format: Bitmap["format"]) =>
      codec === "lz4" ? LZ4_FORMATS.has(format) : format in PIXEL_BITS;
    return ({ format, data }) => data.length >= MIN_BYTES && able(format) ? codec : null;
  };
}

const asItIs: Choose = () => null;

function codecOf(setting: ImageCompression, ability: Ability): Codec | null {
  switch (setting) {
    case "off":
      return null;
    case "lz4":
      return ability.lz4 ? "lz4" : "lz";
    case "quic":
      return "quic";
    // the dictionary across images is to come
    case "glz":
    case "lz":
      return "lz";
    default:
      return "autoLz";
  }
}
