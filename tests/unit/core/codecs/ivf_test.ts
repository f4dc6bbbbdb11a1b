import { assert, assertEquals, assertThrows } from "@std/assert";
import { seeded } from "../../../../core/binary/random.ts";
import { WireError } from "../../../../core/binary/error.ts";
import { IvfReader } from "../../../../core/codecs/ivf.ts";
import { concat } from "../../../kit/concat.ts";
import { ivfFrame, ivfHead } from "../../../kit/fake_ffmpeg.ts";

const frames = [Uint8Array.of(1, 2, 3), new Uint8Array(1000).fill(7), Uint8Array.of(9)];
const file = concat([ivfHead(), ...frames.map(ivfFrame)]);

Deno.test("IVF's frames come out whole, in whatever pieces it comes in", () => {
  for (const step of [1, 5, 12, 31, 44, file.length]) {
    const reader = new IvfReader(1000), found = [];
    for (let at = 0; at < file.length; at += step) {
      found.push(...reader.push(file.subarray(at, at + step)));
    }
    assertEquals(found, frames, `pieces of ${step}`);
  }
});

Deno.test("what is no IVF, an empty frame and one that is too long are refused before memory is taken", () => {
  const wrong: [string, Uint8Array][] = [
    ["begins otherwise", file.with(0, 0x45)],
    ["another head", file.with(6, 44)],
    ["empty", concat([ivfHead(), new Uint8Array(12)])],
    ["too long", concat([ivfHead(), ivfFrame(new Uint8Array(1001))])],
    ["far too long", concat([ivfHead(), new Uint8Array(12).fill(0xff)])],
  ];
  for (const [what, bytes] of wrong) {
    assertThrows(() => new IvfReader(1000).push(bytes), WireError, "IVF", what);
  }
});

Deno.test("damaged IVF gives frames within bounds or a WireError, nothing else", () => {
  const random = seeded(0x1f);
  for (let i = 0; i < 5000; i++) {
    const bytes = file.slice(0, 1 + random.below(file.length));
    for (let n = random.below(4); n > 0; n--) bytes[random.below(bytes.length)] = random.below(256);
    const reader = new IvfReader(1000);
    try {
      for (let at = 0; at < bytes.length;) {
        const piece = bytes.subarray(at, at += 1 + random.below(200));
        for (const { length } of reader.push(piece)) assert(length > 0 && length <= 1000);
      }
    } catch (error) {
      assert(error instanceof WireError, `${error}: ${bytes.toHex()}`);
    }
  }
});
