/** Commands other than drawings, and what came by I/O port. Source of truth: server/red-record-qxl.cpp of spice 0.15. */
import type { CursorCommand } from "../../../core/guest.ts";
import { CursorType } from "../../../core/protocol/cursor.ts";
import { SurfaceFormat } from "../../../core/protocol/display.ts";
import { drawable } from "./recorded_drawing.ts";
import { pointOf, rect } from "./recorded_parts.ts";
import type { RecordedAction } from "./recording.ts";
import { key, type RecordText } from "./record_text.ts";

const k = {
  update: key("update\n"),
  area: key("rect area "),
  updateId: key("update_id "),
  surfaceId: key("surface_id "),
  message: key("message "),
  surfaceCmd: key("surface_cmd\n"),
  type: key("type "),
  flags: key("flags "),
  format: key("u.surface_create.format "),
  width: key("u.surface_create.width "),
  height: key("u.surface_create.height "),
  stride: key("u.surface_create.stride "),
  data: key("data "),
  cursorCmd: key("cursor_cmd\n"),
  point16: key("point16 "),
  visible: key("u.set.visible "),
  unique: key("header.unique "),
  cursorType: key("header.type "),
  cursorWidth: key("header.width "),
  cursorHeight: key("header.height "),
  hotX: key("header.hot_spot_x "),
  hotY: key("header.hot_spot_y "),
  dataSize: key("data_size "),
  cursor: key("cursor "),
  trailLength: key("u.trail.length "),
  trailFrequency: key("u.trail.frequency "),
  nothing: key(""),
};

/** A command from a ring. type: QXL_CMD_*. */
export function commandOf(t: RecordText, type: number): RecordedAction {
  switch (type) {
    case 0:
      return { kind: "nop" };
    case 1: {
      const { drawing, options } = drawable(t);
      return drawing ? { kind: "draw", drawing, options } : { kind: "nop" };
    }
    case 2: {
      t.skip(k.update);
      const area = rect(t, k.area);
      t.number(k.updateId);
      return { kind: "update", surfaceId: t.number(k.surfaceId) >>> 0, area };
    }
    case 3:
      return { kind: "cursor", command: cursorOf(t) };
    case 4:
      return { kind: "message", text: t.binary(k.message) };
    case 5:
      return surfaceOf(t);
    default:
      return t.fail(`command type ${type}, and there are 0 to 5`);
  }
}

/** enum RedWorkerMessage. Only the creation of a primary has a body: it begins with a digit. */
export function messageOf(t: RecordText, message: number): RecordedAction {
  if (t.digitAhead()) return primaryOf(t);
  switch (message) {
    case 19:
    case 28:
      return { kind: "surfacesDestroy" };
    case 21:
    case 30:
      return { kind: "primaryDestroy" };
    case 22:
      return { kind: "cursor", command: { kind: "reset" } };
    default:
      return { kind: "worker", message };
  }
}

const formats = new Map(
  Object.entries(SurfaceFormat.values).map(([name, n]) => [n as number, name as SurfaceFormat]),
);

function formatOf(t: RecordText, n: number): SurfaceFormat {
  return formats.get(n) ?? t.fail(`surface format ${n} is none of ${[...formats.keys()]}`);
}

const four = new Float64Array(4);

function primaryOf(t: RecordText): RecordedAction {
  const [width, height, stride, format] = t.numbers(k.nothing, four);
  const [position, mouseMode, flags, type] = t.numbers(k.nothing, four);
  const pixels = t.binary(k.data);
  if (pixels.length !== Math.abs(stride) * height && pixels.length !== 0) {
    t.fail(`a primary of ${height} rows of ${stride} bytes has ${pixels.length} bytes`);
  }
  return {
    kind: "primaryCreate",
    width,
    height,
    stride,
    format: formatOf(t, format),
    position,
    mouseMode,
    flags,
    type,
    pixels,
  };
}

/** qxl_dev.h: QXL_SURF_FLAG_KEEP_DATA */
const keepData = 1;

function surfaceOf(t: RecordText): RecordedAction {
  t.skip(k.surfaceCmd);
  const id = t.number(k.surfaceId) >>> 0, type = t.number(k.type), flags = t.number(k.flags);
  if (type === 1) return { kind: "surfaceDestroy", id };
  if (type !== 0) t.fail(`surface command ${type}, neither create (0) nor destroy (1)`);
  const format = formatOf(t, t.number(k.format));
  const width = t.number(k.width), height = t.number(k.height), stride = t.number(k.stride);
  const pixels = flags & keepData ? t.binary(k.data) : null;
  if (pixels && pixels.length !== Math.abs(stride) * height) {
    t.fail(`a surface of ${height} rows of ${stride} bytes has ${pixels.length} bytes`);
  }
  return { kind: "surfaceCreate", id, format, width, height, stride, pixels };
}

const cursorTypes = Object.keys(CursorType.values) as CursorType[];

function cursorOf(t: RecordText): CursorCommand {
  t.skip(k.cursorCmd);
  const type = t.number(k.type);
  switch (type) {
    case 0: {
      const position = pointOf(t, k.point16), visible = t.number(k.visible) !== 0;
      const unique = t.big(k.unique), number = t.number(k.cursorType);
      const type = cursorTypes[number] ?? t.fail(`cursor type ${number}, and there are 0 to 6`);
      const width = t.number(k.cursorWidth), height = t.number(k.cursorHeight);
      const hotSpotX = t.number(k.hotX), hotSpotY = t.number(k.hotY);
      t.number(k.dataSize);
      const data = t.chunks(k.cursor);
      const header = { unique, type, width, height, hotSpotX, hotSpotY };
      return { kind: "set", position, visible, shape: { flags: 0, header, data } };
    }
    case 1:
      return { kind: "move", position: pointOf(t, k.point16) };
    case 2:
      return { kind: "hide" };
    case 3: {
      const length = t.number(k.trailLength);
      return { kind: "trail", length, frequency: t.number(k.trailFrequency) };
    }
    default:
      return t.fail(`cursor command ${type}, and there are 0 to 3`);
  }
}
