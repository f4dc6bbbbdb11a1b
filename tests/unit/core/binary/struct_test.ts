import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import {
  bytes,
  bytesBy,
  bytesOf,
  counted,
  list,
  rest,
  restOf,
} from "../../../../core/binary/bytes.ts";
import { enumOf, flagsOf, isCell, u16, u32, u8 } from "../../../../core/binary/cell.ts";
import { type Codec, decode, encode } from "../../../../core/binary/codec.ts";
import { WireError } from "../../../../core/binary/error.ts";
import { ptr } from "../../../../core/binary/pointer.ts";
import { given, lengthOf, struct, unless, when } from "../../../../core/binary/struct.ts";
import { variant } from "../../../../core/binary/variant.ts";
import { Display } from "../../../../core/protocol/display.ts";

const Rect = struct("Rect", { top: u8, left: u16 });
const Kind = enumOf(u8, { none: 0, rects: 1 });

/** The path, byte and reason of what a reader says. */
function saidOf(codec: Codec<unknown>, ...input: number[]): [string, number, string] {
  const error = assertThrows(() => decode(codec, Uint8Array.from(input)));
  assertInstanceOf(error, WireError);
  return [error.path, error.at, error.reason];
}

Deno.test("a struct names the field, and the byte, that the message is too short for", () => {
  const Outer = struct("Outer", { head: u32, rect: Rect, tail: u8 });
  assertEquals(saidOf(Outer, 1, 0, 0, 0, 9, 1), ["rect.left", 5, "needs 2 bytes, 1 remain"]);
  assertEquals(saidOf(Outer, 1, 0), ["head", 0, "needs 4 bytes, 2 remain"]);
});

Deno.test("a name that a number does not stand for is told with its path and place", () => {
  const Outer = struct("Outer", { head: u16, inner: struct("Inner", { a: u8, kind: Kind }) });
  assertEquals(saidOf(Outer, 0, 0, 0, 7), ["inner.kind", 3, "7 is none of none, rects"]);
  assertEquals(saidOf(struct("S", { x: ptr(Outer) }), 4, 0, 0, 0, 0, 0, 0, 9), [
    "x.inner.kind",
    7,
    "9 is none of none, rects",
  ]);
  const error = assertThrows(() => decode(Outer, Uint8Array.of(0, 0, 0, 7)), WireError);
  assertEquals(
    error.message,
    "Cannot read inner.kind: 7 is none of none, rects (at byte 3)",
  );
});

Deno.test("a number without a name reads as another where that is said", () => {
  const Button = enumOf(u8, { none: 0, left: 1 }, "none");
  assertEquals(decode(Button, Uint8Array.of(9)), "none");
  assertEquals(decode(struct("S", { a: u8, button: Button }), Uint8Array.of(1, 9)).button, "none");
});

Deno.test("an item of a list is told by its index", () => {
  const Listed = struct("Listed", { items: list(u8, struct("Item", { kind: Kind })) });
  assertEquals(saidOf(Listed, 3, 0, 1, 5)[0], "items[2].kind");
  const Nested = struct("Nested", { rows: list(u8, list(u8, Kind)) });
  assertEquals(saidOf(Nested, 2, 1, 0, 2, 1, 9), ["rows[1][1]", 5, "9 is none of none, rects"]);
  const Pointed = struct("Pointed", { items: list(u8, ptr(Kind)) });
  assertEquals(saidOf(Pointed, 2, 0, 0, 0, 0, 10, 0, 0, 0, 0)[0], "items[1]");
});

Deno.test("a drawing's error leads to the field of the very rect", () => {
  const { codec } = Display.server.byName.drawCopy;
  const head = [0, 0, 0, 0, ...new Array(16).fill(0), 1, 2, 0, 0, 0];
  assertEquals(saidOf(codec, ...head, ...new Array(31).fill(0)).slice(0, 2), [
    "base.clip.rects",
    25,
  ]);
  assertEquals(
    saidOf(codec, ...head, ...new Array(32).fill(0), 0xff, 0xff, 0xff, 0xff).slice(0, 2),
    ["data.srcBitmap", 61],
  );
});

Deno.test("a count is checked against what remains before anything is allocated", () => {
  const Many = struct("Many", { items: list(u32, Rect) });
  assertEquals(saidOf(Many, 0xff, 0xff, 0xff, 0xff, 1), [
    "items",
    4,
    "count is 4294967295, 1 bytes remain",
  ]);
  assertEquals(saidOf(struct("B", { data: counted(u32) }), 0, 0, 0, 0x80)[0], "data");
  const empty = list(u32, struct("Nothing", {}));
  assertEquals(saidOf(empty, 0, 0, 0, 0x80)[2], "pointers make it longer than the message");
});

Deno.test("a length is derived when writing and is no part of the value", () => {
  const Text = struct("Text", { size: lengthOf(u16, "text"), flags: u8, text: bytes("size") });
  const value = { flags: 1, text: Uint8Array.of(5, 6) };
  assertEquals(encode(Text, value), Uint8Array.of(2, 0, 1, 5, 6));
  assertEquals(decode(Text, Uint8Array.of(2, 0, 1, 5, 6)), value);
});

Deno.test("a gated field is there when its flag says so, and must be when writing", () => {
  const Flags = flagsOf(u8, { x: 0, y: 3 });
  const Gated = struct("Gated", {
    flags: Flags,
    x: when("flags", Flags.x, u8),
    noY: unless("flags", Flags.y, u16),
    end: given(false, u32),
  });
  assertEquals(decode(Gated, Uint8Array.of(1, 7, 2, 1)), { flags: 1, x: 7, noY: 0x102 });
  assertEquals(decode(Gated, Uint8Array.of(8)), { flags: 8 });
  assertEquals(encode(Gated, { flags: 0x89, x: 3 }), Uint8Array.of(0x89, 3));
  assertThrows(() => encode(Gated, { flags: 9 }), TypeError, "flags promises a field");
  assertThrows(() => encode(struct("G", { a: given(true, u8) }), {}), TypeError, "agreed on");
});

Deno.test("a tag picks the arm; one without an arm, or without a name, is an error", () => {
  const Tag = enumOf(u8, { a: 1, b: 2, c: 3 });
  const Union = variant("Union", { id: u16, tag: Tag, more: u8 }, "tag", { a: { x: u8 }, b: {} });
  assertEquals(decode(Union, Uint8Array.of(5, 0, 1, 9, 4)), { id: 5, tag: "a", more: 9, x: 4 });
  assertEquals(encode(Union, { id: 5, tag: "b", more: 9 }), Uint8Array.of(5, 0, 2, 9));
  assertEquals(saidOf(Union, 5, 0, 3, 9), ["", 4, "tag c may not stand here"]);
  assertEquals(saidOf(Union, 5, 0, 8, 9), ["tag", 2, "8 is none of a, b, c"]);
  assertEquals(saidOf(Union, 5, 0), ["tag", 2, "needs 1 bytes, 0 remain"]);
  assertEquals(saidOf(Union, 5, 0, 1, 9), ["x", 4, "needs 1 bytes, 0 remain"]);
  assertThrows(() => encode(Union, { id: 5, tag: "c", more: 9 } as never), TypeError, "tag is c");
  assertThrows(() => encode(Tag, "toString" as never), TypeError, "none of a, b, c");
});

Deno.test("bytes whose number a rule makes are refused when there are more or fewer", () => {
  const Rows = struct("Rows", { stride: u8, y: u8, data: bytesBy(({ stride, y }) => stride * y) });
  assertEquals(decode(Rows, Uint8Array.of(2, 1, 8, 9)).data, Uint8Array.of(8, 9));
  assertEquals(saidOf(Rows, 2, 2, 8, 9)[2], "needs 4 bytes, 2 remain");
  assertThrows(
    () => encode(Rows, { stride: 2, y: 2, data: new Uint8Array(3) }),
    RangeError,
    "Cannot write 3 bytes where 4 belong",
  );
  assertThrows(() => encode(bytesOf(2), new Uint8Array(1)), RangeError);
  assertThrows(() => encode(list(2, u8), [1]), RangeError, "1 items where 2 belong");
});

Deno.test("what is left is bytes, or a whole number of items", () => {
  assertEquals(decode(struct("R", { a: u8, data: rest }), Uint8Array.of(1, 2, 3)).data.length, 2);
  assertEquals(decode(restOf(u16), Uint8Array.of(1, 0, 2, 0)), [1, 2]);
  assertEquals(saidOf(restOf(u16), 1, 0, 2)[2], "3 bytes are no whole number of items");
});

Deno.test("a struct of cells is a cell: read and written in place", () => {
  const Inner = struct("Inner", { a: u8, kind: Kind });
  const Outer = struct("Outer", { x: u16, inner: Inner });
  if (!isCell(Outer)) throw new TypeError("it is none");
  const view = new DataView(new ArrayBuffer(8));
  const value = { x: 0x201, inner: { a: 3, kind: "rects" } } as const;
  Outer.set(view, 4, value);
  assertEquals(new Uint8Array(view.buffer), Uint8Array.of(0, 0, 0, 0, 1, 2, 3, 1));
  assertEquals(Outer.get(view, 4), value);
  view.setUint8(7, 9);
  const error = assertThrows(() => Outer.get(view, 4), WireError);
  assertEquals([error.path, error.at], ["inner.kind", 7]);
});

Deno.test("bytes behind a message of one size are too many", () => {
  assertEquals(saidOf(Rect, 1, 2, 3, 4)[2], "1 bytes too many");
  assertEquals(decode(Rect, Uint8Array.of(1, 2, 3, 4), { rest: true }), { top: 1, left: 0x302 });
});
