import { assertEquals } from "@std/assert";
import {
  be,
  type Cell,
  fixed28_4,
  flagsOf,
  i16,
  i32,
  i64,
  i8,
  u16,
  u32,
  u64,
  u8,
} from "../../../../core/binary/cell.ts";
import { decode, encode } from "../../../../core/binary/codec.ts";

const is = <T>(cell: Cell<T>, value: T, ...bytes: number[]) => {
  assertEquals(encode(cell, value), Uint8Array.from(bytes));
  assertEquals(decode(cell, Uint8Array.from(bytes)), value);
  assertEquals(cell.size, bytes.length);
};

Deno.test("numbers are little-endian, and network order where it is asked for", () => {
  is(u8, 0xfe, 0xfe);
  is(i8, -2, 0xfe);
  is(u16, 0x1234, 0x34, 0x12);
  is(i16, -2, 0xfe, 0xff);
  is(u32, 0xfedcba98, 0x98, 0xba, 0xdc, 0xfe);
  is(i32, -2, 0xfe, 0xff, 0xff, 0xff);
  is(u64, 0xfedcba9876543210n, 0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe);
  is(i64, -2n, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
  is(be.u16, 0x1234, 0x12, 0x34);
  is(be.i32, -2, 0xff, 0xff, 0xff, 0xfe);
  is(be.u64, 1n, 0, 0, 0, 0, 0, 0, 0, 1);
});

Deno.test("28.4 is the real number", () => {
  is(fixed28_4, 1.5, 24, 0, 0, 0);
  is(fixed28_4, -0.0625, 0xff, 0xff, 0xff, 0xff);
  assertEquals(encode(fixed28_4, 1.03), encode(fixed28_4, 1));
});

Deno.test("flags are masks by name, and unknown bits are kept", () => {
  const Flags = flagsOf(u32, { low: 0, high: 31 });
  assertEquals([Flags.low, Flags.high], [1, 0x80000000]);
  is(Flags, 0x80000005, 5, 0, 0, 0x80);
});
