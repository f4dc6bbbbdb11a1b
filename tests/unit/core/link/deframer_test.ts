import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError, WireError } from "../../../../core/binary/error.ts";
import { seeded } from "../../../../core/binary/random.ts";
import { Writer } from "../../../../core/binary/cursor.ts";
import { Deframer } from "../../../../core/link/deframer.ts";

type Got = [type: number, body: number[]];

function collect(mini: boolean, limitBytes = 1000): { deframer: Deframer; got: Got[] } {
  const got: Got[] = [];
  const deframer = new Deframer({ mini, limitBytes }, (type, body) => got.push([type, [...body]]));
  return { deframer, got };
}

function mini(type: number, body: number[], size = body.length): number[] {
  const head = new DataView(new ArrayBuffer(6));
  head.setUint16(0, type, true);
  head.setUint32(2, size, true);
  return [...new Uint8Array(head.buffer), ...body];
}

function full(type: number, body: number[], subList = 0): number[] {
  const head = new DataView(new ArrayBuffer(18));
  head.setBigUint64(0, 99n, true);
  head.setUint16(8, type, true);
  head.setUint32(10, body.length, true);
  head.setUint32(14, subList, true);
  return [...new Uint8Array(head.buffer), ...body];
}

/** A sub-message list for the start of a body: count, offsets, then the messages. */
function subList(at: number, messages: Got[]): number[] {
  const w = new Writer();
  w.view.setUint16(w.take(2), messages.length, true);
  let offset = at + 2 + 4 * messages.length;
  for (const [, body] of messages) {
    w.view.setUint32(w.take(4), offset, true);
    offset += 6 + body.length;
  }
  for (const [type, body] of messages) w.put(Uint8Array.from(mini(type, body)));
  return [...w.written()];
}

Deno.test("deframer finds the same messages however their bytes are cut", () => {
  const random = seeded(3);
  for (const isMini of [true, false]) {
    const sent: Got[] = Array.from({ length: 60 }, () => [
      100 + random.below(9),
      Array.from({ length: random.below(40) * random.below(20) }, () => random.below(256)),
    ]);
    const stream = Uint8Array.from(
      sent.flatMap(([type, body]) => isMini ? mini(type, body) : full(type, body)),
    );
    for (const most of [1, 2, 7, 100, 5000, 1 << 20]) {
      const { deframer, got } = collect(isMini);
      for (let at = 0; at < stream.length;) {
        const n = 1 + random.below(most);
        // the buffer is used again, as the pump does
        const chunk = stream.slice(at, at + n);
        deframer.push(chunk);
        chunk.fill(0xee);
        at += n;
      }
      assertEquals(got, sent, `cut to at most ${most}`);
    }
  }
});

Deno.test("deframer refuses a size beyond the limit as soon as the header stands", () => {
  for (const size of [1001, 0x80000000, 0xffffffff]) {
    const { deframer, got } = collect(true);
    assertThrows(
      () => deframer.push(Uint8Array.from(mini(5, [], size))),
      ProtocolError,
      `${size} bytes`,
    );
    assertEquals(got, []);
  }
});

Deno.test("deframer accepts a body of exactly the limit", () => {
  const { deframer, got } = collect(true);
  deframer.push(Uint8Array.from(mini(5, Array(1000).fill(1))));
  assertEquals(got[0][1].length, 1000);
});

Deno.test("deframer hands out a message list's messages in order and not the list", () => {
  const inner: Got[] = [[101, [1]], [102, []], [103, [2, 3]]];
  const { deframer, got } = collect(true);
  deframer.push(Uint8Array.from(mini(8, subList(0, inner))));
  assertEquals(got, inner);
});

Deno.test("deframer hands out a full header's sub-messages before the message", () => {
  const body = [9, 9, 9, 9];
  const inner: Got[] = [[101, [1]], [102, [7]]];
  const whole = [...body, ...subList(body.length, inner)];
  const { deframer, got } = collect(false);
  deframer.push(Uint8Array.from(full(55, whole, body.length)));
  assertEquals(got, [...inner, [55, whole]]);
});

Deno.test("deframer refuses a list within a list, and lists that point beyond their message", () => {
  const nested = mini(8, subList(0, [[8, subList(0, [])]]));
  assertThrows(() => collect(true).deframer.push(Uint8Array.from(nested)), ProtocolError);
  assertThrows(
    () => collect(true).deframer.push(Uint8Array.from(mini(8, [0xff, 0xff]))),
    WireError,
  );
  assertThrows(
    () => collect(false).deframer.push(Uint8Array.from(full(55, [1, 2], 0xfffffff0))),
    WireError,
  );
});

Deno.test("deframer does not multiply a body that a list points to a thousand times", () => {
  const w = new Writer();
  const count = 2000;
  w.view.setUint16(w.take(2), count, true);
  const offset = Uint8Array.of((2 + 4 * count) & 0xff, (2 + 4 * count) >> 8, 0, 0);
  for (let i = 0; i < count; i++) w.put(offset);
  w.put(Uint8Array.from(mini(101, Array(4000).fill(1))));
  let bytes = 0;
  const deframer = new Deframer({ mini: true, limitBytes: 1 << 20 }, (_, body) => {
    bytes += body.length;
  });
  assertThrows(() => deframer.push(Uint8Array.from(mini(8, [...w.written()]))), WireError);
  assertEquals(bytes, 0);
});

Deno.test("deframer keeps what an early error leaves from being taken for messages", () => {
  const { deframer, got } = collect(true);
  assertThrows(() => deframer.push(Uint8Array.from([...mini(1, [], 5000), ...mini(2, [])])));
  assertEquals(got, []);
});
