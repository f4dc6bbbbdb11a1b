/// <reference lib="dom" />
/** The bar at the top. It hides while the guest is used; the pointer or Tab brings it back. */
import type { State } from "../client/orders.ts";
import type { Viewer } from "../client/viewer.ts";
import { KeysMenu } from "./keys_menu.ts";
import { menuOf } from "./menu.ts";
import { find, save } from "./page.ts";
import type { StatsPanel } from "./stats_panel.ts";
import { type ShownScreens, ViewMenu, type ViewMenuHost } from "./view_menu.ts";

export interface BarHost extends ViewMenuHost {
  open(): void;
}

/** How long the bar is seen when a session begins. */
const SHOWN_MS = 2500;

export class Bar {
  readonly #viewer: Viewer;
  readonly #keys: KeysMenu;
  readonly #view: ViewMenu;
  #state: State = "closed";
  #playing = false;
  #hiding: ReturnType<typeof setTimeout> | undefined;

  constructor(viewer: Viewer, panel: StatsPanel, host: BarHost, viewOnly: boolean) {
    this.#viewer = viewer;
    this.#keys = new KeysMenu(viewer);
    this.#view = new ViewMenu(viewer, host, viewOnly);
    const more = menuOf("more");
    // what was chosen needs no menu any more
    more.addEventListener("click", () => more.hidePopover());
    const full = find("full");
    // an iPhone has none, and a frame may not be allowed it
    full.hidden = !document.fullscreenEnabled;
    full.addEventListener("click", () => this.#full());
    document.addEventListener("fullscreenchange", () => this.#fullChanged());
    find("shot").addEventListener("click", () => this.#save());
    const numbers = find("numbers");
    numbers.addEventListener("click", () => {
      panel.shown = !panel.shown;
      numbers.setAttribute("aria-checked", `${panel.shown}`);
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
    this.#able();
    clearTimeout(this.#hiding);
    if (state === "connected") this.#hide(SHOWN_MS);
    else document.body.dataset.bar = "shown";
  }

  /** What the login allows; null: everything, or it is not known. */
  set role(role: "viewer" | "operator" | "admin" | null) {
    this.#view.mayType = role !== "viewer";
    this.#able();
  }

  /** What is seen is a recording. */
  set playing(playing: boolean) {
    this.#playing = playing;
    this.#able();
  }

  /** What the guest has to show, and what of it this page shows. */
  set screens(screens: ShownScreens) {
    this.#view.screens = screens;
  }

  #able(): void {
    const off = this.#state === "closed" || this.#state === "failed";
    const live = this.#state === "connected" && !this.#playing;
    const label = off ? "Connect" : this.#playing ? "Close the recording" : "Disconnect";
    find("power-label").textContent = label;
    find("power").title = label;
    const able = (id: string, is: boolean) => find<HTMLButtonElement>(id).disabled = !is;
    able("power", this.#state !== "refused");
    able("shot", this.#state === "connected");
    able("record", live);
    able("keys", live && !this.#view.viewOnly);
    if (!live || this.#view.viewOnly) this.#keys.stop();
  }

  #hide(afterMs: number): void {
    clearTimeout(this.#hiding);
    if (this.#state !== "connected") return;
    this.#hiding = setTimeout(() => document.body.dataset.bar = "hidden", afterMs);
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
    if (picture) save(picture, ".png");
  }
}
