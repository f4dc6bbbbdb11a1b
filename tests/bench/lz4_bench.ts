/**
 * LZ4 beside liblz4 in one run on one machine: encoding and decoding the pictures of recordings, each
 * the fastest of a few times, and bytes. Ours includes the way into the codec's memory and out of it.
 */
import { decodeLz4, encodeLz4 } from "../../core/codecs/lz4/mod.ts";
import { BitmapFormat } from "../../core/protocol/image.ts";
import { type RecordedPicture, recordedPictures } from "../kit/recorded_pictures.ts";
import { cLz4 } from "../oracles/c_lz4.ts";

const PASSES = 5;
/** So many bytes of each recording are enough, and fit in memory. */
const MOST_BYTES = 200_000_000;

const c = cLz4();
if (typeof c === "string") {
  console.log(`LZ4 cannot be measured beside C here: ${c}`);
} else {
  console.log(
    "recording     MPix/s: encode  liblz4  ratio   decode  liblz4  ratio   bytes     liblz4    ratio",
  );
  for (const name of ["office-dfps", "browser", "video360"]) {
    const pictures: RecordedPicture[] = [];
    let total = 0;
    for (const picture of recordedPictures(name)) {
      const { format, width, height, stride } = picture;
      if ((format !== "bit32" && format !== "rgba") || stride !== width * 4) continue;
      if ((total += stride * height) > MOST_BYTES) break;
      pictures.push(picture);
    }
    const encode = ({ data, height, stride, format }: RecordedPicture) =>
      encodeLz4({ data, height, stride, rowBytes: stride }, true, BitmapFormat.values[format]);
    const kept = pictures.map((picture) => ({ picture, image: encode(picture)?.slice() ?? null }));
    const encodeMs = sum(pictures.map((picture) => fastest(() => encode(picture))));
    const shrunk = kept.filter(({ image }) => image !== null);
    const decodeMs = sum(
      shrunk.map(({ picture, image }) =>
        fastest(() => decodeLz4(image!, () => picture.data.length))
      ),
    );
    const theirs = c(pictures.map(({ data }) => ({ work: "encode", data, repeats: PASSES })));
    const back = c(
      kept.flatMap(({ picture, image }, i) =>
        image === null ? [] : [{
          work: "decode" as const,
          data: theirs[i].bytes!,
          most: picture.data.length,
          repeats: PASSES,
        }]
      ),
    );
    const ms = (results: typeof theirs) =>
      results.reduce((sum, { timeNs }) => sum + timeNs, 0) / 1e6;
    const pixels = sum(pictures.map(({ data }) => data.length / 4));
    const decoded = sum(shrunk.map(({ picture }) => picture.data.length / 4));
    const bytes = sum(kept.map(({ picture, image }) => image?.length ?? picture.data.length));
    const theirBytes = sum(
      theirs.map(({ bytes }, i) => Math.min(bytes!.length + 6, pictures[i].data.length)),
    );
    console.log(
      name.padEnd(20) + rates(pixels, encodeMs, ms(theirs)) + rates(decoded, decodeMs, ms(back)) +
        `   ${bytes}  ${theirBytes}  ${(bytes / theirBytes).toFixed(3)}`,
    );
  }
}

function rates(pixels: number, ourMs: number, theirMs: number): string {
  return [pixels / ourMs / 1e3, pixels / theirMs / 1e3].map((rate) => rate.toFixed(0).padStart(8))
    .join("") + (theirMs / ourMs).toFixed(2).padStart(7);
}

/** In ms, of a few times in a row, as liblz4.c does. */
function fastest(work: () => unknown): number {
  let best = Infinity;
  for (let pass = 0; pass < PASSES; pass++) {
    const before = performance.now();
    work();
    best = Math.min(best, performance.now() - before);
  }
  return best;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
