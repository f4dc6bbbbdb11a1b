import { InPlace } from "../in_place.ts";
import { encodeUnits, type LzWork, planOf, TABLE_BYTES } from "./encode.ts";
import { code } from "./in_place.wasm.ts";
import { encodeLz, type LzRows } from "./mod.ts";

const work = new InPlace<LzWork>(code);

/**
 * `encodeLz` of rows that are read where they lie, if that is where WebAssembly may work
 * (core/binary/linear.ts). Who has that memory may change them meanwhile: then the picture shows some of
 * both, and is LZ all the same. The bytes may be a view of shared memory, which the next call overwrites.
 */
export function encodeLzInPlace(rows: LzRows): Uint8Array {
  const { data, stride, height } = rows, plan = planOf(rows);
  const { rowBytes, perRow, itemBytes } = plan;
  const where = itemBytes === 4 && stride === rowBytes ? data.byteOffset : null;
  const unitsAt = TABLE_BYTES, outAt = unitsAt + (where === null ? plan.unitBytes : 0);
  const room = work.over(data.buffer, outAt + plan.outBytes);
  if (room === null) return encodeLz(rows);
  const { at: table, memory } = room;
  const units = where ?? table + unitsAt;
  if (where === null) {
    room.work.gather(data.byteOffset, stride, itemBytes, perRow, height, units);
  }
  return encodeUnits(room.work, rows, plan, { memory, table, units, out: table + outAt });
}
