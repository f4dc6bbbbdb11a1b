import { assert, assertEquals, assertThrows } from "@std/assert";
import { OpusDecoder, OpusEncoder } from "../../../../core/codecs/opus/mod.ts";
import { loudest, strength, tone } from "../../../kit/tones.ts";

Deno.test("a tone goes through Opus as loud as it was, two encoders beside each other", () => {
  using one = new OpusEncoder();
  using two = new OpusEncoder();
  using first = new OpusDecoder();
  using second = new OpusDecoder();
  const low = tone(330, 0.6), high = tone(990, 0.6);
  const heard: [number[], number[]] = [[], []];
  let bytes = 0;
  for (let at = 0; at < low.length; at += 960) {
    const packets = [
      one.encode(low.subarray(at, at + 960)),
      two.encode(high.subarray(at, at + 960)),
    ];
    bytes += packets[0].length;
    heard[0].push(...first.decode(packets[0]));
    heard[1].push(...second.decode(packets[1]));
  }
  const [a, b] = heard.map((samples) => Int16Array.from(samples).subarray(9600));
  assertEquals([loudest(a), loudest(b)], [330, 990]);
  for (const [samples, hertz] of [[a, 330], [b, 990]] as const) {
    const found = strength(samples, hertz);
    assert(found > 0.37 && found < 0.43, `strength ${found}`);
  }
  assert(bytes * 4 < low.byteLength, `${bytes} of ${low.byteLength} bytes`);
});

Deno.test("what is no packet is an error, and the decoder goes on", () => {
  using encoder = new OpusEncoder();
  using decoder = new OpusDecoder();
  assertThrows(() => encoder.encode(new Int16Array(480)), RangeError);
  for (const bad of [[], [3, 0], new Uint8Array(4000)]) {
    assertThrows(() => decoder.decode(Uint8Array.from(bad)), RangeError);
  }
  assertEquals(decoder.decode(encoder.encode(new Int16Array(960))).length, 960);
});

Deno.test("any bytes are sound or an error", () => {
  using decoder = new OpusDecoder();
  let sounds = 0, seed = 1;
  const random = () => seed = Math.imul(seed, 1664525) + 1013904223 >>> 0;
  for (let i = 0; i < 2000; i++) {
    const bytes = Uint8Array.from({ length: 1 + random() % 200 }, () => random() >>> 24);
    try {
      const samples = decoder.decode(bytes);
      assert(samples.length <= 2 * 5760);
      sounds++;
    } catch (error) {
      assert(error instanceof RangeError);
    }
  }
  assert(sounds > 0 && sounds < 2000, `${sounds} sounds`);
});
