import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";
import { seeded } from "../../core/binary/random.ts";
import { decodeLz4, encodeLz4 } from "../../core/codecs/lz4/mod.ts";
import { BitmapFormat } from "../../core/protocol/image.ts";
import { randomRuns } from "../kit/random_runs.ts";
import { recordedPictures } from "../kit/recorded_pictures.ts";
import { cLz4, type Lz4Job } from "../oracles/c_lz4.ts";
import * as twin from "../oracles/lz4.ts";

const c = cLz4();
const ignore = typeof c === "string";
if (ignore) console.log(`LZ4 is not compared with C: ${c}`);
const runC = c as Exclude<typeof c, string>;

const PIXEL_BYTES: Partial<Record<string, number>> = { bit16: 2, bit24: 3, bit32: 4, rgba: 4 };

interface Sample {
  readonly format: number;
  readonly rows: Uint8Array;
}

/** Every so manieth picture, rows without padding. */
function* samples(name: string, every: number): Generator<Sample> {
  let count = 0;
  for (const { format, width, height, stride, data } of recordedPictures(name)) {
    const bytes = PIXEL_BYTES[format];
    if (bytes === undefined || count++ % every !== 0) continue;
    const rowBytes = width * bytes;
    const rows = new Uint8Array(rowBytes * height);
    for (let y = 0; y < height; y++) {
      rows.set(data.subarray(y * stride, y * stride + rowBytes), y * rowBytes);
    }
    yield { format: BitmapFormat.values[format], rows };
  }
}

/** Pictures of up to so many bytes together: what C gets at once. */
const BATCH_BYTES = 64_000_000;

function* batches(all: Iterable<Sample>): Generator<Sample[]> {
  let batch: Sample[] = [], bytes = 0;
  for (const sample of all) {
    batch.push(sample);
    bytes += sample.rows.length;
    if (bytes < BATCH_BYTES) continue;
    yield batch;
    batch = [], bytes = 0;
  }
  yield batch;
}

const encode = (rows: Uint8Array, format: number) =>
  encodeLz4({ data: rows, height: 1, stride: rows.length, rowBytes: rows.length }, true, format);

for (const name of ["office-dfps", "browser", "video360"]) {
  Deno.test({
    name: `LZ4 of ${name} has no more bytes than liblz4's, which decodes it`,
    ignore,
    fn() {
      let our = 0, their = 0;
      for (const batch of batches(samples(name, 1))) {
        const images = batch.map(({ rows, format }) => encode(rows, format)?.slice() ?? null);
        const theirs = runC(batch.map(({ rows }) => ({ work: "encode", data: rows })));
        batch.forEach(({ rows }, i) => {
          our += images[i]?.length ?? rows.length;
          their += Math.min(theirs[i].bytes!.length + 6, rows.length);
        });
        const kept = batch.flatMap(({ rows }, i) => images[i] ? [{ rows, image: images[i] }] : []);
        runC(kept.map(({ rows, image }) => decodeJob(image, rows))).forEach(({ bytes }, i) =>
          assert(equal(bytes!, kept[i].rows))
        );
      }
      assert(our > 0 && our <= their, `${our} bytes, liblz4 has ${their}`);
    },
  });
}

Deno.test({
  name: "LZ4 of all recorded pixel formats is the twin's, and liblz4 decodes it",
  ignore,
  fn() {
    for (const { rows, format } of samples("alltypes", 4)) {
      const image = encode(rows, format)?.slice() ?? null;
      const expected = twin.encode(rows, true, format);
      assertEquals(image === null, expected === null);
      if (image === null || expected === null) continue;
      assert(equal(image, expected));
      const [{ bytes }] = runC([decodeJob(image, rows)]);
      assert(equal(bytes!, rows));
    }
  },
});

Deno.test({
  name: "LZ4 streams of liblz4, whose blocks refer to earlier ones, are decoded",
  ignore,
  fn() {
    const pictures = [...samples("browser", 60), ...samples("office", 200)];
    const jobs = pictures.flatMap(({ rows }) =>
      [4096, 40_000, 1_000_000].map((most) => ({ work: "stream" as const, data: rows, most }))
    );
    runC(jobs).forEach(({ bytes }, i) => {
      const image = new Uint8Array(2 + bytes!.length);
      image.set([1, BitmapFormat.values.bit32]);
      image.set(bytes!, 2);
      assert(equal(decodeLz4(image, () => jobs[i].data.length).rows, jobs[i].data));
    });
  },
});

Deno.test({
  name: "liblz4 decodes LZ4 of every small length",
  ignore,
  fn() {
    const all = Array.from({ length: 900 }, (_, i) => {
      const rows = randomRuns(seeded(i + 1), 13 + i % 300);
      return { rows, image: encode(rows, [6, 7, 8][i % 3])?.slice() };
    }).flatMap(({ rows, image }) => image ? [{ rows, image }] : []);
    assert(all.length > 500);
    runC(all.map(({ rows, image }) => decodeJob(image, rows)))
      .forEach(({ bytes }, i) => assertEquals(bytes, all[i].rows));
  },
});

/** The one block of an image. */
function decodeJob(image: Uint8Array, rows: Uint8Array): Lz4Job {
  return { work: "decode", data: image.subarray(6), most: rows.length };
}

/** As assertEquals would say, in a hundredth of the time. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
