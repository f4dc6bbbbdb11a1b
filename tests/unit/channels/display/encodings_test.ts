import { assertEquals } from "@std/assert";
import { Encodings } from "../../../../channels/display/encoder.ts";
import type { Bitmap, Image } from "../../../../core/protocol/image.ts";

Deno.test("who asks again and again for a picture that is being encoded is called once", () => {
  const dones: ((image: Image | null) => void)[] = [];
  const encodings = new Encodings({ encode: (_bitmap, _codec, done) => void dones.push(done) });
  const bitmap = {} as Bitmap;
  let one = 0, two = 0;
  const first = () => void one++, second = () => void two++;
  for (let i = 0; i < 1000; i++) assertEquals(encodings.get(bitmap, "lz", first), undefined);
  assertEquals(encodings.get(bitmap, "lz", second), undefined);
  assertEquals(dones.length, 1);
  dones[0](null);
  assertEquals([one, two, encodings.get(bitmap, "lz", first)], [1, 1, null]);
});
