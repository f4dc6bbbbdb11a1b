import { assert, assertEquals } from "@std/assert";
import { randomBytes, seeded } from "../../../../core/binary/random.ts";
import type { Bitmap } from "../../../../core/protocol/image.ts";
import { GlzEncoder, type GlzPicture } from "../../../../channels/display/glz_encoder.ts";
import { GlzShelf } from "../../../../channels/display/glz_shelf.ts";
import { InlineEncoder } from "../../../../channels/display/inline_encoder.ts";

const picture: Bitmap = {
  type: "bitmap",
  id: 0n,
  flags: 0,
  width: 16,
  height: 16,
  format: "bit32",
  bitmapFlags: 4,
  x: 16,
  y: 16,
  stride: 64,
  palette: null,
  data: randomBytes(seeded(1), 1024),
};

Deno.test("a shelf without memory for one more dictionary says so, and goes on with those it has", () => {
  const shelf = new GlzShelf();
  const plan = (n: number) => ({ n, windowPixels: 1 << 24, firstId: 0, deflate: false });
  let n = 0;
  while (shelf.encode(picture, plan(n)) !== null) n++;
  // a gigabyte in dictionaries of about 75 MB
  assert(n > 4 && n < 40, `${n} dictionaries`);
  assert(shelf.encode(picture, plan(0)) !== null);
  for (let i = 0; i < n; i++) shelf.drop(i);
  assert(shelf.encode(picture, plan(n + 1)) !== null, "what was dropped is to be had again");
  shelf.drop(n + 1);
});

Deno.test("a client whose dictionary cannot be had takes no more pictures for it", () => {
  const works = new InlineEncoder();
  works.encodeGlz = (_bitmap, _plan, done) => done(null);
  const encoder = GlzEncoder.open(works, 1 << 20)!;
  const answers: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    assert(encoder.takes(picture));
    encoder.encode(picture, false, {}, (image) => answers.push(image));
  }
  assertEquals(answers, [null, null, null]);
  assert(!encoder.takes(picture));
});

Deno.test("a dictionary's pictures leave in order, whichever channel they are for", () => {
  const encoder = GlzEncoder.open(new InlineEncoder(), 1 << 20)!;
  const one = {}, other = {};
  const [a, b, c, d] = [one, one, other, one].map((sender) => {
    let made: GlzPicture | null = null;
    encoder.encode(picture, false, sender, (done) => made = done);
    return made! as GlzPicture;
  });
  const turns = () => [a, b, c, d].map((each) => encoder.turn(each));
  let woken = 0;
  encoder.whenTurn(() => woken++);
  // b may leave in one message with a
  assertEquals(turns(), ["now", "now", "later", "later"]);
  encoder.sent(a);
  assertEquals(turns(), ["never", "now", "later", "later"]);
  encoder.sent(b);
  assertEquals(turns(), ["never", "never", "now", "later"]);
  encoder.restart();
  assertEquals(turns(), ["never", "never", "never", "never"]);
  assertEquals(woken, 1);
  encoder.encode(picture, false, one, (next) => {
    // lz_common.h: the id follows two magics, the type and three sizes; two pictures were sent
    const { data } = next!.image as { data: Uint8Array };
    assertEquals(new DataView(data.buffer, data.byteOffset).getBigUint64(21), 2n);
  });
  encoder[Symbol.dispose]();
});

Deno.test("what a shelf packs once more can be moved to another thread", () => {
  const shelf = new GlzShelf();
  const dull = { ...picture, data: picture.data.map((byte) => byte & 15) };
  const image = shelf.encode(dull, { n: 1, windowPixels: 1 << 16, firstId: 0, deflate: true });
  if (image?.type !== "zlibGlzRgb") throw new Error(`${image?.type} came out`);
  structuredClone(image.data.buffer, { transfer: [image.data.buffer as ArrayBuffer] });
});

Deno.test("a guest's picture that has fewer rows or pixels than it says ends nobody's thread", () => {
  const shelf = new GlzShelf(), encoder = GlzEncoder.open(new InlineEncoder(), 1 << 20)!;
  const plan = { n: 1, windowPixels: 1 << 16, firstId: 0, deflate: false };
  const short = { x: 8, y: 8, stride: 32, data: picture.data.subarray(0, 256) };
  for (const bad of [short, { y: 8, data: short.data }, { stride: 32 }]) {
    assertEquals(shelf.encode({ ...picture, ...bad }, plan), null);
  }
  assertEquals(encoder.takes({ ...picture, ...short }), false);
  assert(shelf.encode(picture, plan) !== null, "good ones go on");
});
