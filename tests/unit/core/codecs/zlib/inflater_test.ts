import { assertEquals, assertThrows } from "@std/assert";
import { constants, createDeflate } from "node:zlib";
import { randomBytes, seeded } from "../../../../../core/binary/random.ts";
import { Inflater, Scratch } from "../../../../../core/codecs/zlib/inflater.ts";

/** Each part compressed and flushed, in one zlib stream. */
async function pieces(parts: Uint8Array[]): Promise<Uint8Array[]> {
  const stream = createDeflate();
  const out: Uint8Array[] = [];
  let chunks: Uint8Array[] = [];
  stream.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  for (const part of parts) {
    stream.write(part);
    await new Promise<void>((done) => stream.flush(constants.Z_SYNC_FLUSH, () => done()));
    out.push(Uint8Array.from(chunks.flatMap((chunk) => [...chunk])));
    chunks = [];
  }
  stream.destroy();
  return out;
}

const random = seeded(7);
/** Runs, repetitions from far back, and noise. */
const parts = Array.from({ length: 12 }, (_, i) => {
  const noise = randomBytes(random, 200 + random.below(3000));
  const run = new Uint8Array(random.below(5000)).fill(i);
  return new Uint8Array([...noise, ...run, ...noise, ...run.subarray(10), ...noise]);
});

Deno.test("pieces of a zlib stream are read one by one", async () => {
  const wanted = [...parts, ...parts, new Uint8Array(0)];
  const all = await pieces(wanted);
  const scratch = new Scratch();
  const one = new Inflater(scratch), two = new Inflater(scratch);
  all.forEach((piece, i) => {
    assertEquals(one.next(piece, wanted[i].length).slice(), wanted[i], `piece ${i}`);
    assertEquals(two.next(piece, wanted[i].length + 9).slice(), wanted[i], `${i} of two streams`);
  });
});

Deno.test("a piece that holds more than it may is refused, and so is what is no zlib stream", async () => {
  const [piece] = await pieces([parts[0]]);
  const inflater = () => new Inflater(new Scratch());
  assertThrows(() => inflater().next(piece, parts[0].length - 1), RangeError, "holds more bytes");
  assertThrows(() => inflater().next(piece.subarray(2), 1 << 16), RangeError, "no zlib stream");
  assertThrows(() => inflater().next(piece.subarray(0, 100), 1 << 16), RangeError, "cut off");
});
