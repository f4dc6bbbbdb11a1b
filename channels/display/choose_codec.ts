import type { ImageCompression } from "../../core/protocol/display.ts";
import type { Bitmap } from "../../core/protocol/image.ts";
import type { Ability } from "./ability.ts";
import { PIXEL_BYTES } from "./encode_bitmap.ts";
import type { Codec } from "./encoder.ts";

/** Pixels below which a picture is sent as it is: the message around it weighs more. */
const MIN_PIXELS = 64;

/** Chooses how one bitmap travels; null: as it is. */
export type Choose = (bitmap: Bitmap) => Codec | null;

/** A client's way to choose. preference: what the client asked for, if it did. */
export type ChooseFor = (ability: Ability, preference: ImageCompression | null) => Choose;

/**
 * How bitmaps travel. setting: the server's `image-compression`; a client's own preference goes
 * before it. Of the compressions this release has LZ4; what it has not falls back to that.
 */
export function chooseCodec(setting: ImageCompression): ChooseFor {
  return (ability, preference) =>
    ability.lz4 && (preference ?? setting) !== "off" ? chooseLz4 : asItIs;
}

const asItIs: Choose = () => null;

const chooseLz4: Choose = ({ format, width, height }) =>
  format in PIXEL_BYTES && width * height >= MIN_PIXELS ? "lz4" : null;
