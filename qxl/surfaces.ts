import { GuestError } from "../core/binary/error.ts";
import { SurfaceFormat } from "../core/protocol/display.ts";
import { rowBytes, type Surface } from "../core/raster/surface.ts";
import * as qxl from "./memory.ts";
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

const { surfaceId: ID, type: TYPE, flags: FLAGS, u: { surfaceCreate: CREATE } } = qxl.SurfaceCmd.at;

/** A QXLSurfaceCmd; without a request it destroys. */
export interface SurfaceCommand {
  readonly id: number;
  readonly request?: SurfaceRequest;
}

/** The command whose QXLSurfaceCmd is at `at`, in a slot that ends at `end`. limit: ids there are. */
export function surfaceCommand(
  { view }: VideoMemory,
  at: number,
  end: number,
  limit: number,
): SurfaceCommand {
  if (at + qxl.SurfaceCmd.size > end) {
    throw new GuestError("Cannot read SurfaceCmd: its slot ends inside");
  }
  const id = view.getUint32(at + ID, true);
  const type = view.getUint8(at + TYPE);
  // SPEC: the primary has ports of its own
  if (id === 0 || id >= limit) {
    throw new GuestError(
      `Cannot read SurfaceCmd.surfaceId: ${id}, and there are 1 to ${limit - 1}`,
    );
  }
  if (type === qxl.SurfaceCommandType.destroy) return { id };
  if (type !== qxl.SurfaceCommandType.create) {
    throw new GuestError(`Cannot read SurfaceCmd.type: ${type} is none`);
  }
  return {
    id,
    request: {
      format: view.getUint32(at + CREATE.format, true),
      width: view.getUint32(at + CREATE.width, true),
      height: view.getUint32(at + CREATE.height, true),
      stride: view.getInt32(at + CREATE.stride, true),
      address: view.getBigUint64(at + CREATE.data, true) as Physical,
      keepData: (view.getUint32(at + FLAGS, true) & qxl.KEEP_DATA) !== 0,
    },
  };
}

/** rowBytes for a width that may be any u32. */
function rowBytes64(format: SurfaceFormat, width: number): number {
  return width > 0xfffffff ? Infinity : rowBytes(format, width);
}
