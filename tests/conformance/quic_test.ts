/** QUIC against its twin and against spice-common's C code, both ways. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { seeded } from "../../core/binary/random.ts";
import { decodeQuic, encodeQuic, type QuicPicture } from "../../core/codecs/quic/mod.ts";
import { mutate } from "../kit/mutate.ts";
import { frames, photograph, smallPictures, visible } from "../kit/quic_pictures.ts";
import { recordedPictures } from "../kit/recorded_pictures.ts";
import { decodeTwin, encodeTwin } from "../oracles/quic.ts";
import { QuicInC } from "../oracles/quic_in_c.ts";
import { DIGEST_BYTES, digestOf, digests, pictures, streams } from "../oracles/quic_vectors.ts";

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const named = (of: { format: string; width: number; height: number }): string =>
  `${of.format} ${of.width}×${of.height}`;

/** The picture, or null where the stream is refused. */
function tryDecode(
  decode: typeof decodeQuic,
  stream: Uint8Array,
  size: { width: number; height: number },
): QuicPicture | null {
  try {
    return decode(stream, size);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return null;
  }
}

Deno.test("QUIC encodes as spice-common did, and decodes to what it was given", async () => {
  const expected = digests();
  let at = 0;
  for await (const picture of pictures()) {
    const stream = encodeQuic(picture).slice();
    const digest = expected.subarray(at, at += DIGEST_BYTES);
    assert(same(digestOf(stream), digest), named(picture));
    const back = decodeQuic(stream, picture);
    assertEquals([back.format, back.width, back.height], [
      picture.format,
      picture.width,
      picture.height,
    ]);
    assert(same(back.data, visible(picture)), named(picture));
  }
  assertEquals(at, expected.length);
});

Deno.test("QUIC decodes the streams that spice-common wrote", async () => {
  const kept = new Map([...streams()].map(({ picture, stream }) => [picture, stream]));
  assert(kept.size > 50);
  let number = 0;
  for await (const picture of pictures()) {
    const stream = kept.get(number++);
    if (!stream) continue;
    assert(same(decodeQuic(stream, picture).data, visible(picture)), named(picture));
    assert(same(encodeTwin(picture), stream), `the twin's ${named(picture)}`);
  }
});

Deno.test("QUIC and its twin are one, on good streams and on damaged ones", () => {
  const random = seeded(8);
  const damaged = new Uint8Array(1 << 16);
  let good = 0, bad = 0, number = 0;
  for (const picture of smallPictures(8)) {
    if (number++ % 19 !== 0) continue;
    const stream = encodeQuic(picture).slice();
    assert(same(stream, encodeTwin(picture)), named(picture));
    for (let i = 0; i < 4; i++) {
      // the head is left alone, or little else would be tried
      const body = damaged.subarray(20);
      const size = i === 0 ? body.length : mutate(random, stream.subarray(20), stream, body);
      damaged.set(stream.subarray(0, 20));
      const tried = i === 0 ? stream : damaged.subarray(0, 20 + size);
      const ours = tryDecode(decodeQuic, tried, picture);
      const twins = tryDecode(decodeTwin, tried, picture);
      assertEquals(ours === null, twins === null, named(picture));
      if (ours && twins) assert(same(ours.data, twins.data), named(picture));
      ours ? good++ : bad++;
    }
  }
  assert(good > 300 && bad > 50, `${good} were decoded, ${bad} refused`);
});

const why = QuicInC.whyNot();
if (why !== null) console.warn(`spice-common's QUIC is not asked: ${why}`);

Deno.test({
  name: "QUIC and spice-common are one: new pictures, damaged streams, frames and their pieces",
  ignore: why !== null,
  async fn() {
    await using c = QuicInC.start();
    // new ones in every run
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = seeded(seed);
    const damaged = new Uint8Array(1 << 20);
    let good = 0, bad = 0;
    const check = async (stream: Uint8Array, size: { width: number; height: number }) => {
      const theirs = (await c.decode(stream, size.width, size.height)).bytes;
      const ours = tryDecode(decodeQuic, stream, size);
      assertEquals(ours === null, theirs === null, `seed ${seed}, ${size.width}×${size.height}`);
      if (ours && theirs) assert(same(ours.data, theirs), `seed ${seed} ${named(ours)}`);
      ours ? good++ : bad++;
    };
    for (const picture of smallPictures(seed)) {
      const stream = encodeQuic(picture).slice();
      const theirs = (await c.encode(picture)).bytes;
      assert(theirs && same(stream, theirs), `seed ${seed} ${named(picture)}`);
      const size = mutate(random, stream.subarray(20), stream, damaged.subarray(20));
      damaged.set(stream.subarray(0, 20));
      await check(damaged.subarray(0, 20 + size), picture);
    }
    assert(good > 500 && bad > 500, `${good} were decoded, ${bad} refused`);
    for await (const frame of frames()) {
      for (let i = 0; i < 20; i++) {
        const width = 1 + random.below(frame.width >> 2), height = 1 + random.below(150);
        const x = random.below(frame.width - width), y = random.below(frame.height - height);
        const from = y * frame.stride + x * 4;
        const data = frame.data.slice(from, from + (height - 1) * frame.stride + width * 4);
        const piece = { ...frame, data, width, height, topDown: i % 2 === 0 };
        const stream = encodeQuic(piece).slice();
        assert(same(stream, (await c.encode(piece)).bytes!), `${frame.name} ${named(piece)}`);
        await check(stream, piece);
      }
    }
  },
});

Deno.test({
  name: "QUIC and spice-common are one on the pictures of recordings",
  ignore: why !== null,
  async fn() {
    await using c = QuicInC.start();
    const quicOf = { bit16: "rgb16", bit24: "rgb24", bit32: "rgb32", rgba: "rgba" } as const;
    const formats = new Set<string>();
    for (const name of ["alltypes", "browser", "qemu"]) {
      let pixels = 0;
      for (const { format, ...rest } of recordedPictures(name)) {
        if (!(format in quicOf)) continue;
        const picture = { ...rest, format: quicOf[format as keyof typeof quicOf] };
        const stream = encodeQuic(picture).slice();
        assert(same(stream, (await c.encode(picture)).bytes!), `${name} ${named(picture)}`);
        const theirs = (await c.decode(stream, picture.width, picture.height)).bytes!;
        assert(same(decodeQuic(stream, picture).data, theirs), `${name} ${named(picture)}`);
        formats.add(format);
        if ((pixels += rest.width * rest.height) > 3e6) break;
      }
    }
    assert(formats.has("bit32") && formats.size > 1, [...formats].join());
  },
});

Deno.test("QUIC refuses streams that are malformed, of another size or larger than allowed", () => {
  const small = photograph(30, 20);
  const stream = encodeQuic(small).slice();
  const with32 = (at: number, value: number) => {
    const copy = stream.slice();
    new DataView(copy.buffer).setUint32(at, value, true);
    return copy;
  };
  for (const [at, value] of [[0, 1], [4, 1], [8, 0], [8, 6], [12, 31], [16, 0xffffffff]]) {
    assertThrows(() => decodeQuic(with32(at, value), small), RangeError);
  }
  for (const size of [0, 3, 19, 23, stream.length - 4]) {
    assertThrows(() => decodeQuic(stream.subarray(0, size), small), RangeError, "QUIC");
  }
  const huge = { width: 0x7fffffff, height: 0x7fffffff };
  new DataView(stream.buffer).setUint32(12, huge.width, true);
  new DataView(stream.buffer).setUint32(16, huge.height, true);
  assertThrows(() => decodeQuic(stream, huge), RangeError, "no pictures");
});

Deno.test("QUIC takes rows of shared memory, and refuses those that memory does not hold", () => {
  const rows = { ...photograph(400, 80), width: 333, height: 77 };
  const shared = new Uint8Array(new SharedArrayBuffer(rows.data.length));
  shared.set(rows.data);
  assert(same(encodeQuic(rows).slice(), encodeQuic({ ...rows, data: shared }).slice()));
  for (const change of [{ height: 81 }, { width: 0 }, { stride: 1331 }, { width: 1.5e9 }]) {
    assertThrows(() => encodeQuic({ ...rows, ...change }), TypeError, "not in");
  }
});
