/// <reference lib="dom" />
/** The guest's display as large as the window, where the guest can and the person wants it. */
import type { Viewer } from "../client/viewer.ts";
import { find, keep, kept } from "./page.ts";

/** A window that is being drawn larger asks once. */
const REST_MS = 300;

export class Follow {
  readonly #viewer: Viewer;
  #able = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
    const button = find("follow");
    button.setAttribute("aria-checked", `${this.#wanted}`);
    button.addEventListener("click", () => {
      keep("follow", this.#wanted ? "off" : "on");
      button.setAttribute("aria-checked", `${this.#wanted}`);
      this.#ask(0);
    });
    new ResizeObserver(() => this.#ask(REST_MS)).observe(find("screen"));
  }

  /** Whether the guest has one display whose size can be asked for. */
  set able(able: boolean) {
    find("follow").hidden = !able;
    if (able === this.#able) return;
    this.#able = able;
    this.#ask(0);
  }

  get #wanted(): boolean {
    return kept("follow") === "on";
  }

  #ask(afterMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#able || !this.#wanted) return;
    this.#timer = setTimeout(() => {
      const { clientWidth, clientHeight } = find("screen");
      this.#viewer.resize(
        Math.round(clientWidth * devicePixelRatio),
        Math.round(clientHeight * devicePixelRatio),
      );
    }, afterMs);
  }
}
