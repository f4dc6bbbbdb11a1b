import { InPlace } from "../in_place.ts";
import {
  align,
  checkRows,
  encodePicture,
  type Lz4Work,
  outBytesOf,
  READ_BEFORE,
  type Rows,
  SLACK,
  TABLE_BYTES,
} from "./encode.ts";
import { code } from "./in_place.wasm.ts";
import { encodeLz4 } from "./mod.ts";

const work = new InPlace<Lz4Work>(code);

/**
 * `encodeLz4` of rows that are read where they lie, if that is where WebAssembly may work
 * (core/binary/linear.ts). Who has that memory may change them meanwhile: then the picture shows some of
 * both, and is LZ4 all the same. The bytes may be a view of shared memory, which the next call overwrites.
 */
export function encodeLz4InPlace(rows: Rows, topDown: boolean, format: number): Uint8Array | null {
  checkRows(rows);
  const { data, stride, height, rowBytes } = rows;
  const direct = stride === rowBytes && data.byteOffset >= READ_BEFORE;
  const outAt = TABLE_BYTES + (direct ? 0 : align(rowBytes * height + SLACK));
  const room = work.over(data.buffer, outAt + outBytesOf(rows));
  if (room === null) return encodeLz4(rows, topDown, format);
  const { at: table, memory } = room;
  const p = direct ? data.byteOffset : table + TABLE_BYTES;
  if (!direct) room.work.copyRows(data.byteOffset, stride, rowBytes, height, p);
  return encodePicture(room.work, rows, topDown, format, { memory, table, p, out: table + outAt });
}
