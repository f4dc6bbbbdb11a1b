import { GuestError } from "../core/binary/error.ts";
import type { CursorCommand } from "../core/guest.ts";
import { type Cursor, CursorType } from "../core/protocol/cursor.ts";
import type { Point16 } from "../core/protocol/drawing.ts";
import type { Chunks } from "./chunks.ts";
import * as qxl from "./memory.ts";
import type { Slots } from "./slots.ts";
import type { VideoMemory } from "./video_memory.ts";

const { type: TYPE, u: { set, trail, position } } = qxl.CursorCmd.at;
const { header } = qxl.Cursor.at;
/** Wider than any pointer, so that a shape stays small. */
const MAX_SIDE = 1024;

const types: CursorType[] = [];
for (const [name, n] of Object.entries(CursorType.values)) types[n] = name as CursorType;

/** Bytes of a shape: pixels, then the palette, then the AND mask. */
function shapeBytes(type: CursorType, width: number, height: number): number {
  const mask = (width + 7 >> 3) * height;
  switch (type) {
    case "alpha":
      return width * height * 4;
    case "mono":
      return mask * 2;
    case "color4":
      return (width + 1 >> 1) * height + 16 * 4 + mask;
    case "color8":
      return width * height + 256 * 4 + mask;
    case "color16":
      return width * height * 2 + mask;
    case "color24":
      return width * height * 3 + mask;
    case "color32":
      return width * height * 4 + mask;
  }
}

/** Guest memory in, cursor commands out. Source: red_get_cursor_cmd in red-parse-qxl.cpp. */
export class Cursors {
  readonly #view: DataView;
  readonly #slots: Slots;
  readonly #chunks: Chunks;

  constructor(memory: VideoMemory, slots: Slots, chunks: Chunks) {
    this.#view = memory.view;
    this.#slots = slots;
    this.#chunks = chunks;
  }

  /** The command whose QXLCursorCmd is at `at`, in a slot that ends at `end`. */
  command(at: number, end: number): CursorCommand {
    if (at + set.shape + 8 > end) {
      throw new GuestError("Cannot read CursorCmd: its slot ends inside");
    }
    const view = this.#view;
    const type = view.getUint8(at + TYPE);
    switch (type) {
      case qxl.CursorCommandType.set:
        return {
          kind: "set",
          position: this.#point(at + set.position.x),
          visible: view.getUint8(at + set.visible) !== 0,
          shape: this.#shape(at + set.shape),
        };
      case qxl.CursorCommandType.move:
        return { kind: "move", position: this.#point(at + position.x) };
      case qxl.CursorCommandType.hide:
        return { kind: "hide" };
      case qxl.CursorCommandType.trail:
        return {
          kind: "trail",
          length: view.getUint16(at + trail.length, true),
          frequency: view.getUint16(at + trail.frequency, true),
        };
    }
    throw new GuestError(`Cannot read CursorCmd.type: ${type} is none`);
  }

  #point(at: number): Point16 {
    return { x: this.#view.getInt16(at, true), y: this.#view.getInt16(at + 2, true) };
  }

  #shape(pointer: number): Cursor {
    const what = "CursorCmd.shape";
    const view = this.#view;
    const at = this.#slots.follow(pointer, qxl.Cursor.size, what);
    const end = this.#slots.end;
    const unique = view.getBigUint64(at + header.unique, true);
    const number = view.getUint16(at + header.type, true);
    const width = view.getUint16(at + header.width, true);
    const height = view.getUint16(at + header.height, true);
    const hotSpotX = view.getUint16(at + header.hotSpotX, true);
    const hotSpotY = view.getUint16(at + header.hotSpotY, true);
    const type = types[number];
    if (type === undefined) throw new GuestError(`Cannot read ${what}.type: ${number} is none`);
    if (width > MAX_SIDE || height > MAX_SIDE) {
      throw new GuestError(`Cannot read ${what}: it is ${width}×${height}`);
    }
    const said = view.getUint32(at + qxl.Cursor.at.dataSize, true);
    const needed = shapeBytes(type, width, height);
    const data = this.#chunks.read(
      at + qxl.Cursor.at.chunk.dataSize,
      end,
      needed + 4 * MAX_SIDE,
      what,
    );
    const size = Math.min(said, data.length);
    if (size < needed) {
      throw new GuestError(
        `Cannot read ${what}: ${size} bytes for ${width}×${height} ${type}, expected ${needed}`,
      );
    }
    // a copy: late joiners see it long after the guest has its memory back
    return {
      flags: 0,
      header: { unique, type, width, height, hotSpotX, hotSpotY },
      data: new Uint8Array(data.subarray(0, size)),
    };
  }
}
