import { assertEquals, assertThrows } from "@std/assert";
import { counted, list } from "../../../../core/binary/bytes.ts";
import { u16, u32, u8 } from "../../../../core/binary/cell.ts";
import { type Codec, decode, encode, noCounts, noFields } from "../../../../core/binary/codec.ts";
import { Reader, Writer } from "../../../../core/binary/cursor.ts";
import { WireError } from "../../../../core/binary/error.ts";
import { ptr, ref } from "../../../../core/binary/pointer.ts";
import { lengthOf, struct } from "../../../../core/binary/struct.ts";
import { zeroFollowed, zeroTerminated } from "../../../../core/binary/text.ts";

Deno.test("a writer copies bytes out of shared memory, and again when it grows", () => {
  const guest = new Uint8Array(new SharedArrayBuffer(64)).fill(5);
  const w = new Writer(8);
  w.put(guest.subarray(0, 40));
  guest.fill(6);
  w.put(guest.subarray(0, 40));
  assertEquals(w.written(), new Uint8Array(80).fill(5, 0, 40).fill(6, 40));
  assertEquals(w.written().buffer instanceof ArrayBuffer, true);
});

Deno.test("a message that could not be written leaves no trace, and no pointer behind", () => {
  const Pointed = struct("Pointed", { text: ptr(counted(u8)), n: u8 });
  const w = new Writer(4);
  w.begin();
  Pointed.write(w, { text: Uint8Array.of(1), n: 2 }, noFields);
  w.finish();
  const at = w.at;
  w.begin();
  Pointed.write(w, { text: Uint8Array.of(9), n: 9 }, noFields);
  w.rewind(at);
  w.begin();
  Pointed.write(w, { text: null, n: 3 }, noFields);
  w.finish();
  assertEquals(w.written(), Uint8Array.of(5, 0, 0, 0, 2, 1, 1, 0, 0, 0, 0, 3));
});

Deno.test("what is pointed to stands in the order of the pointers, and its own behind all of them", () => {
  const Leaf = struct("Leaf", { n: u8 });
  const Node = struct("Node", { n: u8, leaf: ref(Leaf) });
  const Two = struct("Two", { a: ref(Node), b: ref(Node) });
  const value = { a: { n: 1, leaf: { n: 2 } }, b: { n: 3, leaf: { n: 4 } } };
  const bytes = Uint8Array.of(8, 0, 0, 0, 13, 0, 0, 0, 1, 18, 0, 0, 0, 3, 19, 0, 0, 0, 2, 4);
  assertEquals(encode(Two, value), bytes);
  assertEquals(decode(Two, bytes), value);
});

Deno.test("a deferred body runs after the message, and one without bytes is null", () => {
  const w = new Writer(4);
  w.put(Uint8Array.of(0xee));
  w.begin();
  w.defer(() => w.put(Uint8Array.of(1, 2)));
  w.defer(() => {});
  w.finish();
  assertEquals(w.written(), Uint8Array.of(0xee, 8, 0, 0, 0, 0, 0, 0, 0, 1, 2));
});

Deno.test("pointers count from the message's start, wherever that lies in the buffer", () => {
  const Pointed = struct("Pointed", { n: ptr(u16) });
  const buffer = Uint8Array.of(9, 9, 9, 4, 0, 0, 0, 7, 8, 9);
  assertEquals(Pointed.read(new Reader(buffer, 3, 9), noFields, noCounts), { n: 0x807 });
  const error = assertThrows(
    () => Pointed.read(new Reader(buffer, 3, 8), noFields, noCounts),
    WireError,
  );
  assertEquals([error.path, error.at, error.reason], ["n", 4, "needs 2 bytes, 1 remain"]);
});

Deno.test("a pointer to the end, beyond it, or null where none may be, is refused", () => {
  const Pointed = struct("Pointed", { n: ref(u8) });
  const reasonOf = (offset: number) =>
    assertThrows(() => decode(Pointed, Uint8Array.of(offset, 0, 0, 0, 1)), WireError).reason;
  assertEquals(reasonOf(5), "pointer 5 is beyond the message's 5 bytes");
  assertEquals(reasonOf(200), "pointer 200 is beyond the message's 5 bytes");
  assertEquals(reasonOf(0), "pointer is null");
});

Deno.test("a pointer to its own place ends at a depth", () => {
  interface Ring {
    next: Ring | null;
  }
  const Ring: Codec<Ring> = struct("Ring", {
    next: ptr<Ring>({ ...{} as Codec<Ring>, min: 4, read }),
  });
  function read(...[r, fields, counts]: Parameters<Codec<Ring>["read"]>): Ring {
    return Ring.read(r, fields, counts);
  }
  const looped = Uint8Array.of(4, 0, 0, 0, 4, 0, 0, 0);
  assertEquals(
    assertThrows(() => decode(Ring, looped), WireError).reason,
    "pointers nest deeper than 16",
  );
});

Deno.test("many pointers to the same bytes are no cheap way to much work", () => {
  const Row = list(u16, u32);
  const Table = list(u16, ref(Row));
  const count = 1000;
  const bytes = new Uint8Array(2 + 4 * count + 2 + 4 * count);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, count, true);
  for (let i = 0; i < count; i++) view.setUint32(2 + 4 * i, 2 + 4 * count, true);
  view.setUint16(2 + 4 * count, count, true);
  const error = assertThrows(() => decode(Table, bytes), WireError);
  assertEquals(error.reason, "pointers make it longer than the message");
  assertEquals(error.path, "[3]");
});

Deno.test("bulk bytes are views of what was read", () => {
  const bytes = Uint8Array.of(2, 7, 8);
  const data = decode(counted(u8), bytes);
  bytes[1] = 9;
  assertEquals(data, Uint8Array.of(9, 8));
});

Deno.test("a text's NUL is written even where the buffer must grow for it", () => {
  const Counted = struct("Counted", {
    size: lengthOf(u8, "text", 1),
    text: zeroTerminated("size"),
  });
  const Followed = struct("Followed", { size: lengthOf(u8, "text"), text: zeroFollowed("size") });
  for (let n = 0; n < 300; n += 1) {
    const text = new Uint8Array(n % 250).fill(0x78);
    for (const codec of [Counted, Followed]) {
      const w = new Writer(1);
      codec.write(w, { text }, noFields);
      assertEquals(w.written().at(-1), 0);
      assertEquals(decode(codec, w.written()), { text });
    }
  }
});

Deno.test("a text without the NUL that its writer forgot is still read", () => {
  const Followed = struct("Followed", { size: lengthOf(u8, "text"), text: zeroFollowed("size") });
  assertEquals(decode(Followed, Uint8Array.of(1, 0x61)), { text: Uint8Array.of(0x61) });
  const Counted = struct("Counted", {
    size: lengthOf(u8, "text", 1),
    text: zeroTerminated("size"),
  });
  assertEquals(decode(Counted, Uint8Array.of(1, 0x61)), { text: Uint8Array.of(0x61) });
});
