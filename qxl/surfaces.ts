import { GuestError } from "../core/binary/error.ts";
import { SurfaceFormat } from "../core/protocol/display.ts";
import { rowBytes, type Surface } from "../core/raster/surface.ts";
import type { Physical, Slots } from "./slots.ts";
import type { VideoMemory } from "./video_memory.ts";

const formats = new Map<number, SurfaceFormat>();
for (const [name, n] of Object.entries(SurfaceFormat.values)) {
  if (name !== "invalid") formats.set(n, name as SurfaceFormat);
}

/** What a guest says of a surface that it makes. */
export interface SurfaceRequest {
  readonly format: number;
  readonly width: number;
  readonly height: number;
  /** Bytes from a row to the next; negative: the bottom row lies first. */
  readonly stride: number;
  readonly address: Physical;
  /** What lies there is the picture already. */
  readonly keepData: boolean;
}

/** A surface in card memory. Source: red_validate_surface and dev_create_primary_surface. */
export function surfaceAt(
  memory: VideoMemory,
  slots: Slots,
  { format: number, width, height, stride, address, keepData }: SurfaceRequest,
): Surface {
  const format = formats.get(number);
  if (!format) throw new GuestError(`Cannot make a surface: ${number} is no format`);
  const pitch = Math.abs(stride);
  if (width === 0 || height === 0 || pitch % 4 !== 0 || rowBytes64(format, width) > pitch) {
    throw new GuestError(`Cannot make a surface of ${width}×${height} ${format}, stride ${stride}`);
  }
  const size = pitch * height;
  const at = slots.resolve(address, size, "Surface.data");
  if (at % 4 !== 0) throw new GuestError(`Cannot make a surface at ${at}: pixels are not aligned`);
  const bytes = memory.slice(at, size);
  if (!keepData) bytes.fill(0);
  const origin = stride < 0 ? size - pitch : 0;
  return { width, height, format, bytes, origin, stride };
}

/** rowBytes for a width that may be any u32. */
function rowBytes64(format: SurfaceFormat, width: number): number {
  return width > 0xfffffff ? Infinity : rowBytes(format, width);
}
