import { assertEquals } from "@std/assert";
import { type Bitmap, ImageFlags } from "../../../core/protocol/image.ts";
import { RecentImages } from "../../../qxl/recent_images.ts";

const MOST_LENT = 64;

/** A command and how many use it. */
function command() {
  const counted = {
    drawing: null as never,
    users: 1,
    retain: () => void counted.users++,
    release: () => void counted.users--,
  };
  return counted;
}

/** Settles it as a command of its own; comes back with what it became. */
function show(images: RecentImages, bitmap: Bitmap): Bitmap {
  const settled = images.settle(bitmap);
  images.hold(null);
  return settled;
}

const picture = (id: bigint, shade: number, size = 64): Bitmap => ({
  type: "bitmap",
  id,
  flags: ImageFlags.cacheMe,
  width: size / 4,
  height: 1,
  format: "bit32",
  bitmapFlags: 0,
  x: size / 4,
  y: 1,
  stride: size,
  palette: null,
  data: new Uint8Array(size).fill(shade),
});

Deno.test("an id soon shown again stands for its first picture, whatever the guest has there now", () => {
  const images = new RecentImages(MOST_LENT);
  const guest = picture(1n, 10);
  show(images, guest);
  guest.data.fill(99);
  assertEquals(show(images, guest).data, new Uint8Array(64).fill(10));
});

Deno.test("the third picture makes the first one forgotten", () => {
  const images = new RecentImages(MOST_LENT);
  for (const id of [1n, 2n, 3n]) show(images, picture(id, Number(id)));
  assertEquals(show(images, picture(1n, 50)).data, new Uint8Array(64).fill(50));
});

Deno.test("a picture that was handed out stays as it is when others come; memory of others is used again", () => {
  const images = new RecentImages(MOST_LENT);
  show(images, picture(1n, 1));
  const lent = show(images, picture(1n, 9));
  for (let id = 2n; id < 12n; id++) {
    show(images, picture(id, Number(id), id % 2n ? 64 : 48));
    assertEquals(show(images, picture(id, 77)).data[0], Number(id));
    show(images, picture(id + 100n, Number(id) + 100));
    show(images, picture(id + 200n, 200));
  }
  assertEquals(lent.data, new Uint8Array(64).fill(1));
});

Deno.test("pictures that nobody else has seen leave their memory to the next", () => {
  const images = new RecentImages(MOST_LENT);
  for (let id = 1n; id < 50n; id++) show(images, picture(id, Number(id), id % 3n ? 64 : 40));
  const { data } = show(images, picture(49n, 0));
  assertEquals([data.length, data[0], data.at(-1)], [64, 49, 49]);
});

Deno.test("pictures stay with the guest, on loan, until others come, one is shown again or the guest needs its memory", () => {
  const images = new RecentImages(MOST_LENT);
  const commands = [1n, 2n, 3n].map((id) => {
    const one = command(), bitmap = picture(id, Number(id));
    assertEquals(images.settle(bitmap), bitmap);
    images.hold(one);
    return { ...{ one, bitmap }, users: () => one.users };
  });
  assertEquals(commands.map(({ users }) => users()), [1, 2, 2]);
  const again = show(images, picture(3n, 99));
  assertEquals([again.data[0], again.data.buffer === commands[2].bitmap.data.buffer], [3, false]);
  assertEquals(commands.map(({ users }) => users()), [1, 2, 1]);
  images.letGo();
  images.letGo();
  assertEquals(commands.map(({ users }) => users()), [1, 1, 1]);
  commands[1].bitmap.data.fill(77);
  assertEquals(show(images, picture(2n, 99)).data[0], 2);
});

Deno.test("what is large, of a refused command, or gone before its command was read is not held", () => {
  const images = new RecentImages(MOST_LENT);
  const [large, refused, many] = [command(), command(), command()];
  images.settle(picture(1n, 1, MOST_LENT + 4));
  images.hold(large);
  const bitmap = picture(2n, 2);
  images.settle(bitmap);
  images.hold(null);
  bitmap.data.fill(9);
  assertEquals([large.users, refused.users, show(images, picture(2n, 8)).data[0]], [1, 1, 2]);
  for (const id of [3n, 4n, 5n]) images.settle(picture(id, Number(id)));
  images.hold(many);
  assertEquals(many.users, 3);
  images.clear();
  assertEquals(many.users, 1);
});
