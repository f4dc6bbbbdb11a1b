/// <reference lib="dom" />
/** The menu of how the picture is shown, and of the guest's other displays. */
import type { Scaling } from "../client/layout.ts";
import type { Viewer } from "../client/viewer.ts";
import { openDisplay } from "./windows.ts";
import { choices, item, menuOf } from "./menu.ts";
import { find, keep, kept } from "./page.ts";

export interface ViewMenuHost {
  readonly display: number;
  viewOnly(only: boolean): void;
}

export class ViewMenu {
  readonly #host: ViewMenuHost;
  #viewOnly: boolean;
  #mayType = true;

  constructor(viewer: Viewer, host: ViewMenuHost, viewOnly: boolean) {
    this.#host = host;
    this.#viewOnly = viewOnly;
    const menu = menuOf("view");
    choices("scaling", "fit", (to) => viewer.scaling = to as Scaling, { kept, keep });
    choices("theme", "auto", (to) => document.documentElement.dataset.theme = to, { kept, keep });
    const only = find("only");
    this.#check();
    only.addEventListener("click", () => {
      this.#viewOnly = !this.#viewOnly;
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

  #check(): void {
    find("only").setAttribute("aria-checked", `${this.viewOnly}`);
  }

  /** Ids of the display channels that there are. */
  set displays(ids: readonly number[]) {
    const group = find("displays");
    group.hidden = ids.length < 2;
    group.replaceChildren();
    const title = document.createElement("p");
    title.setAttribute("role", "presentation");
    title.textContent = "Displays";
    group.append(title);
    for (const id of ids) {
      const here = id === this.#host.display;
      const line = item(here ? `Display ${id + 1}` : `Display ${id + 1} in a window`, () => {
        find("view-menu").hidePopover();
        if (!here) openDisplay(id);
      }, "menuitemradio");
      line.setAttribute("aria-checked", `${here}`);
      group.append(line);
    }
  }
}
