import { assertEquals, assertThrows } from "@std/assert";
import { GuestError } from "../../../core/binary/error.ts";
import { encodeQuic } from "../../../core/codecs/quic/mod.ts";
import type { Image } from "../../../core/protocol/image.ts";
import { guestPicture } from "../../../qxl/guest_pictures.ts";

const width = 20, height = 11;
const data = Uint8Array.from({ length: width * height * 4 }, (_, i) => i % 4 === 3 ? 0 : i * 7);
const bytes = encodeQuic({
  data,
  width,
  height,
  stride: width * 4,
  format: "rgb32",
  topDown: true,
});
const image = { type: "quic", id: 1n, flags: 0, width, height, data: bytes.slice() } as const;

Deno.test("a guest's QUIC image has the pixels that were encoded", () => {
  const picture = guestPicture(image)!;
  assertEquals(picture.format, "bit32");
  assertEquals(picture.data, data);
});

Deno.test("a guest's QUIC image that is cut off or of another size is the guest's error", () => {
  const short: Image = { ...image, data: image.data.subarray(0, 30) };
  assertThrows(() => guestPicture(short), GuestError, "QUIC");
  assertThrows(() => guestPicture({ ...image, width: 21 }), GuestError, "QUIC");
});
