/// <reference lib="dom" />
/** The guest's display as large as the window, where the guest can and the person wants it. */
import { onPixels } from "../client/pixels.ts";
import type { Viewer } from "../client/viewer.ts";
import { find, keep, kept, onKept } from "./page.ts";

/** A window that is being drawn larger asks once. */
const REST_MS = 300;

export class Follow {
  readonly #viewer: Viewer;
  #able = false;
  #absent = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
    const button = find("follow");
    const check = () => {
      button.setAttribute("aria-checked", `${this.#wanted}`);
      this.#ask(0);
    };
    button.setAttribute("aria-checked", `${this.#wanted}`);
    button.addEventListener("click", () => {
      keep("follow", this.#wanted ? "off" : "on");
      check();
    });
    // all windows do or none does
    onKept("follow", check);
    onPixels(find("screen"), () => this.#ask(REST_MS));
  }

  /** Whether what this page shows has a size that can be asked for, and whether the guest has it already. */
  set able({ able, there }: { able: boolean; there: boolean }) {
    find("follow").hidden = !able;
    const absent = able && !there;
    if (able === this.#able && absent === this.#absent) return;
    this.#able = able;
    this.#absent = absent;
    this.#ask(0);
  }

  get #wanted(): boolean {
    return kept("follow") === "on";
  }

  #ask(afterMs: number): void {
    clearTimeout(this.#timer);
    // a head that is not there comes with a size
    if (!this.#able || !this.#wanted && !this.#absent) return this.#viewer.resize(null);
    this.#timer = setTimeout(() => {
      const { clientWidth, clientHeight } = find("screen");
      this.#viewer.resize({
        width: Math.round(clientWidth * devicePixelRatio),
        height: Math.round(clientHeight * devicePixelRatio),
      });
    }, afterMs);
  }
}
