import { assert, assertEquals } from "@std/assert";
import { Resampler, spread } from "../../../../channels/audiodev/resampler.ts";

/** A sine of so many frames a second, interleaved, the second channel upside down. */
function sine(hertz: number, rate: number, frames: number): Int16Array {
  const samples = new Int16Array(2 * frames);
  for (let i = 0; i < frames; i++) {
    samples[2 * i] = Math.round(16000 * Math.sin(2 * Math.PI * hertz * i / rate));
    samples[2 * i + 1] = -samples[2 * i];
  }
  return samples;
}

/** Pushes in pieces that have nothing to do with anything. */
function inPieces(resampler: Resampler, samples: Int16Array): Int16Array {
  const out: number[] = [];
  for (let at = 0, n = 2; at < samples.length; at += n, n = 2 + (n * 7) % 502 - n % 2) {
    out.push(...resampler.push(samples.subarray(at, at + n)));
  }
  return Int16Array.from(out);
}

Deno.test("a tone of any rate is the same tone at 48 kHz and back, to a thousandth", () => {
  for (const rate of [8000, 11025, 16000, 22050, 24000, 32000, 44100, 96000]) {
    for (const [from, to] of [[rate, 48000], [48000, rate]]) {
      const out = inPieces(new Resampler(from, to, 2), sine(1000, from, from));
      const frames = out.length / 2;
      // what is not yet certain of the last frames is still inside
      assert(frames <= to && frames > to * 0.98, `${from} → ${to}: ${frames}`);
      const right = sine(1000, to, frames);
      let worst = 0;
      // before the first sample there was silence
      for (let i = 400; i < out.length; i++) worst = Math.max(worst, Math.abs(out[i] - right[i]));
      assert(worst < 32, `${from} → ${to}: off by ${worst} of 16000`);
    }
  }
});

Deno.test("what the slower rate cannot hold is gone, not folded down", () => {
  const out = inPieces(new Resampler(48000, 8000, 2), sine(7000, 48000, 48000));
  const loudest = out.subarray(400).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  assert(loudest < 160, `${loudest} of 16000 is left`);
});

Deno.test("an hour does not drift by a frame", () => {
  const resampler = new Resampler(44100, 48000, 1), second = new Int16Array(44100);
  let frames = 0;
  for (let i = 0; i < 60; i++) frames += resampler.push(second).length;
  assert(60 * 48000 - frames <= 20, `${frames}`);
});

Deno.test("the same rate is the same samples", () => {
  const samples = sine(440, 48000, 100);
  assertEquals(new Resampler(48000, 48000, 2).push(samples), samples);
});

Deno.test("one channel is heard on both sides, and both are one", () => {
  assertEquals(spread(Int16Array.of(1, -2), 1, 2), Int16Array.of(1, 1, -2, -2));
  assertEquals(spread(Int16Array.of(10, 20, -32768, -32768), 2, 1), Int16Array.of(15, -32768));
});
