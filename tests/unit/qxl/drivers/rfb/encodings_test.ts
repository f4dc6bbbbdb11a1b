/** What servers sent of one screen in each encoding is one picture; the rarer encodings by hand. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { deflateSync } from "node:zlib";
import { seeded } from "../../../../../core/binary/random.ts";
import type { Cursor } from "../../../../../core/protocol/cursor.ts";
import { hear, type Recorded, recorded } from "../../../../kit/rfb_recorded.ts";

for (const server of ["xvnc", "qemu"]) {
  for (const encoding of ["hextile", "zrle", "tight"]) {
    Deno.test(`${server}'s ${encoding} gives the pixels that its raw rectangles give`, async () => {
      const raw = await hear(await recorded(`${server}-raw`));
      assert(new Set(raw.frame.pixels).size > 1);
      for (const random of [null, seeded(3)]) {
        const { frame } = await hear(await recorded(`${server}-${encoding}`), {}, random);
        const wrong = frame.pixels.findIndex((p, i) =>
          ((p ^ raw.frame.pixels[i]) & 0xffffff) !== 0
        );
        assertEquals(wrong, -1, `pixel ${wrong % frame.width}, ${Math.floor(wrong / frame.width)}`);
      }
    });
  }
}

type Words = readonly (readonly [bits: 8 | 16 | 32, value: number] | Uint8Array)[];

function bytes(words: Words): Uint8Array {
  return Uint8Array.from(words.flatMap((word) => {
    if (word instanceof Uint8Array) return [...word];
    const [bits, value] = word;
    return Array.from({ length: bits / 8 }, (_, i) => value >>> (bits - 8 - 8 * i) & 255);
  }));
}

const box = (x: number, y: number, width: number, height: number, encoding: number): Words => [
  [16, x],
  [16, y],
  [16, width],
  [16, height],
  [32, encoding],
];
const update = (...rects: Words[]): Words => [[8, 0], [8, 0], [16, rects.length], ...rects.flat()];
const said = (width: number, height: number, ...all: Words[]): Recorded => ({
  width,
  height,
  bytes: bytes(all.flat()),
});
const pixels = (...values: number[]) => new Uint8Array(new Uint32Array(values).buffer);

Deno.test("a server whose few bytes move many pixels leaves turns to others", async () => {
  const moved = Array.from({ length: 400 }, () => [...box(0, 1, 500, 499, 1), [16, 0], [16, 0]]);
  let turns = 0;
  await hear(said(500, 500, update(...moved as Words[])), {}, null, 1 << 24, () => {
    turns++;
    return Promise.resolve();
  });
  // each moves a quarter of a million pixels
  assertEquals(turns, Math.floor(400 / Math.ceil((4 << 20) / (500 * 499 + 64))));
});

Deno.test("CopyRect moves pixels that overlap, and says which way they went", async () => {
  const first = update([...box(0, 0, 1, 4, 0), pixels(1, 2, 3, 4)]);
  const down = update([...box(0, 1, 1, 3, 1), [16, 0], [16, 0]]);
  const ways: unknown[] = [];
  const { frame } = await hear(said(1, 4, first, down), {
    updated(frame) {
      ways.push(...frame.ways.splice(0));
      return Promise.resolve();
    },
  });
  assertEquals([...frame.pixels], [1, 1, 2, 3]);
  assertEquals(ways, [{ dx: 0, dy: 1 }]);
});

Deno.test("Tight: one colour, palettes, what is too short to be packed, and differences", async () => {
  const tight = (...rest: Words) => update([...box(0, 0, 4, 2, 7), ...rest]);
  const fill = await hear(said(4, 2, tight([8, 0x80], [8, 0x12], [8, 0x34], [8, 0x56])));
  assertEquals([...fill.frame.pixels], Array(8).fill(0x123456));

  const two = [[8, 0x40], [8, 1], [8, 1], new Uint8Array([1, 2, 3, 4, 5, 6])] as const;
  const mono = await hear(said(4, 2, tight(...two, new Uint8Array([0b01010000, 0b11000000]))));
  const [a, b] = [0x010203, 0x040506];
  assertEquals([...mono.frame.pixels], [a, b, a, b, b, b, a, a]);

  const deltas = new Uint8Array(24).fill(1);
  const packed = deflateSync(deltas, { finishFlush: 2 });
  const graded = tight([8, 0x40], [8, 2], [8, packed.length], packed);
  const { frame, error } = await hear(said(4, 2, graded));
  assertStringIncludes(error.message, "closed");
  // each sample is one more than left + above − above left
  assertEquals([...frame.pixels].map((p) => p & 255), [1, 2, 3, 4, 2, 4, 6, 8]);
});

Deno.test("cursors of every encoding become alpha cursors", async () => {
  const shapes: Cursor[] = [];
  const cursor = (shape: Cursor) => void shapes.push(shape);
  const rich = update([...box(1, 0, 2, 1, -239), pixels(0x112233, 0x445566), [8, 0x80]]);
  const alpha = update([...box(0, 0, 1, 1, -314), [32, 0], new Uint8Array([1, 2, 3, 200])]);
  const colours = new Uint8Array([9, 8, 7, 6, 5, 4]);
  const two = update([...box(0, 0, 2, 1, -240), colours, [8, 0x80], [8, 0xc0]]);
  const none = update(box(0, 0, 0, 0, -240));
  const pointerType = update(box(1, 0, 0, 0, -257));
  await hear(said(9, 9, rich, alpha, two, none, pointerType, alpha), { cursor });
  assertEquals(shapes.map(({ data }) => [...data]), [
    [0x33, 0x22, 0x11, 255, 0, 0, 0, 0],
    [3, 2, 1, 200],
    [7, 8, 9, 255, 4, 5, 6, 255],
    [],
    // a QEMU, as its pointer's type shows: blue comes first
    [1, 2, 3, 200],
  ]);
  assertEquals(shapes[0].header?.hotSpotX, 1);
  assertEquals(shapes[3].flags, 1);
});

Deno.test("sizes, names, lights and texts are heard in the midst of pixels", async () => {
  const heard: unknown[] = [];
  const tell = (what: string) => (...all: unknown[]) => void heard.push([what, ...all]);
  const screen: Words = [[32, 7], [16, 0], [16, 0], [16, 5], [16, 4], [32, 0]];
  const { session, frame } = await hear(
    said(
      2,
      2,
      update(
        [...box(0, 0, 5, 4, -308), [8, 1], [8, 0], [16, 0], ...screen],
        [...box(0, 0, 1, 1, -261), [8, 4]],
        [...box(0, 0, 0, 0, -307), [32, 2], new Uint8Array([0x68, 0x69])],
        box(0, 0, 0, 0, -258),
      ),
      // it counts more than it sends, and says where the end is
      [[8, 0], [8, 0], [16, 0xffff], ...box(0, 0, 0, 0, -224)],
      [[8, 2]],
      [[8, 3], [8, 0], [16, 0], [32, 3], new Uint8Array([0x61, 0xe4, 0x62])],
      [[8, 3], [8, 0], [16, 0], [32, -4], [32, 0x08000001]],
      [[8, 1], [8, 0], [16, 0], [16, 1], [16, 1], [16, 1], [16, 1]],
      update([...box(1, 4, 800, 600, -308), [8, 1], [8, 0], [16, 0], ...screen]),
      update([...box(1, 3, 5, 4, -308), [8, 1], [8, 0], [16, 0], ...screen]),
    ),
    {
      leds: tell("leds"),
      renamed: tell("name"),
      cutText: tell("text"),
      clipboard: tell("clipboard"),
      resizeRefused: tell("refused"),
    },
  );
  assertEquals([frame.width, frame.height, session.screens?.[0].id], [5, 4, 7]);
  assert(session.extendedKeys);
  assertEquals(heard, [
    ["leds", 4],
    ["name", "hi"],
    ["text", "aäb"],
    ["clipboard", 0x08000001, new Uint8Array(0)],
    ["refused", 3],
  ]);
});

Deno.test("what a server may not say ends the session, with what it said", async () => {
  const cases: [Words, string][] = [
    [update(box(8, 0, 2, 1, 0)), "draws 2×1 at 8, 0 on a picture of 9×9"],
    [update([...box(0, 0, 9, 9, 16), [32, 0x7fffffff]]), "announces 2147483647 bytes of ZRLE"],
    [update([...box(0, 0, 9, 9, 7), [8, 0xf0]]), "Tight has a rectangle of kind 15"],
    [update(box(0, 0, 65535, 65535, -223)), "make its vgamem larger"],
    [update(box(0, 0, 1, 1, -999)), "encoding -999, which nobody asked for"],
    [update([...box(0, 0, 1, 1, -307), [32, 0xffffffff]]), "name has 4294967295 bytes"],
    [[[8, 3], [8, 0], [16, 0], [32, 0x7fffffff]], "cut text has 2147483647 bytes"],
    [[[8, 77]], "a message of type 77"],
  ];
  for (const [words, because] of cases) {
    const { error } = await hear(said(9, 9, words));
    assertEquals(error.name, "ProtocolError");
    assertStringIncludes(error.message, because);
  }
});
