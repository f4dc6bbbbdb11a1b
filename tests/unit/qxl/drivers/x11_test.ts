import { assertEquals, assertThrows } from "@std/assert";
import { readCookie, writeCookie } from "../../../../qxl/drivers/x11/cookie.ts";
import { FramebufferFile } from "../../../../qxl/drivers/x11/framebuffer_file.ts";
import { keyOf } from "../../../../qxl/drivers/x11/keycodes.ts";
import type { XDisplay } from "../../../../qxl/drivers/x11/x_display.ts";
import { XSeat } from "../../../../qxl/drivers/x11/x_seat.ts";
import { Monitors } from "../../../../qxl/drivers/x11/x_monitors.ts";
import { decode } from "../../../../core/binary/codec.ts";
import { WireError } from "../../../../core/binary/error.ts";
import { typeOf, typesOf } from "../../../../qxl/drivers/x11/selection_targets.ts";

Deno.test("scancodes become the key codes of an X server with the evdev rules", () => {
  assertEquals(keyOf([0x1e]), { keycode: 38, down: true });
  assertEquals(keyOf([0x9e]), { keycode: 38, down: false });
  assertEquals(keyOf([0xe0, 0x4b]), { keycode: 113, down: true });
  assertEquals(keyOf([0xe0, 0xb8]), { keycode: 108, down: false });
  assertEquals(keyOf([0xe1, 0x1d, 0x45]), { keycode: 127, down: true });
  assertEquals(keyOf([0xe1, 0x9d, 0xc5]), { keycode: 127, down: false });
  assertEquals(keyOf([0x56]), { keycode: 94, down: true });
  assertEquals([keyOf([]), keyOf([0]), keyOf([0xe0, 0x7f])], [null, null, null]);
});

Deno.test("a cookie is found in a file as xauth writes it, also when that is cut off", () => {
  const cookie = Uint8Array.from({ length: 16 }, (_, i) => i);
  const other = cookie.map((byte) => byte + 100);
  const file = Uint8Array.from([...writeCookie("7", other), ...writeCookie("", cookie)]);
  assertEquals(readCookie(file, "7"), other);
  assertEquals(readCookie(file, "5"), cookie);
  for (let n = 0; n < file.length; n++) readCookie(file.subarray(0, n), "5");
  assertEquals(readCookie(file.subarray(0, file.length - 1), "5"), null);
});

Deno.test("a framebuffer file is read where its header says, and refused when it is none", () => {
  const header = new DataView(new ArrayBuffer(100 + 2 * 12 + 3 * 20));
  for (const [word, value] of [[0, 100], [1, 7], [11, 32], [12, 20], [19, 2]]) {
    header.setUint32(word * 4, value);
  }
  for (let i = 0; i < 15; i++) header.setUint32(124 + i * 4, i, true);
  const all = new Uint8Array(header.buffer);
  const file = {
    readAt(offset: number, bytes: Uint8Array) {
      const part = all.subarray(offset, offset + bytes.length);
      bytes.set(part);
      return part.length;
    },
  };
  const pixels = new Uint32Array(12);
  new FramebufferFile(file).read({ top: 1, left: 1, bottom: 3, right: 3 }, pixels, 4);
  assertEquals([...pixels], [0, 0, 0, 0, 0, 6, 7, 0, 0, 11, 12, 0]);
  header.setUint32(11 * 4, 16);
  assertThrows(() => new FramebufferFile(file), Error, "not an XWD of 32 bits");
});

Deno.test("kinds of data have names in X and in SPICE", () => {
  assertEquals(typesOf(["TARGETS", "image/png", "STRING"]), ["text", "png"]);
  assertEquals([typeOf("UTF8_STRING"), typeOf("image/jpeg"), typeOf("MULTIPLE")], [
    "text",
    "jpg",
    null,
  ]);
});

Deno.test("monitors are read as RandR writes them, and no more of them than there are", () => {
  const reply = new Uint8Array([
    ...[9, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, ...new Uint8Array(12)],
    ...[70, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 32, 3, 88, 2, 212, 0, 0, 0, 159, 0, 0, 0, 5, 0, 0, 0],
    ...[71, 0, 0, 0, 0, 0, 0, 0, 32, 3, 0xff, 0xff, 128, 2, 88, 2, 169, 0, 0, 0, 159, 0, 0, 0],
  ]);
  const { monitors } = decode(Monitors, reply);
  assertEquals(monitors.map(({ x, y, width, height }) => [x, y, width, height]), [
    [0, 0, 800, 600],
    [800, -1, 640, 600],
  ]);
  assertEquals(monitors.map(({ primary, outputs }) => [primary, outputs]), [[1, [5]], [0, []]]);
  reply.fill(0xff, 4, 8);
  assertThrows(() => decode(Monitors, reply), WireError, "count is 4294967295");
});

Deno.test("while the X server takes nothing keys are bounded, motions left out, and it is told once", async () => {
  const played: number[] = [], troubles: string[] = [], stream = { writableNeedDrain: true };
  const display = {
    root: 1,
    x: { stream, pack_stream: { flush: () => {} } },
    extensions: {
      xtest: { FakeInput: (type: number) => void played.push(type) },
      xkb: { UseExtension: () => {}, SelectEvents: () => {} },
    },
    ask: () => Promise.resolve({ lockedMods: 0 }),
    onEvent: () => {},
  };
  const seat = new XSeat(({ message }) => void troubles.push(message));
  await seat.attach(display as unknown as XDisplay);
  const type = (times: number) => {
    for (let i = 0; i < times; i++) {
      seat.keyboard.scancode([0x1e]);
      seat.keyboard.scancode([0x9e]);
      seat.pointer.press("left", 0);
      seat.pointer.release("left", 0);
      seat.pointer.motion(1, 1, 0);
      seat.pointer.position(1, 1, 0, 0);
    }
  };
  type(5000);
  assertEquals(played.filter((type) => type !== 6).length, 2000);
  // each button that is pressed goes where the pointer was by then; the first had not moved
  assertEquals(played.length, 2000 + 499);
  assertEquals(troubles.length, 1);
  stream.writableNeedDrain = false;
  const before = played.length;
  type(1);
  assertEquals(played.slice(before), [2, 3, 6, 4, 5, 6, 6]);
  stream.writableNeedDrain = true;
  type(1);
  assertEquals([played.length, troubles.length], [before + 7 + 4, 1]);
});
