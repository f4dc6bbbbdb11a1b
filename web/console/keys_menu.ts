/// <reference lib="dom" />
/** The menu of keys that a browser keeps for itself, of texts to type, and of the keyboard for fingers. */
import { SoftKeyboard } from "../client/soft_keyboard.ts";
import type { Viewer } from "../client/viewer.ts";
import { type Combination, combinations, consoles } from "./combinations.ts";
import { item, menuOf } from "./menu.ts";
import { find, toast } from "./page.ts";
import { TouchKeys } from "./touch_keys.ts";
import { chosenKeymap, Typing } from "./typing.ts";

export class KeysMenu {
  readonly #viewer: Viewer;
  readonly #typing: Typing;
  readonly #touchKeys: TouchKeys;
  readonly #softKeyboard: SoftKeyboard;

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
    this.#typing = new Typing(viewer);
    this.#touchKeys = new TouchKeys(viewer);
    const phone = find("phone-keys");
    this.#softKeyboard = new SoftKeyboard(
      document.body,
      viewer,
      (ms, call) => {
        const timer = setTimeout(call, ms);
        return () => clearTimeout(timer);
      },
      {
        strokes: (character) => chosenKeymap().strokes(character),
        missing: (character) => toast(`The guest's keyboard layout has no ${character}`),
        shown: (shown) => phone.setAttribute("aria-checked", `${shown}`),
      },
    );
    // where there are only keys of one's own this would do nothing
    const fingers = matchMedia("(any-pointer: coarse)");
    const offer = () => phone.hidden = !fingers.matches;
    fingers.addEventListener("change", offer);
    offer();
    const menu = menuOf("keys");
    menu.addEventListener("click", () => menu.hidePopover());
    for (const keys of combinations) this.#add("combinations", keys, keys.label);
    for (const keys of consoles) this.#add("consoles", keys, `Ctrl + Alt + ${keys.label}`);
    find("type").addEventListener("click", () => this.#typing.open());
    find("show-keys").addEventListener("click", () => this.#show(!this.#touchKeys.shown));
    phone.addEventListener("click", () => {
      if (phone.getAttribute("aria-checked") === "true") return viewer.screen.focus();
      if (this.#touchKeys.shown) this.#show(false);
      // one that has just been called up must not lose the keyboard to a menu that closes
      menu.hidePopover();
      this.#softKeyboard.shown = true;
    });
  }

  /** The guest takes no keys any more. */
  stop(): void {
    this.#typing.stop();
    this.#softKeyboard.shown = false;
    if (this.#touchKeys.shown) this.#show(false);
  }

  #show(shown: boolean): void {
    this.#touchKeys.shown = shown;
    find("show-keys").setAttribute("aria-checked", `${shown}`);
    this.#viewer.screen.focus();
  }

  #add(list: string, { label, codes }: Combination, spoken: string): void {
    const line = item(label, () => {
      this.#viewer.combination(codes);
      this.#viewer.screen.focus();
    });
    line.setAttribute("aria-label", spoken);
    find(list).append(line);
  }
}
