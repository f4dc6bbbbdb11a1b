/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/** A guest that draws into its picture while that is encoded: single bytes, runs, and what was there elsewhere. */
import { seeded } from "../../core/binary/random.ts";

self.onmessage = ({ data: bytes }: MessageEvent<Uint8Array>) => {
  const random = seeded(31);
  const dice = Uint32Array.from({ length: 4096 }, () => random.below(2 ** 32));
  postMessage("drawing");
  for (let i = 0;; i++) {
    const one = dice[i & 4095], other = dice[(i >> 12) + i & 4095];
    const at = one % bytes.length, length = other % 40;
    if (one >>> 30 === 0) bytes.copyWithin(at, other % bytes.length, other % bytes.length + length);
    else if (one >>> 30 === 1) bytes.fill(other >>> 31, at, at + length);
    else bytes[at] = other >>> 30;
  }
};
