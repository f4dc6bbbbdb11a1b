/** Pictures as a client of GLZ is sent them, the same for the same seed. */
import { type Random, seeded } from "../../core/binary/random.ts";
import type { GlzFormat, GlzRows } from "../../core/codecs/glz/mod.ts";
import { bytesOf } from "../oracles/glz.ts";
import { lzPicture } from "./lz_pictures.ts";

export const glzFormats: readonly GlzFormat[] = ["bit16", "bit24", "bit32", "rgba"];

export function glzPicture(
  random: Random,
  format: GlzFormat,
  width: number,
  height: number,
): GlzRows {
  return { ...lzPicture(random, format, width, height), format };
}

/** The same again, somewhere else, or changed a little: what a shared dictionary is for. */
export function* conversation(seed: number, count: number): Generator<GlzRows> {
  const random = seeded(seed);
  const before: GlzRows[] = [];
  for (let i = 0; i < count; i++) {
    const old = before[random.below(before.length + 1)];
    const size = () => 1 + random.below(70);
    let next = glzPicture(random, glzFormats[random.below(4)], size(), size());
    if (old && random.below(3) > 0) {
      const data = old.data.slice();
      for (let k = random.below(5); k > 0; k--) data[random.below(data.length)] ^= 1;
      next = { ...old, data };
    }
    before.push(next);
    yield next;
  }
}

/** The rows without padding. */
export function tight({ format, width, height, stride, data }: GlzRows): Uint8Array {
  const rowBytes = width * bytesOf[format];
  const rows = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) {
    rows.set(data.subarray(y * stride, y * stride + rowBytes), y * rowBytes);
  }
  return rows;
}
