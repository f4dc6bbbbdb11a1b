/// <reference lib="dom" />
/** The menu of keys that a browser keeps for itself, of texts to type, and of the keyboard for fingers. */
import type { Viewer } from "../client/viewer.ts";
import { type Combination, combinations, consoles } from "./combinations.ts";
import { item, menuOf } from "./menu.ts";
import { find } from "./page.ts";
import { TouchKeys } from "./touch_keys.ts";
import { Typing } from "./typing.ts";

export class KeysMenu {
  readonly #viewer: Viewer;
  readonly #typing: Typing;
  readonly #touchKeys: TouchKeys;

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
    this.#typing = new Typing(viewer);
    this.#touchKeys = new TouchKeys(viewer);
    const menu = menuOf("keys");
    menu.addEventListener("click", () => menu.hidePopover());
    for (const keys of combinations) this.#add("combinations", keys, keys.label);
    for (const keys of consoles) this.#add("consoles", keys, `Ctrl + Alt + ${keys.label}`);
    find("type").addEventListener("click", () => this.#typing.open());
    find("show-keys").addEventListener("click", () => this.#show(!this.#touchKeys.shown));
  }

  /** The guest takes no keys any more. */
  stop(): void {
    this.#typing.stop();
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
