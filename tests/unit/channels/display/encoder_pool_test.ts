import { assert, assertEquals } from "@std/assert";
import { decodeJpegAlpha } from "../../../../core/codecs/jpeg/mod.ts";
import { decodeLz } from "../../../../core/codecs/lz/mod.ts";
import { linearBuffer } from "../../../../core/binary/linear.ts";
import { seeded } from "../../../../core/binary/random.ts";
import { createLog } from "../../../../core/log.ts";
import type { Bitmap, Image, ImageOf } from "../../../../core/protocol/image.ts";
import { encodeBitmap } from "../../../../channels/display/encode_bitmap.ts";
import type { EncodeRequest } from "../../../../channels/display/encode_job.ts";
import { EncoderPool } from "../../../../channels/display/encoder_pool.ts";
import { FakeClock } from "../../../kit/fake_clock.ts";
import { type Helper, spawn } from "../../../../channels/spawn.ts";

const log = createLog({ format: "text", level: "error", sink: () => {}, now: () => new Date(0) });

function bitmap(seed: number, size: number, memory?: SharedArrayBuffer): Bitmap {
  const random = seeded(seed);
  const data = memory
    ? new Uint8Array(memory, 64, size * size * 4)
    : new Uint8Array(size * size * 4);
  for (let i = 0; i < data.length; i++) data[i] = i % 7 === 0 ? random.below(256) : i >> 6;
  return {
    type: "bitmap",
    id: 9n,
    flags: 0,
    width: size,
    height: size,
    format: "bit32",
    bitmapFlags: 4,
    x: size,
    y: size,
    stride: size * 4,
    palette: null,
    data,
  };
}

const encoded = (pool: EncoderPool, picture: Bitmap) =>
  new Promise<Image | null>((done) => pool.encode(picture, "lz4", done));

Deno.test("real workers encode what they see in shared memory and what is copied to them", async () => {
  const module = new URL("../../../../channels/display/encode.worker.ts", import.meta.url);
  using pool = new EncoderPool(() => spawn(module), log, new FakeClock());
  await pool.start(2);
  assertEquals(pool.size, 2);
  const pictures = [
    bitmap(1, 200, new SharedArrayBuffer(1 << 20)),
    bitmap(2, 130),
    bitmap(3, 10),
    bitmap(4, 150),
    // as a card's memory is; the first picture that a worker encodes there makes it larger
    bitmap(5, 200, linearBuffer(1 << 20)),
  ];
  const images = await Promise.all(pictures.map((picture) => encoded(pool, picture)));
  pictures.forEach((picture, i) => assertEquals(images[i], encodeBitmap(picture, "lz4")));
  assertEquals(pictures[1].data.length, 67600, "what was copied is still ours");
});

Deno.test("of a part of a picture a worker gets the part, whose rows lie far apart here", async () => {
  const module = new URL("../../../../channels/display/encode.worker.ts", import.meta.url);
  using pool = new EncoderPool(() => spawn(module), log, new FakeClock());
  await pool.start(1);
  const whole = bitmap(6, 300), { stride } = whole;
  const part = { ...whole, width: 130, height: 200, x: 130, y: 200 };
  const rows = { ...part, data: whole.data.subarray(40 * 4, 199 * stride + 170 * 4) };
  const tight = { ...part, stride: 520, data: new Uint8Array(520 * 200) };
  for (let y = 0; y < 200; y++) {
    tight.data.set(rows.data.subarray(y * stride, y * stride + 520), y * 520);
  }
  assertEquals(await encoded(pool, rows), encodeBitmap(tight, "lz4"));
});

Deno.test("JPEG of a quality loses alpha, and JPEG with alpha keeps it", () => {
  const picture: Bitmap = { ...bitmap(5, 64), format: "rgba" };
  const plain = encodeBitmap(picture, "jpeg60") as ImageOf<"jpeg">;
  assertEquals(plain.type, "jpeg");
  assertEquals(plain.data.subarray(0, 3), Uint8Array.of(0xff, 0xd8, 0xff));
  const finer = encodeBitmap(picture, "jpeg90") as ImageOf<"jpeg">;
  assert(finer.data.length > plain.data.length);
  const both = encodeBitmap(picture, "jpegAlpha60") as ImageOf<"jpegAlpha">;
  assertEquals(both.type, "jpegAlpha");
  const file = both.data.subarray(0, both.jpegSize);
  assertEquals(file, plain.data);
  const { data } = decodeJpegAlpha(
    { topDown: true, jpegSize: both.jpegSize, data: both.data },
    { width: 64, height: 64 },
    decodeLz,
  );
  for (let at = 3; at < data.length; at += 4) assertEquals(data[at], picture.data[at]);
});

/** A worker of which the test decides when it answers, and when it dies. */
class FakeHelper implements Helper {
  onMessage: Helper["onMessage"] = null;
  onLost: Helper["onLost"] = null;
  readonly requests: EncodeRequest[] = [];
  closed = false;

  post(message: unknown): void {
    this.requests.push(message as EncodeRequest);
  }
  close(): void {
    this.closed = true;
  }
}

Deno.test("what a lost worker had to do another does, and it is started again", async () => {
  const helpers: FakeHelper[] = [];
  const start = () => (helpers.push(new FakeHelper()), helpers.at(-1)!);
  const pool = new EncoderPool(start, log, new FakeClock());
  pool.start(2);
  const answers: (Image | null)[] = [];
  for (let i = 0; i < 6; i++) pool.encode(bitmap(i, 160), "lz4", (image) => answers.push(image));
  await Promise.resolve();
  assertEquals(helpers.map(({ requests }) => requests[0].jobs.length), [3, 3]);
  helpers[0].onLost!("shot", false);
  await Promise.resolve();
  assertEquals(helpers.length, 3);
  assertEquals(pool.size, 2);
  for (const helper of helpers.slice(1)) {
    for (const { jobs } of helper.requests) {
      for (const { n } of jobs) helper.onMessage!({ n, image: null });
    }
  }
  assertEquals(answers.length, 6);
  pool[Symbol.dispose]();
  assert(helpers[1].closed && helpers[2].closed);
});

Deno.test("a film's frames are encoded here as far as they take little, others by a worker", async () => {
  const clock = new FakeClock(), helper = new FakeHelper();
  const pool = new EncoderPool(() => helper, log, clock);
  pool.start(1);
  const jobs = () => helper.requests.flatMap(({ jobs }) => jobs.map(({ codec }) => codec));
  let here = 0;
  const encode = async (size: number, codec: "mjpeg80" | "jpeg80" = "mjpeg80") => {
    pool.encode(bitmap(1, size), codec, (image) => image && here++);
    await Promise.resolve();
  };
  await encode(480);
  assertEquals([here, jobs()], [1, []]);
  // too large; and a picture that is no frame
  await encode(800);
  await encode(480, "jpeg80");
  assertEquals([here, jobs()], [1, ["mjpeg80", "jpeg80"]]);
  // a thousand a second of them are too many
  for (let i = 0; i < 100; i++, clock.advance(1)) await encode(480);
  assert(here > 5 && here < 15, `${here} of 100`);
  clock.advance(1000);
  const before = here;
  await encode(480);
  assertEquals(here, before + 1);
  pool[Symbol.dispose]();
});

Deno.test("when no worker can be had any more, pictures are encoded here", async () => {
  const helpers: FakeHelper[] = [];
  const pool = new EncoderPool(
    () => {
      if (helpers.length > 0) throw new Error("no permission");
      helpers.push(new FakeHelper());
      return helpers[0];
    },
    log,
    new FakeClock(),
  );
  pool.start(1);
  const picture = bitmap(1, 160);
  const waiting = encoded(pool, picture);
  helpers[0].onLost!("shot", false);
  assertEquals(pool.size, 0);
  assertEquals(await waiting, encodeBitmap(picture, "lz4"));
});

Deno.test("a picture that no worker survives, or that fails, goes as it is, and is told", async () => {
  const told: string[] = [];
  const log = createLog({
    format: "text",
    level: "error",
    sink: (line) => told.push(line),
    now: () => new Date(0),
  });
  const helpers: FakeHelper[] = [];
  const start = () => (helpers.push(new FakeHelper()), helpers.at(-1)!);
  const pool = new EncoderPool(start, log, new FakeClock());
  pool.start(1);
  const poison = encoded(pool, bitmap(1, 160));
  await Promise.resolve();
  helpers[0].onLost!("shot", false);
  await Promise.resolve();
  helpers[1].onLost!("shot again", false);
  assertEquals([await poison, helpers.length, pool.size], [null, 3, 1]);
  const faulty = encoded(pool, bitmap(2, 160));
  await Promise.resolve();
  const [{ n }] = helpers[2].requests[0].jobs;
  helpers[2].onMessage!({ n, image: null, fault: new RangeError("no memory") });
  assertEquals(await faulty, null);
  assertEquals(told.filter((line) => line.includes("encoding-failed")).length, 1);
  assertEquals(told.some((line) => line.includes("no memory")), true);
  pool[Symbol.dispose]();
});
