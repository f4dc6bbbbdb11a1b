/** Text as keystrokes, for guests that take no clipboard: slowly enough for a keyboard's small queue. */
import type { Keymap, Stroke } from "./keymaps.ts";
import type { After } from "./after.ts";

/** More is a file, not a password or a command. */
export const MOST_CHARACTERS = 10_000;
/**
 * SPEC: a PC keyboard queues 16 bytes, and a stroke with two modifiers takes 8 of them; a guest
 * that boots asks for them 50 times a second.
 */
export const STROKE_MS = 20;

export interface TypistHost {
  /** Presses these keys in order and releases them in the opposite one. */
  press(stroke: Stroke): void;
  readonly after: After;
  /** So many characters of all are typed; it is over when they are as many, or when stopped. */
  progress(typed: number, of: number, stopped: boolean): void;
}

/** What a text comes to on a keyboard. */
export interface Plan {
  /** By character. */
  readonly strokes: readonly (readonly Stroke[])[];
  /** Characters that the keyboard has not, each once. */
  readonly missing: readonly string[];
  readonly ms: number;
}

/** Plans a text; line ends of every kind are Enter. What is missing would be left out. */
export function plan(text: string, keymap: Keymap): Plan {
  const strokes: (readonly Stroke[])[] = [];
  const missing = new Set<string>();
  for (const character of text.replaceAll(/\r\n?/g, "\n").normalize("NFC")) {
    const known = keymap.strokes(character);
    if (known) strokes.push(known);
    else missing.add(character);
  }
  return { strokes, missing: [...missing], ms: strokes.flat().length * STROKE_MS };
}

export class Typist {
  readonly #host: TypistHost;
  #cancel: (() => void) | null = null;
  #done = 0;
  #of = 0;

  constructor(host: TypistHost) {
    this.#host = host;
  }

  get busy(): boolean {
    return this.#cancel !== null;
  }

  /** RangeError: too many characters. What was being typed is stopped. */
  type({ strokes }: Plan): void {
    if (strokes.length > MOST_CHARACTERS) {
      throw new RangeError(`${strokes.length} characters are more than ${MOST_CHARACTERS}`);
    }
    this.stop();
    this.#done = 0;
    this.#of = strokes.length;
    this.#next(strokes, 0, 0);
  }

  stop(): void {
    if (!this.#cancel) return;
    this.#cancel();
    this.#cancel = null;
    this.#host.progress(this.#done, this.#of, true);
  }

  #next(strokes: Plan["strokes"], at: number, stroke: number): void {
    if (at >= strokes.length) {
      this.#cancel = null;
      return this.#host.progress(this.#of, this.#of, false);
    }
    this.#host.press(strokes[at][stroke]);
    const last = stroke === strokes[at].length - 1;
    if (last) this.#done = at + 1;
    this.#cancel = this.#host.after(STROKE_MS, () => {
      if (last) this.#host.progress(this.#done, this.#of, false);
      this.#next(strokes, last ? at + 1 : at, last ? 0 : stroke + 1);
    });
  }
}
