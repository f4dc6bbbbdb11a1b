/**
 * Sound of one rate becomes sound of another: a windowed sinc with exact phases, so that nothing
 * drifts, one stream at a time.
 */

/** Zero crossings on each side that a value is made of, in samples of the slower of the two rates. */
const CROSSINGS = 16;

export class Resampler {
  /** Between two values of the output lie `step / phases` frames of the input. */
  readonly #step: number;
  readonly #phases: number;
  readonly #channels: number;
  /** Frames on each side of a value. */
  readonly #half: number;
  readonly #weights: Float32Array;
  /** Frames that are still needed, interleaved; before the first there was silence. */
  #kept: Float32Array;
  /** Where the next value lies in `kept`: whole frames, and phases beyond. */
  #frame: number;
  #phase = 0;

  /** from, to: frames a second. */
  constructor(from: number, to: number, channels: number) {
    const common = divisor(from, to);
    this.#step = from / common;
    this.#phases = to / common;
    this.#channels = channels;
    const cut = Math.min(1, to / from);
    this.#half = Math.ceil(CROSSINGS / cut);
    this.#weights = weights(this.#half, this.#phases, cut);
    this.#frame = this.#half;
    this.#kept = new Float32Array(this.#half * channels);
  }

  /** samples: whole frames, interleaved; what comes out of them so far, which may be they themselves. */
  push(samples: Int16Array): Int16Array {
    if (this.#step === this.#phases) return samples;
    const channels = this.#channels, half = this.#half;
    const all = new Float32Array(this.#kept.length + samples.length);
    all.set(this.#kept);
    all.set(samples, this.#kept.length);
    const end = all.length / channels - half;
    const left = (end - this.#frame) * this.#phases - this.#phase;
    const count = Math.max(0, Math.ceil(left / this.#step));
    const out = new Int16Array(count * channels);
    for (let n = 0; n < out.length; n += channels) {
      const weight = this.#phase * 2 * half, first = (this.#frame - half + 1) * channels;
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let k = 0, i = first + channel; k < 2 * half; k++, i += channels) {
          sum += all[i] * this.#weights[weight + k];
        }
        out[n + channel] = Math.max(-32768, Math.min(32767, Math.round(sum)));
      }
      this.#phase += this.#step;
      this.#frame += Math.floor(this.#phase / this.#phases);
      this.#phase %= this.#phases;
    }
    const passed = Math.min(this.#frame - half, all.length / channels);
    this.#kept = all.slice(passed * channels);
    this.#frame -= passed;
    return out;
  }
}

/** By phase: what each of the neighbours counts; together 1. cut: the part of the band that stays. */
function weights(half: number, phases: number, cut: number): Float32Array {
  const all = new Float32Array(phases * 2 * half);
  for (let phase = 0; phase < phases; phase++) {
    const row = all.subarray(phase * 2 * half, (phase + 1) * 2 * half);
    let sum = 0;
    for (let k = 0; k < 2 * half; k++) {
      const x = k - half + 1 - phase / phases;
      const sinc = x === 0 ? cut : Math.sin(Math.PI * x * cut) / (Math.PI * x);
      // Hann
      row[k] = Math.abs(x) >= half ? 0 : sinc * (0.5 + 0.5 * Math.cos(Math.PI * x / half));
      sum += row[k];
    }
    for (let k = 0; k < 2 * half; k++) row[k] /= sum;
  }
  return all;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** One channel becomes both, or both one. */
export function spread(samples: Int16Array, from: number, to: number): Int16Array {
  if (from === to) return samples;
  const frames = samples.length / from, out = new Int16Array(frames * to);
  for (let i = 0; i < frames; i++) {
    if (to === 2) out[2 * i] = out[2 * i + 1] = samples[i];
    else out[i] = (samples[2 * i] + samples[2 * i + 1]) >> 1;
  }
  return out;
}
