import { rest } from "../binary/bytes.ts";
import { enumOf, flagsOf, u16, u64, u8 } from "../binary/cell.ts";
import type { Value } from "../binary/codec.ts";
import { struct, unless } from "../binary/struct.ts";
import { channel } from "./channel.ts";
import { Point16 } from "./drawing.ts";

/** spice.proto: enum8 cursor_type */
export const CursorType = enumOf(u8, {
  alpha: 0,
  mono: 1,
  color4: 2,
  color8: 3,
  color16: 4,
  color24: 5,
  color32: 6,
});
export type CursorType = Value<typeof CursorType>;

/** spice.proto: flags16 cursor_flags. none: there is no cursor, and no header follows. */
export const CursorFlags = flagsOf(u16, { none: 0, cacheMe: 1, fromCache: 2 });

/** spice.proto: struct CursorHeader */
export const CursorHeader = struct("CursorHeader", {
  unique: u64,
  type: CursorType,
  width: u16,
  height: u16,
  hotSpotX: u16,
  hotSpotY: u16,
});
export type CursorHeader = Value<typeof CursorHeader>;

/**
 * spice.proto: struct Cursor. data of alpha: width × height pixels b, g, r, a, premultiplied;
 * mono: the AND bitmap, then the XOR bitmap, rows padded to bytes; colour: pixels, palette, AND bitmap.
 */
export const Cursor = struct("Cursor", {
  flags: CursorFlags,
  header: unless("flags", CursorFlags.none, CursorHeader),
  data: rest,
});
export type Cursor = Value<typeof Cursor>;

/** spice.proto: channel CursorChannel */
export const CursorChannel = channel({
  name: "cursor",
  id: 4,
  server: {
    init: [101, {
      position: Point16,
      trailLength: u16,
      trailFrequency: u16,
      visible: u8,
      cursor: Cursor,
    }],
    reset: [102, {}],
    set: [103, { position: Point16, visible: u8, cursor: Cursor }],
    move: [104, { position: Point16 }],
    hide: [105, {}],
    trail: [106, { length: u16, frequency: u16 }],
    invalOne: [107, { id: u64 }],
    invalAll: [108, {}],
  },
  client: {},
});
