/**
 * LZ4 beside liblz4 in one run on one machine: encoding and decoding every picture of recordings, each
 * the fastest of a few times, and bytes. Ours includes the way into the codec's memory and, of decoded
 * rows, into memory of their own; liblz4 writes where it wrote the time before.
 */
import { decodeLz4, encodeLz4 } from "../../core/codecs/lz4/mod.ts";
import { BitmapFormat } from "../../core/protocol/image.ts";
import { type RecordedPicture, recordedPictures } from "../kit/recorded_pictures.ts";
import { cLz4 } from "../oracles/c_lz4.ts";

const TIMES = 5;
/** So many bytes of pictures C gets at once. */
const BATCH_BYTES = 100_000_000;

const c = cLz4();
if (typeof c === "string") {
  console.log(`LZ4 cannot be measured beside C here: ${c}`);
} else {
  console.log(
    "recording    encode MPix/s  liblz4  ratio   decode MPix/s  liblz4  ratio       bytes     liblz4  ratio",
  );
  for (const name of ["office-dfps", "browser", "video360"]) {
    const all = { pixels: 0, encodeMs: 0, decodeMs: 0, bytes: 0 };
    const theirs = { encodeMs: 0, decodeMs: 0, bytes: 0 };
    for (const batch of batches(name)) {
      for (const picture of batch) {
        const size = picture.data.length;
        const image = encode(picture)?.slice();
        all.pixels += size / 4;
        all.encodeMs += fastest(() => encode(picture));
        if (image) all.decodeMs += fastest(() => decodeLz4(image, () => size));
        all.bytes += image?.length ?? size;
      }
      const encoded = c(batch.map(({ data }) => ({ work: "encode", data, repeats: TIMES })));
      // what does not shrink is sent as it is, and decoded by neither
      const shrunk = batch.map(({ data }, i) => ({ most: data.length, data: encoded[i].bytes! }))
        .filter(({ most, data }) => data.length + 6 < most);
      const decoded = c(shrunk.map((job) => ({ work: "decode", ...job, repeats: TIMES })));
      for (const { timeNs } of encoded) theirs.encodeMs += timeNs / 1e6;
      for (const { timeNs } of decoded) theirs.decodeMs += timeNs / 1e6;
      encoded.forEach(({ bytes }, i) =>
        theirs.bytes += Math.min(bytes!.length + 6, batch[i].data.length)
      );
    }
    const rates = (ours: number, their: number, width: number) =>
      (all.pixels / ours / 1e3).toFixed(0).padStart(width) +
      (all.pixels / their / 1e3).toFixed(0).padStart(8) + (their / ours).toFixed(2).padStart(7);
    console.log(
      name.padEnd(12) + rates(all.encodeMs, theirs.encodeMs, 14) +
        rates(all.decodeMs, theirs.decodeMs, 16) + String(all.bytes).padStart(12) +
        String(theirs.bytes).padStart(11) + (all.bytes / theirs.bytes).toFixed(3).padStart(7),
    );
  }
}

function* batches(name: string): Generator<RecordedPicture[]> {
  let batch: RecordedPicture[] = [], bytes = 0;
  for (const picture of recordedPictures(name)) {
    const { format, width, stride, data } = picture;
    if ((format !== "bit32" && format !== "rgba") || stride !== width * 4) continue;
    batch.push(picture);
    if ((bytes += data.length) < BATCH_BYTES) continue;
    yield batch;
    batch = [], bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

function encode({ data, height, stride, format }: RecordedPicture): Uint8Array | null {
  const rows = { data, height, stride, rowBytes: stride };
  return encodeLz4(rows, true, BitmapFormat.values[format]);
}

/** In ms, of a few times in a row, as liblz4.c does. */
function fastest(work: () => unknown): number {
  let best = Infinity;
  for (let time = 0; time < TIMES; time++) {
    const before = performance.now();
    work();
    best = Math.min(best, performance.now() - before);
  }
  return best;
}
