/** A program that plays in a guest (guest/play.c), and what it plays. */
import { run } from "./peers.ts";

/** A second at 48 kHz in two channels, never silent, and unlike from frame to frame. */
export const pcm = Int16Array.from(
  { length: 96_000 },
  (_, i) => (Math.imul(i + 1, 0x9e3779b1) >> 17) | 1,
);

/** Silence as long as the guest's buffer and more: what is played of that after the end, or lost by QEMU, is silent. */
const SILENCE_BYTES = 4 * 73_728;

/** Both, as a guest's files. Needs `cc`. */
export async function playerFiles(): Promise<Record<string, Uint8Array>> {
  const play = await Deno.makeTempFile();
  try {
    const source = new URL("./guest/play.c", import.meta.url).pathname;
    await run("cc", ["-O1", "-o", play, source]);
    return {
      "root/play": await Deno.readFile(play),
      "root/pcm": new Uint8Array([...new Uint8Array(pcm.buffer), ...new Uint8Array(SILENCE_BYTES)]),
    };
  } finally {
    await Deno.remove(play);
  }
}

/** In the guest: plays it once; ends early when the guest was too slow for it. */
export const PLAY = "/root/play < /root/pcm";

/** The samples that are no silence are exactly those that were played. */
export function isPcm(heard: Int16Array): boolean {
  const loud = heard.filter((sample) => sample !== 0);
  return loud.length === pcm.length && loud.every((sample, i) => sample === pcm[i]);
}
