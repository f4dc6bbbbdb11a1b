/** LZ against its twin and against spice-common's C code, both ways. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { seeded } from "../../core/binary/random.ts";
import { decodeLz, encodeLz, type LzRows } from "../../core/codecs/lz/mod.ts";
import { lzFormats, lzPicture, visible } from "../kit/lz_pictures.ts";
import { recordedPictures } from "../kit/recorded_pictures.ts";
import { decodePng } from "../kit/png.ts";
import { cLz, type LzJob } from "../oracles/c_lz.ts";
import { decode, encode, rowBytesOf, typeOf } from "../oracles/lz.ts";

/** Every size from 1×1 to 70×70, the formats in turn. */
function* small(seed: number): Generator<LzRows> {
  const random = seeded(seed);
  for (let width = 1; width <= 70; width++) {
    for (let height = 1; height <= 70; height++) {
      yield lzPicture(random, lzFormats[random.below(lzFormats.length)], width, height);
    }
  }
}

/** Bigger than all distances and hash tables. */
function* large(): Generator<LzRows> {
  const random = seeded(64);
  for (const format of lzFormats) yield lzPicture(random, format, 401, 517);
}

/** Rows that are the same, and so long that the one above is as far away as can be said, or farther. */
function* wide(): Generator<LzRows> {
  const random = seeded(65);
  for (const width of [65535, 65536, 73727, 73728]) {
    const data = lzPicture(random, "bit32", width, 1).data.subarray(0, width * 4);
    const rows = new Uint8Array(data.length * 2);
    rows.set(data), rows.set(data, data.length);
    yield { format: "bit32", width, height: 2, stride: width * 4, topDown: true, data: rows };
  }
}

async function* photographs(): AsyncGenerator<LzRows> {
  for (const name of ["office", "browser", "video360"]) {
    const file = new URL(`../data/golden/${name}.png`, import.meta.url);
    const { width, height, pixels } = await decodePng(await Deno.readFile(file));
    const data = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
    yield { format: "bit32", width, height, stride: width * 4, topDown: true, data };
  }
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** bit16's highest bits are not said for certain. */
const shown = ({ format, data }: LzRows): Uint8Array =>
  format === "bit16" ? data.map((byte, i) => i % 2 === 1 ? byte & 0x7f : byte) : data;

Deno.test("LZ encodes as its twin does, and decodes to what it was given", () => {
  for (const pictures of [small(1), large(), wide()]) {
    for (const picture of pictures) {
      const { format, width, height } = picture;
      const bytes = encodeLz(picture).slice();
      const name = `${format} ${width}×${height}`;
      assert(same(bytes, encode(picture)), name);
      const back = decodeLz(bytes, width * height);
      assertEquals([back.format, back.width, back.height], [format, width, height]);
      assertEquals(back.topDown, picture.topDown);
      assert(same(shown(back), visible(picture)), name);
      assert(same(back.data, decode(bytes, width * height).data), name);
    }
  }
});

Deno.test("LZ decodes what spice-common once encoded", async () => {
  const file = new URL("../data/lz/vectors.gz", import.meta.url);
  const vectors = gunzipSync(await Deno.readFile(file));
  const view = new DataView(vectors.buffer, vectors.byteOffset);
  let count = 0;
  for (let at = 0; at < vectors.length; count++) {
    const next = (): Uint8Array => {
      const size = view.getUint32(at);
      return vectors.subarray(at + 4, at += 4 + size);
    };
    const bytes = next(), rows = next();
    assert(same(shown(decodeLz(bytes, 1 << 20)), rows), `vector ${count}`);
  }
  assert(count > 300);
});

const c = cLz();
const inC = { ignore: typeof c === "string" };
if (typeof c === "string") console.log(`LZ is not compared with C: ${c}`);

const jobOf = (picture: LzRows): LzJob => {
  const stride = rowBytesOf(picture.format, picture.width);
  const data = new Uint8Array(stride * picture.height);
  for (let y = 0; y < picture.height; y++) {
    data.set(picture.data.subarray(y * picture.stride, y * picture.stride + stride), y * stride);
  }
  return { ...picture, work: "encode", type: typeOf(picture.format), stride, data };
};
const decodeJob = (data: Uint8Array): LzJob => ({
  work: "decode",
  type: 0,
  topDown: true,
  width: 0,
  height: 0,
  stride: 0,
  data,
});
/** C writes alpha beside colours. */
const alone = (format: string, bytes: Uint8Array): Uint8Array =>
  format === "xxxa" ? bytes.filter((_, i) => i % 4 === 3) : bytes;

Deno.test({
  name: "LZ and spice-common decode each other, on every size, on photographs and on recordings",
  ...inC,
  async fn() {
    if (typeof c === "string") return;
    const recorded = ["office", "qemu", "browser", "video360", "alltypes"].map((name) =>
      recordedPictures(name).filter(({ format, width, stride }) =>
        stride === rowBytesOf(format, width)
      ).take(name === "video360" || name === "browser" ? 8 : 200)
    );
    const sets: LzRows[][] = [[...small(2)], [...large()], await Array.fromAsync(photographs())]
      .concat(recorded.map((some) => [...some]));
    for (const pictures of sets) {
      const ours = pictures.map((picture) => encodeLz(picture).slice());
      const theirs = c(pictures.map(jobOf));
      const decoded = c(ours.map(decodeJob));
      let ourBytes = 0, theirBytes = 0;
      pictures.forEach((picture, i) => {
        const { format, width, height } = picture;
        const name = `${format} ${width}×${height}`;
        const read = decoded[i].bytes ?? new Uint8Array(0);
        const rows = { ...picture, stride: rowBytesOf(format, width), data: read };
        assert(same(visible(rows), visible(picture)), name);
        const back = decodeLz(theirs[i].bytes!, width * height);
        assert(same(shown(back), visible(picture)), name);
        ourBytes += ours[i].length, theirBytes += theirs[i].bytes!.length;
      });
      assert(ourBytes <= theirBytes * 1.02, `${ourBytes} bytes, in C ${theirBytes}`);
    }
  },
});

Deno.test({
  name: "LZ refuses what spice-common refuses, and reads the rest as it does",
  ...inC,
  fn() {
    if (typeof c === "string") return;
    const random = seeded(7);
    const inputs: Uint8Array[] = [];
    for (let i = 0; i < 20000; i++) {
      const format = lzFormats[random.below(lzFormats.length)];
      const bytes = encodeLz(lzPicture(random, format, 1 + random.below(20), 1 + random.below(20)))
        .slice();
      for (let left = random.below(3); left >= 0; left--) {
        if (bytes.length > 28) bytes[28 + random.below(bytes.length - 28)] = random.below(256);
      }
      inputs.push(
        bytes.subarray(0, random.below(4) > 0 ? bytes.length : random.below(bytes.length)),
      );
    }
    c(inputs.map(decodeJob)).forEach(({ bytes }, i) => {
      let own: LzRows | null = null;
      try {
        own = decodeLz(inputs[i], 400);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
      assertEquals(own === null, bytes === null, `input ${i}`);
      if (own && bytes) assert(same(own.data, alone(own.format, bytes)), `input ${i}`);
    });
  },
});

Deno.test("LZ refuses headers that lie, and callers whose rows are not there", () => {
  const picture = lzPicture(seeded(3), "bit32", 9, 7);
  const good = encodeLz(picture).slice();
  const changed = (at: number, value: number): Uint8Array => {
    const bytes = good.slice();
    bytes[at] = value;
    return bytes;
  };
  for (const at of [0, 5, 11, 12, 16, 23]) {
    assertThrows(() => decodeLz(changed(at, 99), 1 << 20), RangeError);
  }
  assertThrows(() => decodeLz(good, 62), RangeError, "at most 62");
  assertThrows(() => decodeLz(good.subarray(0, -1), 63), RangeError, "cut off");
  assertThrows(() => decodeLz(new Uint8Array([...good, 0]), 63), RangeError, "behind");
  assertThrows(() => encodeLz({ ...picture, stride: 35 }), RangeError, "stride 35");
  assertThrows(() => encodeLz({ ...picture, height: 70 }), RangeError, "9×70");
  assertThrows(() => encodeLz({ ...picture, width: 0 }), RangeError);
});
