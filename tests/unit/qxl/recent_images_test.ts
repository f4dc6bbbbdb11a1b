import { assertEquals } from "@std/assert";
import { type Bitmap, ImageFlags } from "../../../core/protocol/image.ts";
import { RecentImages } from "../../../qxl/recent_images.ts";

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
  const images = new RecentImages();
  const guest = picture(1n, 10);
  images.settle(guest);
  guest.data.fill(99);
  assertEquals(images.settle(guest).data, new Uint8Array(64).fill(10));
});

Deno.test("the third picture makes the first one forgotten", () => {
  const images = new RecentImages();
  for (const id of [1n, 2n, 3n]) images.settle(picture(id, Number(id)));
  assertEquals(images.settle(picture(1n, 50)).data, new Uint8Array(64).fill(50));
});

Deno.test("a picture that was handed out stays as it is when others come; memory of others is used again", () => {
  const images = new RecentImages();
  images.settle(picture(1n, 1));
  const lent = images.settle(picture(1n, 9));
  for (let id = 2n; id < 12n; id++) {
    images.settle(picture(id, Number(id), id % 2n ? 64 : 48));
    assertEquals(images.settle(picture(id, 77)).data[0], Number(id));
    images.settle(picture(id + 100n, Number(id) + 100));
    images.settle(picture(id + 200n, 200));
  }
  assertEquals(lent.data, new Uint8Array(64).fill(1));
});

Deno.test("pictures that nobody else has seen leave their memory to the next", () => {
  const images = new RecentImages();
  for (let id = 1n; id < 50n; id++) images.settle(picture(id, Number(id), id % 3n ? 64 : 40));
  const { data } = images.settle(picture(49n, 0));
  assertEquals([data.length, data[0], data.at(-1)], [64, 49, 49]);
});
