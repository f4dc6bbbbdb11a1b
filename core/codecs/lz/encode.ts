import { checkRows, formats, HEADER_BYTES, type LzRows, putHeader } from "./format.ts";

type EncodePlane = (
  table: number,
  p: number,
  units: number,
  width: number,
  out: number,
) => number;

/** encode.as.ts, over whatever memory. */
export interface LzWork {
  readonly encodeColours: EncodePlane;
  readonly encodeShorts: EncodePlane;
  readonly encodeBytes: EncodePlane;
  gather(p: number, stride: number, size: number, count: number, rows: number, to: number): void;
}

/** A picture to be encoded, and how many bytes what it needs has. */
export interface LzPlan {
  readonly rowBytes: number;
  /** Items of a row, and bytes of each: pixels, or bytes of smaller ones. */
  readonly perRow: number;
  readonly itemBytes: number;
  /** Items in 32 bits each. */
  readonly unitBytes: number;
  /** The LZ picture, at most. */
  readonly outBytes: number;
}

/** Where things stand in a memory. */
export interface LzPlaces {
  readonly memory: Uint8Array;
  /** TABLE_BYTES of room. */
  readonly table: number;
  readonly units: number;
  readonly out: number;
}

export const TABLE_BYTES = 2 << 14;
/** What the loops may read and write behind what they were given. */
export const SLACK = 64;

/** RangeError: the rows are not in the data. */
export function planOf(rows: LzRows): LzPlan {
  const { format, width, height } = rows;
  const { bits } = formats[format];
  const rowBytes = Math.ceil(width * bits / 8);
  checkRows(rows, rowBytes);
  const itemBytes = Math.max(bits, 8) / 8, perRow = rowBytes / itemBytes;
  const units = perRow * height, planes = format === "rgba" ? 2 : 1;
  // a match is never longer than its pixels
  const most = HEADER_BYTES + planes * (units + SLACK) + units * Math.min(itemBytes, 3);
  return {
    rowBytes,
    perRow,
    itemBytes,
    unitBytes: align(units * 4 + SLACK),
    outBytes: align(most + SLACK),
  };
}

/** Encodes units. Returns a view of the LZ picture that comes to `out`. */
export function encodeUnits(
  work: LzWork,
  rows: LzRows,
  { rowBytes, perRow, outBytes }: LzPlan,
  { memory, table, units, out }: LzPlaces,
): Uint8Array {
  const { format, height } = rows, { bits } = formats[format];
  putHeader(rows, rowBytes, memory, out);
  const count = perRow * height;
  let end = out + HEADER_BYTES;
  if (format !== "xxxa" && bits > 16) end += work.encodeColours(table, units, count, perRow, end);
  else if (bits === 16) end += work.encodeShorts(table, units, count, perRow, end);
  else end += work.encodeBytes(table, units, count, perRow, end);
  if (format === "rgba") end += work.encodeBytes(table, units, count, perRow, end);
  // INVARIANT: what lies behind may be somebody else's
  if (end + SLACK > out + outBytes) throw new Error(`LZ of ${count} units took ${end - out} bytes`);
  return memory.subarray(out, end);
}

export const align = (bytes: number): number => Math.ceil(bytes / 16) * 16;
