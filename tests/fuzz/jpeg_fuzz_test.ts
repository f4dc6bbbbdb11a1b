/** A million damaged JPEG files: each is a picture of the expected size or refused, nothing else. */
import { assert, assertEquals } from "@std/assert";
import { seeded } from "../../core/binary/random.ts";
import { decodeJpeg, encodeJpeg } from "../../core/codecs/jpeg/mod.ts";
import { effort } from "../kit/effort.ts";
import { mutate } from "../kit/mutate.ts";
import { decodePpm } from "../kit/ppm.ts";

const WIDTH = 17, HEIGHT = 9;
const folder = new URL("../data/jpeg/", import.meta.url);

/** Small files of our own, and libjpeg's of a larger picture. */
function seeds(): { file: Uint8Array; width: number; height: number }[] {
  const random = seeded(1);
  const data = Uint8Array.from({ length: WIDTH * HEIGHT * 4 }, (_, i) => i * 3 + random.below(9));
  const size = { width: WIDTH, height: HEIGHT };
  const rows = { ...size, format: "bit32", stride: WIDTH * 4, topDown: true, data } as const;
  const own = (["4:2:0", "4:4:4"] as const).map((sampling) => ({
    ...size,
    file: encodeJpeg(rows, 60, { sampling }).slice(),
  }));
  const theirs = [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".jpg"))
    .map(({ name }) => {
      const ppm = Deno.readFileSync(new URL(name.replace(".jpg", ".ppm"), folder));
      return { file: Deno.readFileSync(new URL(name, folder)), ...decodePpm(ppm) };
    });
  return [...own, ...theirs.toSorted((a, b) => a.file.length - b.file.length)];
}

Deno.test(`JPEG of ${effort.jpegFiles} damaged files is a picture or a RangeError`, () => {
  const all = seeds();
  const random = seeded(2);
  const into = new Uint8Array(8192);
  let pictures = 0;
  const message = new Map<string, number>();
  for (let n = 0; n < effort.jpegFiles; n++) {
    // a larger one at times: they cost more
    const seed = all[random.below(8) > 0 ? random.below(2) : random.below(all.length)];
    const size = mutate(random, seed.file, all[random.below(all.length)].file, into);
    try {
      // bytes of their own now and then: what is read behind them is not there
      const file = n % 16 === 0 ? into.slice(0, size) : into.subarray(0, size);
      const { width, height, data } = decodeJpeg(file, seed);
      pictures++;
      assertEquals([width, height, data.length], [seed.width, seed.height, width * height * 4]);
    } catch (error) {
      if (!(error instanceof RangeError) || !/JPEG/.test(error.message)) {
        console.log(`seed 2, file ${n}: ${into.subarray(0, size).toHex()}`);
        throw error;
      }
      const kind = error.message.replaceAll(/[0-9a-f]*\d[0-9a-f]*|undefined/g, "N");
      message.set(kind, (message.get(kind) ?? 0) + 1);
    }
  }
  assert(pictures > effort.jpegFiles / 100, "too few are still pictures");
  assert(message.size > 15, `too few ways to be wrong: ${[...message.keys()]}`);
});
