/// <reference lib="dom" />
/**
 * The keyboard of a phone: it tells of texts, not of keys, and takes them back when it knows better.
 * A field that nobody sees takes its text; what changed in there is typed in the guest.
 */
import type { Stroke } from "./keymaps.ts";
import { difference, StrokeQueue } from "./soft_text.ts";
import type { After } from "./after.ts";
import type { Viewer } from "./viewer.ts";

export interface SoftKeyboardHost {
  /** The strokes that make a character in the guest; undefined: it has no such key. */
  strokes(character: string): readonly Stroke[] | undefined;
  /** This character cannot be typed. */
  missing(character: string): void;
  /** The field has the keyboard, or no longer. */
  shown(shown: boolean): void;
}

/** SPEC: phones tell of Backspace only where there is something to take away. */
const FILLING = "_".repeat(40);
const LEAST = 10, MOST = 400;

export class SoftKeyboard {
  readonly #field = document.createElement("textarea");
  readonly #host: SoftKeyboardHost;
  readonly #queue: StrokeQueue;
  #last = FILLING;
  #composing = false;

  constructor(root: HTMLElement, viewer: Viewer, after: After, host: SoftKeyboardHost) {
    this.#host = host;
    this.#queue = new StrokeQueue((stroke) => viewer.combination(stroke), after);
    const field = this.#field;
    for (const name of ["autocapitalize", "autocorrect", "autocomplete"]) {
      field.setAttribute(name, "off");
    }
    field.spellcheck = false;
    // it comes by its button alone
    field.tabIndex = -1;
    field.setAttribute("aria-label", "Text for the guest");
    // INVARIANT: it is there and has a size, or phones would not open their keyboard; 16 px keep them from zooming
    Object.assign(field.style, {
      position: "absolute",
      bottom: "0",
      left: "0",
      width: "1px",
      height: "1px",
      padding: "0",
      border: "0",
      opacity: "0",
      fontSize: "16px",
      resize: "none",
      pointerEvents: "none",
    });
    root.append(field);
    field.addEventListener("focus", () => {
      this.#fill();
      host.shown(true);
    });
    field.addEventListener("blur", () => {
      viewer.keyboard.letGo();
      // it may have been a password; to place its caret would focus it again on some phones
      field.value = this.#last = FILLING;
      host.shown(false);
    });
    // a keyboard that is plugged into the phone tells of its keys
    const known = (event: KeyboardEvent) =>
      event.code !== "" && event.key !== "Process" && !event.isComposing;
    field.addEventListener("keydown", (event) => {
      if (known(event) && viewer.keyboard.press(event)) event.preventDefault();
    });
    field.addEventListener("keyup", (event) => {
      if (known(event) && viewer.keyboard.release(event)) event.preventDefault();
    });
    field.addEventListener("compositionstart", () => this.#composing = true);
    field.addEventListener("compositionend", () => {
      this.#composing = false;
      this.#changed();
    });
    field.addEventListener("input", () => this.#changed());
  }

  /** To be set where the person pressed something: phones show their keyboard only then. */
  set shown(shown: boolean) {
    if (shown) this.#field.focus({ preventScroll: true });
    else this.#field.blur();
  }

  get shown(): boolean {
    return document.activeElement === this.#field;
  }

  #changed(): void {
    const { value } = this.#field;
    const { back, text } = difference(this.#last, value);
    this.#last = value;
    for (let i = 0; i < back; i++) this.#queue.add([["Backspace"]]);
    for (const character of text.normalize("NFC")) {
      const strokes = this.#host.strokes(character);
      if (strokes) this.#queue.add(strokes);
      else this.#host.missing(character);
    }
    // INVARIANT: the field stays as it is while a word is being made in it
    if (!this.#composing && (value.length < LEAST || value.length > MOST)) this.#fill();
  }

  #fill(): void {
    this.#field.value = this.#last = FILLING;
    this.#field.setSelectionRange(FILLING.length, FILLING.length);
  }
}
