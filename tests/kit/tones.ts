/** Tones, and which one it is that is heard: samples of 48 kHz, two channels, interleaved. */

/** A sine of so many hertz and seconds. */
export function tone(hertz: number, seconds: number, loudness = 0.4): Int16Array {
  const frames = Math.round(seconds * 48_000);
  const samples = new Int16Array(2 * frames);
  for (let i = 0; i < frames; i++) {
    const value = Math.round(32767 * loudness * Math.sin(2 * Math.PI * hertz * i / 48_000));
    samples[2 * i] = samples[2 * i + 1] = value;
  }
  return samples;
}

/** How strong a frequency is in the left channel: 0 to 1 of full scale (Goertzel). */
export function strength(samples: Int16Array, hertz: number): number {
  const frames = samples.length >> 1, w = 2 * Math.PI * hertz / 48_000;
  let re = 0, im = 0;
  for (let i = 0; i < frames; i++) {
    re += samples[2 * i] * Math.cos(w * i);
    im -= samples[2 * i] * Math.sin(w * i);
  }
  return 2 * Math.hypot(re, im) / frames / 32768;
}

/** The strongest frequency among these; 50 to 2000 Hz in steps of 10 if not said. */
export function loudest(
  samples: Int16Array,
  among = Array.from({ length: 196 }, (_, i) => 50 + 10 * i),
): number {
  let best = 0, bestStrength = -1;
  for (const hertz of among) {
    const found = strength(samples, hertz);
    if (found > bestStrength) best = hertz, bestStrength = found;
  }
  return best;
}

/** Most frames in a row that are silent, between the first that is not and the last. */
export function longestGap(samples: Int16Array, threshold = 200): number {
  let last = -1, longest = 0;
  for (let i = 0; i < samples.length; i += 2) {
    if (Math.abs(samples[i]) < threshold) continue;
    if (last >= 0) longest = Math.max(longest, (i - last) / 2 - 1);
    last = i;
  }
  return longest;
}
