/// <reference lib="dom" />
/** A keyboard on the screen, for fingers. Modifiers stay down for one key; twice pressed, until pressed again. */
import { scancode } from "../client/scancodes.ts";
import type { Viewer } from "../client/viewer.ts";
import { find } from "./page.ts";
import { chosenKeymap } from "./typing.ts";

type Key = readonly [code: string, label?: string, width?: number];

const letters = (keys: string): Key[] => [...keys].map((key) => [`Key${key}`]);

const ROWS: readonly (readonly Key[])[] = [
  [
    ["Escape", "Esc", 1.4],
    ...Array.from({ length: 12 }, (_, i): Key => [`F${i + 1}`, `F${i + 1}`]),
  ],
  [["Backquote"], ...[..."1234567890"].map((key): Key => [`Digit${key}`]), ["Minus"], ["Equal"], [
    "Backspace",
    "⌫",
    1.4,
  ]],
  [["Tab", "⇥", 1.2], ...letters("QWERTYUIOP"), ["BracketLeft"], ["BracketRight"], [
    "Delete",
    "Del",
  ]],
  [["CapsLock", "⇪", 1.2], ...letters("ASDFGHJKL"), ["Semicolon"], ["Quote"], ["Backslash"], [
    "Enter",
    "⏎",
    1.4,
  ]],
  [
    ["ShiftLeft", "⇧", 1.4],
    ["IntlBackslash"],
    ...letters("ZXCVBNM"),
    ["Comma"],
    ["Period"],
    ["Slash"],
    ["ArrowUp", "↑"],
    ["PageUp", "⇞"],
  ],
  [
    ["ControlLeft", "Ctrl", 1.4],
    ["MetaLeft", "◇"],
    ["AltLeft", "Alt"],
    ["Space", " ", 4.4],
    ["AltRight", "AltGr", 1.2],
    ["Home", "⇱"],
    ["ArrowLeft", "←"],
    ["ArrowDown", "↓"],
    ["ArrowRight", "→"],
    ["PageDown", "⇟"],
  ],
];

/** What a screen reader says of keys whose caps are signs. */
const SPOKEN: Readonly<Record<string, string>> = {
  Backspace: "Backspace",
  Tab: "Tab",
  CapsLock: "Caps Lock",
  Enter: "Enter",
  ShiftLeft: "Shift",
  MetaLeft: "Super",
  Space: "Space",
  Home: "Home",
  ArrowUp: "Up",
  ArrowDown: "Down",
  ArrowLeft: "Left",
  ArrowRight: "Right",
  PageUp: "Page up",
  PageDown: "Page down",
};

const MODIFIERS = new Set(["ShiftLeft", "ControlLeft", "MetaLeft", "AltLeft", "AltRight"]);
const REPEAT_AFTER_MS = 450;
const REPEAT_MS = 60;

export class TouchKeys {
  readonly #viewer: Viewer;
  readonly #panel = find("touch-keys");
  readonly #caps = new Map<string, HTMLButtonElement>();
  /** Modifiers that are down: for one key, or until they are pressed again. */
  readonly #held = new Map<string, "once" | "locked">();
  #repeat: ReturnType<typeof setTimeout> | undefined;

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
  }

  get shown(): boolean {
    return !this.#panel.hidden;
  }

  set shown(shown: boolean) {
    if (shown && this.#caps.size === 0) this.#build();
    this.#panel.hidden = !shown;
    document.body.dataset.keys = shown ? "shown" : "hidden";
    this.#release();
    if (shown) this.#label();
  }

  #build(): void {
    for (const row of ROWS) {
      const line = document.createElement("div");
      line.className = "row";
      for (const [code, label = "", width = 1] of row) {
        const cap = document.createElement("button");
        cap.type = "button";
        cap.dataset.code = code;
        cap.style.flexGrow = `${width}`;
        cap.textContent = label;
        // the picture keeps the keyboard
        cap.tabIndex = -1;
        if (SPOKEN[code]) cap.setAttribute("aria-label", SPOKEN[code]);
        cap.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          this.#press(code);
        });
        for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
          cap.addEventListener(end, () => clearTimeout(this.#repeat));
        }
        // a screen reader clicks without a pointer
        cap.addEventListener("click", (event) => {
          if (event.detail === 0) this.#press(code, false);
        });
        this.#caps.set(code, cap);
        line.append(cap);
      }
      this.#panel.append(line);
    }
  }

  #press(code: string, repeats = true): void {
    clearTimeout(this.#repeat);
    if (MODIFIERS.has(code)) return this.#modify(code);
    this.#viewer.combination([...this.#held.keys(), code]);
    for (const [held, how] of this.#held) if (how === "once") this.#held.delete(held);
    this.#label();
    if (!repeats) return;
    const again = () => {
      this.#viewer.combination([code]);
      this.#repeat = setTimeout(again, REPEAT_MS);
    };
    this.#repeat = setTimeout(again, REPEAT_AFTER_MS);
  }

  #modify(code: string): void {
    const how = this.#held.get(code);
    if (how === undefined) this.#held.set(code, "once");
    else if (how === "once") this.#held.set(code, "locked");
    else this.#held.delete(code);
    // Super alone opens a menu
    if (code === "MetaLeft" && how === "once") {
      this.#held.delete(code);
      this.#viewer.combination([code]);
    }
    this.#label();
  }

  #release(): void {
    clearTimeout(this.#repeat);
    this.#held.clear();
  }

  /** What the keys would type now. */
  #label(): void {
    const { caps } = chosenKeymap();
    const at = this.#held.has("AltRight") ? 2 : this.#held.has("ShiftLeft") ? 1 : 0;
    for (const [code, cap] of this.#caps) {
      const signs = caps.get(code);
      if (signs) cap.textContent = signs[at] || (at === 2 ? "" : signs[0]);
      if (MODIFIERS.has(code)) {
        const how = this.#held.get(code);
        cap.setAttribute("aria-pressed", `${how !== undefined}`);
        cap.dataset.held = how ?? "";
      }
      if (scancode(code, true) === 0) cap.disabled = true;
    }
  }
}
