/// <reference lib="dom" />
/** A text that is typed into the guest key by key: the dialog that takes it, and the strip that stops it. */
import { type Keymap, keymaps, likelyKeymap } from "../client/keymaps.ts";
import { MOST_CHARACTERS, type Plan, plan, type Typist } from "../client/typist.ts";
import type { Viewer } from "../client/viewer.ts";
import { find, keep, kept } from "./page.ts";

/** The layout that the person has chosen for the guest, or most likely would. */
export function chosenKeymap(): Keymap {
  const id = kept("keymap");
  return keymaps.find((map) => map.id === id) ?? likelyKeymap(navigator.language);
}

export class Typing {
  readonly #viewer: Viewer;
  readonly #typist: Typist;
  readonly #dialog = find<HTMLDialogElement>("typing");
  readonly #text = find<HTMLTextAreaElement>("typing-text");
  readonly #keymap = find<HTMLSelectElement>("typing-keymap");

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
    this.#typist = viewer.typist((typed, of, stopped) => this.#progress(typed, of, stopped));
    for (const { id, name } of keymaps) this.#keymap.append(new Option(name, id));
    this.#keymap.addEventListener("change", () => {
      keep("keymap", this.#keymap.value);
      this.#look();
    });
    this.#text.addEventListener("input", () => this.#look());
    find("typing-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#go();
    });
    find("typing-close").addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("close", () => this.#viewer.screen.focus());
    find("typing-stop").addEventListener("click", () => this.stop());
  }

  open(): void {
    this.#keymap.value = chosenKeymap().id;
    this.#look();
    this.#dialog.showModal();
    this.#text.focus();
    this.#text.select();
  }

  /** Nobody is there to read on. */
  stop(): void {
    this.#typist.stop();
  }

  #plan(): Plan {
    const keymap = keymaps.find(({ id }) => id === this.#keymap.value) ?? keymaps[0];
    return plan(this.#text.value, keymap);
  }

  #look(): void {
    const { strokes, missing, ms } = this.#plan();
    const tooLong = strokes.length > MOST_CHARACTERS;
    const go = find<HTMLButtonElement>("typing-go");
    go.disabled = tooLong || strokes.length === 0;
    const words: string[] = [];
    if (tooLong) {
      words.push(
        `${strokes.length} characters are too many; at most ${MOST_CHARACTERS} are typed.`,
      );
    } else if (strokes.length > 0) {
      const seconds = Math.max(1, Math.round(ms / 1000));
      words.push(`${strokes.length} characters, about ${seconds} s.`);
    }
    if (missing.length > 0) {
      const some = missing.slice(0, 8).join(" ");
      words.push(`This layout has no ${some}${missing.length > 8 ? " …" : ""}: left out.`);
    }
    find("typing-note").textContent = words.join(" ");
  }

  #go(): void {
    const planned = this.#plan();
    this.#dialog.close();
    // a password should not stay in a page
    this.#text.value = "";
    if (planned.strokes.length > 0) this.#typist.type(planned);
  }

  #progress(typed: number, of: number, stopped: boolean): void {
    const strip = find("typing-strip");
    const over = stopped || typed >= of;
    strip.hidden = over;
    const bar = find<HTMLProgressElement>("typing-progress");
    bar.max = of;
    bar.value = typed;
    find("typing-count").textContent = `Typing: ${typed} of ${of}`;
    if (over) {
      find("toast").textContent = stopped ? `Stopped after ${typed} of ${of} characters` : "";
      setTimeout(() => find("toast").textContent = "", 3000);
    }
  }
}
