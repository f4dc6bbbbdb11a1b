/// <reference lib="dom" />
/** The bar at the top and its menus. It hides while the guest is used; the pointer or Tab brings it back. */
import type { Scaling } from "../client/layout.ts";
import type { State } from "../client/orders.ts";
import type { Viewer } from "../client/viewer.ts";
import { type Combination, combinations, consoles } from "./combinations.ts";
import { find, keep, kept } from "./page.ts";
import type { StatsPanel } from "./stats_panel.ts";

export interface BarHost {
  /** The display of this page. */
  readonly display: number;
  open(): void;
  viewOnly(only: boolean): void;
}

/** How long the bar is seen when a session begins. */
const SHOWN_MS = 2500;

export class Bar {
  readonly #viewer: Viewer;
  readonly #host: BarHost;
  #state: State = "closed";
  #viewOnly = false;
  #hiding: ReturnType<typeof setTimeout> | undefined;

  constructor(viewer: Viewer, panel: StatsPanel, host: BarHost, viewOnly: boolean) {
    this.#viewer = viewer;
    this.#host = host;
    this.#keys();
    this.#scaling();
    this.#theme();
    for (const name of ["keys", "view"]) this.#menu(find(name), find(`${name}-menu`));
    const only = find("only");
    this.#viewOnly = viewOnly;
    only.setAttribute("aria-checked", `${viewOnly}`);
    only.addEventListener("click", () => {
      const now = only.getAttribute("aria-checked") !== "true";
      only.setAttribute("aria-checked", `${now}`);
      this.#viewOnly = now;
      keep("view-only", now ? "on" : "off");
      host.viewOnly(now);
    });
    find("full").addEventListener("click", () => this.#full());
    document.addEventListener("fullscreenchange", () => this.#fullChanged());
    find("shot").addEventListener("click", () => this.#save());
    const numbers = find("numbers");
    numbers.addEventListener("click", () => {
      panel.shown = !panel.shown;
      numbers.setAttribute("aria-pressed", `${panel.shown}`);
    });
    find("power").addEventListener("click", () => {
      if (this.#state === "closed" || this.#state === "failed") host.open();
      else viewer.close();
    });
    // a finger has no hover: it pulls the bar down by its handle
    document.querySelector(".handle")!.addEventListener("click", () => {
      const { dataset } = document.body;
      dataset.bar = dataset.bar === "hidden" ? "shown" : "hidden";
    });
    viewer.screen.addEventListener("pointerdown", () => this.#hide(0));
  }

  set name(name: string) {
    find("name").textContent = name;
  }

  set state(state: State) {
    this.#state = state;
    const off = state === "closed" || state === "failed";
    const label = off ? "Connect" : "Disconnect";
    find("power-label").textContent = label;
    find("power").title = label;
    find<HTMLButtonElement>("power").disabled = state === "refused";
    find<HTMLButtonElement>("shot").disabled = state !== "connected";
    find<HTMLButtonElement>("keys").disabled = state !== "connected" || this.#viewOnly;
    clearTimeout(this.#hiding);
    if (state === "connected") this.#hide(SHOWN_MS);
    else document.body.dataset.bar = "shown";
  }

  /** Ids of the display channels that there are. */
  set displays(ids: readonly number[]) {
    const group = find("displays");
    group.hidden = ids.length < 2;
    group.replaceChildren();
    const title = document.createElement("p");
    title.textContent = "Displays";
    group.append(title);
    for (const id of ids) {
      const item = document.createElement("button");
      item.type = "button";
      item.setAttribute("role", "menuitemradio");
      item.setAttribute("aria-checked", `${id === this.#host.display}`);
      item.textContent = `Display ${id + 1}`;
      item.addEventListener("click", () => {
        const url = new URL(location.href);
        url.searchParams.set("display", `${id}`);
        if (id !== this.#host.display) open(url, `display-${id}`);
      });
      group.append(item);
    }
  }

  #hide(afterMs: number): void {
    clearTimeout(this.#hiding);
    if (this.#state !== "connected") return;
    this.#hiding = setTimeout(() => document.body.dataset.bar = "hidden", afterMs);
  }

  #keys(): void {
    const menu = find("keys-menu"), grid = find("consoles");
    const add = (to: HTMLElement, { label, codes }: Combination, spoken: string) => {
      const item = document.createElement("button");
      item.type = "button";
      item.setAttribute("role", "menuitem");
      item.setAttribute("aria-label", spoken);
      item.textContent = label;
      item.addEventListener("click", () => {
        menu.hidePopover();
        this.#viewer.combination(codes);
        this.#viewer.screen.focus();
      });
      to.append(item);
    };
    for (const keys of combinations) add(find("combinations"), keys, keys.label);
    for (const keys of consoles) add(grid, keys, `Ctrl + Alt + ${keys.label}`);
  }

  #scaling(): void {
    const items = [...document.querySelectorAll<HTMLElement>("[data-scaling]")];
    const choose = (scaling: string) => {
      this.#viewer.scaling = scaling as Scaling;
      for (const item of items) {
        item.setAttribute("aria-checked", `${item.dataset.scaling === scaling}`);
      }
    };
    choose(
      items.find((item) => item.dataset.scaling === kept("scaling"))?.dataset.scaling ?? "fit",
    );
    for (const item of items) {
      item.addEventListener("click", () => {
        choose(item.dataset.scaling!);
        keep("scaling", item.dataset.scaling!);
      });
    }
  }

  #theme(): void {
    const items = [...document.querySelectorAll<HTMLElement>("button[data-theme]")];
    const choose = (theme: string) => {
      document.documentElement.dataset.theme = theme;
      for (const item of items) {
        item.setAttribute("aria-checked", `${item.dataset.theme === theme}`);
      }
    };
    choose(kept("theme") ?? "auto");
    for (const item of items) {
      item.addEventListener("click", () => {
        choose(item.dataset.theme!);
        keep("theme", item.dataset.theme!);
      });
    }
  }

  /** A menu lies below its button; arrows walk through it. */
  #menu(button: HTMLElement, menu: HTMLElement): void {
    menu.addEventListener("toggle", (event) => {
      const shown = (event as ToggleEvent).newState === "open";
      button.setAttribute("aria-expanded", `${shown}`);
      if (!shown) return;
      const { left, bottom } = button.getBoundingClientRect();
      menu.style.top = `${bottom + 8}px`;
      menu.style.left = `${Math.max(8, Math.min(left, innerWidth - menu.offsetWidth - 8))}px`;
      menu.querySelector("button")?.focus();
    });
    menu.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const items = [...menu.querySelectorAll<HTMLElement>("button")];
      const at = items.indexOf(document.activeElement as HTMLElement);
      items[(at + step + items.length) % items.length].focus();
    });
  }

  async #full(): Promise<void> {
    if (document.fullscreenElement) return await document.exitFullscreen();
    await document.documentElement.requestFullscreen({ navigationUI: "hide" });
    // Alt+Tab, Meta and Escape are the guest's then, where the browser can
    await (navigator as { keyboard?: { lock(): Promise<void> } }).keyboard?.lock().catch(() => {});
    this.#viewer.screen.focus();
  }

  #fullChanged(): void {
    const full = document.fullscreenElement !== null;
    find("full").setAttribute("aria-pressed", `${full}`);
    if (!full) (navigator as { keyboard?: { unlock(): void } }).keyboard?.unlock();
  }

  async #save(): Promise<void> {
    const picture = await this.#viewer.snapshot();
    if (!picture) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(picture);
    const now = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
    link.download = `${document.title} ${now}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
}
