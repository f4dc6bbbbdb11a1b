import { rest } from "../binary/bytes.ts";
import { enumOf, u32, u8 } from "../binary/cell.ts";
import type { Value } from "../binary/codec.ts";
import { variant } from "../binary/variant.ts";
import { Data } from "./base.ts";

/** spice.proto: enum8 data_compression_type */
export const DataCompressionType = enumOf(u8, { none: 0, lz4: 1 });

/** spice.proto: message CompressedData. uncompressedSize is a claim: check it before allocating. */
export const CompressedData = variant("CompressedData", { type: DataCompressionType }, "type", {
  none: { compressedData: rest },
  lz4: { uncompressedSize: u32, compressedData: rest },
});
export type CompressedData = Value<typeof CompressedData>;

/**
 * spice.proto: channel SpicevmcChannel: what usbredir, port and webdav say, either way.
 * The data are pieces of a stream: where a message ends means nothing.
 */
export const spicevmc = { data: [101, Data], compressedData: [102, CompressedData] } as const;
