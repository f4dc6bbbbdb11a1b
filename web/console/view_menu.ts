/// <reference lib="dom" />
/** The menu of how the picture is shown, and of the guest's other displays. */
import type { Scaling } from "../client/layout.ts";
import type { Viewer } from "../client/viewer.ts";
import { openDisplay } from "./windows.ts";
import { choices, item, menuOf } from "./menu.ts";
import { find, keep, kept, toast } from "./page.ts";

export interface ViewMenuHost {
  /** The display of this page. */
  readonly display: number;
  /** Shows this head of it, or all of it: null. */
  look(head: number | null): void;
  viewOnly(only: boolean): void;
}

export interface Screens {
  /** Ids of the display channels. */
  readonly ids: readonly number[];
  /** Of the display of this page. */
  readonly heads: readonly number[];
  readonly mostHeads: number;
}

export interface ShownScreens extends Screens {
  /** The head that this page shows; null: all of its display. */
  readonly head: number | null;
  /** Heads come when they are asked for. */
  readonly canResize: boolean;
}

/** They are pressed for the page and the browser, too; Tab leaves the screen. */
const MODIFIERS: ReadonlySet<string> = new Set(["Control", "Alt", "Shift", "Meta", "Tab"]);

const NO_WINDOWS =
  "This browser blocked the window: allow pop-ups for this page, beside its address";

export class ViewMenu {
  readonly #host: ViewMenuHost;
  #viewOnly: boolean;
  #mayType = true;
  /** Who typed was told that nothing arrives. */
  #told = false;

  constructor(viewer: Viewer, host: ViewMenuHost, viewOnly: boolean) {
    this.#host = host;
    this.#viewOnly = viewOnly;
    const menu = menuOf("view");
    choices("scaling", "fit", (to) => viewer.scaling = to as Scaling, { kept, keep });
    choices("theme", "auto", (to) => document.documentElement.dataset.theme = to, { kept, keep });
    const only = find("only");
    this.#check();
    viewer.screen.addEventListener("keydown", ({ key }) => this.#typed(key));
    only.addEventListener("click", () => {
      this.#viewOnly = !this.#viewOnly;
      this.#told = false;
      this.#check();
      keep("view-only", this.#viewOnly ? "on" : "off");
      menu.hidePopover();
      host.viewOnly(this.#viewOnly);
    });
  }

  /** Nothing is typed or pointed at. */
  get viewOnly(): boolean {
    return this.#viewOnly || !this.#mayType;
  }

  /** Whether the login lets anybody type; if not, there is nothing to choose. */
  set mayType(may: boolean) {
    this.#mayType = may;
    find<HTMLButtonElement>("only").disabled = !may;
    this.#check();
  }

  #typed(key: string): void {
    if (!this.viewOnly || this.#told || MODIFIERS.has(key)) return;
    this.#told = true;
    toast(
      this.#mayType
        ? "You only look, so the guest gets no keys: switch off Only look in the View menu to type"
        : "You may only look here, so the guest gets no keys",
    );
  }

  #check(): void {
    find("looks").hidden = !this.viewOnly;
    find("only").setAttribute("aria-checked", `${this.viewOnly}`);
  }

  /** The guest's displays, or the heads of its only one, and one more where it can have more. */
  set screens({ ids, heads, mostHeads, head, canResize }: ShownScreens) {
    const { display } = this.#host;
    const several = ids.length > 1;
    const more = canResize && !several && heads.length > 0 && heads.length < mostHeads ? 1 : 0;
    const places = several ? ids : Array.from({ length: heads.length + more }, (_, i) => i);
    const here = several ? display : head ?? (heads.length > 1 ? null : 0);
    const group = find("displays");
    group.hidden = places.length < 2;
    const title = document.createElement("p");
    title.setAttribute("role", "presentation");
    title.textContent = "Displays";
    const lines = places.map((place) =>
      this.#line(
        `Display ${place + 1}${place === here ? "" : " in a window"}`,
        place === here,
        () => {
          if (several || place !== 0 || head !== null) {
            const what = several ? { display: place } : { display, head: place };
            if (!openDisplay(what)) return toast(NO_WINDOWS);
          }
          // what is in a window of its own is not here, too
          if (!several && head === null) {
            this.#host.look(place === 0 ? 0 : heads.find((id) => id !== place) ?? 0);
          }
        },
      )
    );
    if (!several && (heads.length > 1 || head !== null)) {
      lines.push(this.#line("All in this window", head === null, () => this.#host.look(null)));
    }
    group.replaceChildren(title, ...lines);
  }

  #line(label: string, here: boolean, act: () => void): HTMLElement {
    const line = item(label, () => {
      find("view-menu").hidePopover();
      if (!here) act();
    }, "menuitemradio");
    line.setAttribute("aria-checked", `${here}`);
    return line;
  }
}
