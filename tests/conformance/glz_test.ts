/** GLZ against its twin, libspice-server's encoder and spice-gtk's decoder, in whole conversations. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { seeded } from "../../core/binary/random.ts";
import {
  GlzDictionary,
  type GlzFormat,
  type GlzRows,
  GlzWindow,
} from "../../core/codecs/glz/mod.ts";
import {
  conversation,
  glzFormats as formats,
  glzPicture as picture,
  tight,
} from "../kit/glz_conversation.ts";
import { visible } from "../kit/lz_pictures.ts";
import { recordedPictures } from "../kit/recorded_pictures.ts";
import { memory } from "../../core/codecs/glz/glz.wasm";
import { cGlz } from "../oracles/c_glz.ts";
import { bytesOf, Dictionary, types, Window } from "../oracles/glz.ts";

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Every size from 1×1 to 70×70. */
function* everySize(): Generator<GlzRows> {
  const random = seeded(70);
  for (let width = 1; width <= 70; width++) {
    for (let height = 1; height <= 70; height++) {
      yield picture(random, formats[random.below(4)], width, height);
    }
  }
}

/** Farther apart than what one or two more bytes say. */
function* far(): Generator<GlzRows> {
  const random = seeded(8);
  const one = picture(random, "bit32", 600, 500);
  yield one;
  for (let i = 0; i < 300; i++) yield picture(random, formats[i % 4], 5, 5);
  yield { ...one, topDown: !one.topDown };
}

/** What a client shows of a picture: 32-bit pixels. */
function shown(rows: GlzRows): Uint8Array {
  const seen = visible(rows);
  if (bytesOf[rows.format] === 4) return seen;
  const out = new Uint8Array(rows.width * rows.height * 4);
  const five = (value: number) => (value & 31) << 3 | (value & 31) >> 2;
  for (let i = 0; i < rows.width * rows.height; i++) {
    if (rows.format === "bit24") out.set(seen.subarray(i * 3, i * 3 + 3), i * 4);
    else {
      const pixel = seen[i * 2] | seen[i * 2 + 1] << 8;
      out.set([five(pixel), five(pixel >> 5), five(pixel >> 10)], i * 4);
    }
  }
  return out;
}

function pixelsOf(kept: GlzWindow, bytes: Uint8Array): Uint8Array {
  const got = kept.decode(bytes, 1 << 20);
  if ("missing" in got) throw new Error(`picture ${got.missing} is missing`);
  return got.pixels;
}

Deno.test("GLZ encodes as its twin does, and its window shows what went in", () => {
  // windows that all fits in, that pictures leave soon, that hold hardly one
  for (const windowPixels of [1 << 20, 40_000, 70 * 70 + 63]) {
    const pictures = [...everySize().take(1000), ...conversation(windowPixels, 400)];
    using dictionary = new GlzDictionary(windowPixels);
    using kept = new GlzWindow(windowPixels);
    const twin = new Dictionary(windowPixels);
    for (const rows of pictures) {
      const { bytes, id, headDistance } = dictionary.encode(rows);
      const expected = twin.encode(rows);
      const name = `${id}: ${rows.format} ${rows.width}×${rows.height}`;
      assertEquals([id, headDistance], [expected.id, expected.headDistance]);
      assert(same(bytes, expected.bytes), name);
      assert(same(pixelsOf(kept, bytes.slice()), shown(rows)), name);
    }
  }
});

Deno.test("GLZ refers far back, and over many pictures", () => {
  using dictionary = new GlzDictionary(1 << 20);
  using kept = new GlzWindow(1 << 20);
  const twin = new Dictionary(1 << 20), twinWindow = new Window();
  for (const rows of far()) {
    const bytes = dictionary.encode(rows).bytes.slice();
    assert(same(bytes, twin.encode(rows).bytes));
    assert(same(pixelsOf(kept, bytes), shown(rows)));
    const units = twinWindow.decode(bytes, 1 << 20);
    assert(units instanceof Uint32Array && same(new Uint8Array(units.buffer), shown(rows)));
  }
});

Deno.test("GLZ tells which picture must come first when channels overtake each other", () => {
  using dictionary = new GlzDictionary(10_000);
  const rows = picture(seeded(1), "bit32", 30, 30);
  const first = dictionary.encode(rows).bytes.slice();
  const second = dictionary.encode(rows).bytes.slice();
  assert(second.length < 60, "the second is a reference to the first");
  using kept = new GlzWindow(10_000);
  assertEquals(kept.decode(second, 900), { missing: 0 });
  assert(same(pixelsOf(kept, first), shown(rows)));
  assert(same(pixelsOf(kept, second), shown(rows)));
  assertThrows(() => kept.decode(second, 900), RangeError, "came twice");
});

Deno.test("GLZ dictionaries of many clients do not mix, and give their memory back", () => {
  const rows = [...conversation(5, 30)];
  const alone = new Dictionary(20_000);
  const expected = rows.map((one) => alone.encode(one).bytes);
  let bytes = 0;
  for (let round = 0; round < 3; round++) {
    const clients = Array.from({ length: 20 }, () => new GlzDictionary(20_000));
    rows.forEach((one, i) => {
      for (const client of clients) assert(same(client.encode(one).bytes, expected[i]));
    });
    for (const client of clients) client[Symbol.dispose]();
    if (round > 0) assertEquals(memory.buffer.byteLength, bytes);
    bytes = memory.buffer.byteLength;
  }
});

Deno.test("GLZ keeps no more than its window, and refuses what lies", () => {
  assertThrows(() => new GlzDictionary(0), RangeError);
  assertThrows(() => new GlzDictionary(2 ** 26), RangeError);
  using dictionary = new GlzDictionary(1000);
  assert(dictionary.fits(900) && !dictionary.fits(1001));
  const rows = picture(seeded(1), "rgba", 40, 26);
  assertThrows(() => dictionary.encode(rows), RangeError, "smaller");
  assertThrows(() => dictionary.encode({ ...rows, height: 2000 }), RangeError, "stride");
  using endless = new GlzDictionary(1 << 20);
  using kept = new GlzWindow(1000);
  assertThrows(
    () => {
      for (let i = 0; i < 10; i++) kept.decode(endless.encode(rows).bytes.slice(), 2000);
    },
    RangeError,
    "more come",
  );
});

Deno.test("GLZ windows show what libspice-server once encoded", async () => {
  const file = new URL("../data/glz/vectors.gz", import.meta.url);
  const vectors = gunzipSync(await Deno.readFile(file));
  const view = new DataView(vectors.buffer, vectors.byteOffset);
  using kept = new GlzWindow(30_000);
  const expected = conversation(2013, 120);
  let count = 0;
  for (let at = 0; at < vectors.length; count++) {
    const size = view.getUint32(at);
    const bytes = vectors.subarray(at + 4, at += 4 + size);
    assert(same(pixelsOf(kept, bytes), shown(expected.next().value!)), `vector ${count}`);
  }
  assertEquals(count, 120);
});

const c = cGlz();
if (typeof c === "string") console.log(`GLZ is not compared with C: ${c}`);

Deno.test({
  name: "GLZ and C read each other, on every size, on conversations and on recordings",
  ignore: typeof c === "string",
  fn() {
    if (typeof c === "string") return;
    const recorded = ["office", "qemu", "browser", "video360", "alltypes"].map((name) =>
      recordedPictures(name).filter(({ format, width, stride }) =>
        format in types && stride === width * bytesOf[format as GlzFormat]
      ).map((one) => one as GlzRows).take(name === "video360" || name === "browser" ? 12 : 400)
    );
    for (const pictures of [everySize(), conversation(3, 300), ...recorded]) {
      const all = [...pictures];
      const windowPixels = 3 << 20;
      using dictionary = new GlzDictionary(windowPixels);
      const ours = all.map((rows) => dictionary.encode(rows).bytes.slice());
      const theirs = c(
        windowPixels,
        all.map((rows) => ({
          ...rows,
          work: "encode" as const,
          type: types[rows.format],
          data: tight(rows),
        })),
      );
      const none = { work: "decode" as const, type: 0, topDown: true, width: 0, height: 0 };
      const decoded = c(windowPixels, ours.map((data) => ({ ...none, data })));
      using kept = new GlzWindow(windowPixels);
      let ourBytes = 0, theirBytes = 0;
      all.forEach((rows, i) => {
        const expected = shown(rows);
        const name = `${i}: ${rows.format} ${rows.width}×${rows.height}`;
        assert(same(decoded[i].bytes ?? new Uint8Array(0), expected), name);
        assert(same(pixelsOf(kept, theirs[i].bytes!), expected), name);
        ourBytes += ours[i].length, theirBytes += theirs[i].bytes!.length;
      });
      assert(ourBytes <= theirBytes * 1.02, `${ourBytes} bytes, in C ${theirBytes}`);
    }
  },
});

Deno.test("GLZ that grows stays in its room, behind which others have theirs", () => {
  const width = 512, height = 512, random = seeded(3), window = width * height * 4;
  const data = Uint8Array.from({ length: window }, () => random.below(256));
  // alpha that is as the row above has it but for one in four, which LZ says in more than it takes
  for (let y = 1; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4 + 3;
      if ((x + y) % 4 !== 3) data[at] = data[at - width * 4];
    }
  }
  using dictionary = new GlzDictionary(window);
  const rows = { format: "rgba", width, height, stride: width * 4, topDown: true, data } as const;
  // the encoder throws when it wrote beyond
  const { bytes } = dictionary.encode(rows);
  assert(bytes.length > window + (window >> 5), `${bytes.length} bytes: it did not grow much`);
});
