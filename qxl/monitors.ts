import { GuestError } from "../core/binary/error.ts";
import type { MonitorsConfig } from "../core/guest.ts";
import type { Head } from "../core/protocol/display.ts";
import * as qxl from "./memory.ts";
import type { Physical, Slots } from "./slots.ts";
import type { VideoMemory } from "./video_memory.ts";

const { count: COUNT, maxAllowed: MAX_ALLOWED } = qxl.MonitorsConfig.at;
const HEADS = qxl.MonitorsConfig.size;
/** Heads that are looked at: 16 are as many as clients know. */
const MAX_HEADS = 256;

/** The driver's QXLMonitorsConfig. most: heads that the card has. Source: handle_dev_monitors_config_async. */
export function monitorsAt(
  { view }: VideoMemory,
  slots: Slots,
  address: Physical,
  most: number,
): MonitorsConfig {
  const at = slots.resolve(address, HEADS, "MonitorsConfig");
  const count = view.getUint16(at + COUNT, true);
  const maxAllowed = view.getUint16(at + MAX_ALLOWED, true);
  if (count === 0 || count > maxAllowed) {
    throw new GuestError(`Cannot read MonitorsConfig.count: ${count} of ${maxAllowed}`);
  }
  if (at + HEADS + count * qxl.Head.size > slots.end) {
    throw new GuestError(`Cannot read MonitorsConfig.heads: the slot ends before ${count} heads`);
  }
  const heads = Array.from({ length: Math.min(count, most, MAX_HEADS) }, (_, i): Head => {
    const from = at + HEADS + i * qxl.Head.size, head = qxl.Head.at;
    return {
      monitorId: view.getUint32(from + head.id, true),
      surfaceId: view.getUint32(from + head.surfaceId, true),
      width: view.getUint32(from + head.width, true),
      height: view.getUint32(from + head.height, true),
      x: view.getUint32(from + head.x, true),
      y: view.getUint32(from + head.y, true),
      flags: view.getUint32(from + head.flags, true),
    };
  });
  return { maxAllowed: Math.min(maxAllowed, most), heads };
}
