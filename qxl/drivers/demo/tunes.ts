/** What the demo can play, made by rule: 48 kHz, both channels alike. */

export const RATE = 48_000;

/** Sound from its first frame to its last; a frame is both channels. */
export interface Tune {
  /** How long it is. */
  readonly frames: number;
  /** The value of one frame, -1 to 1. Called for each in turn. */
  at(frame: number): number;
}

/** How long a tone swells and fades, so that it does not click. */
const FADE_FRAMES = RATE / 100;

/** One frequency and nothing else. */
export function tone(hertz: number, seconds: number, loudness = 0.3): Tune {
  const frames = Math.round(seconds * RATE), step = 2 * Math.PI * hertz / RATE;
  return {
    frames,
    at: (frame) => {
      const edge = Math.min(1, (frame + 1) / FADE_FRAMES, (frames - frame) / FADE_FRAMES);
      return loudness * edge * Math.sin(step * frame);
    },
  };
}

/** A note: semitones above A at 440 Hz, and when it is struck, in beats. */
type Note = readonly [semitones: number, beat: number];

/** Struck bells that ring out over each other. */
export function melody(notes: readonly Note[], beatSeconds: number): Tune {
  const ring = 1.2 * RATE, last = notes[notes.length - 1][1];
  const struck = notes.map(([semitones, beat]) => ({
    step: 2 * Math.PI * 440 * 2 ** (semitones / 12) / RATE,
    from: Math.round(beat * beatSeconds * RATE),
  }));
  return {
    frames: Math.round(last * beatSeconds * RATE + ring),
    at: (frame) => {
      let sum = 0;
      for (const { step, from } of struck) {
        const t = frame - from;
        if (t < 0 || t >= ring) continue;
        const swell = Math.min(1, t / 120), fade = Math.exp(-5 * t / ring) * (1 - t / ring);
        sum += 0.2 * swell * fade * (Math.sin(step * t) + 0.35 * Math.sin(2.756 * step * t));
      }
      return sum;
    },
  };
}

/** The four quarters of a clock tower, more or less. */
export const chimes = melody([[0, 0], [-4, 1], [-2, 2], [-9, 3], [-9, 5], [-2, 6], [0, 7], [
  -4,
  8,
]], 0.42);
export const concertPitch = tone(440, 10);
