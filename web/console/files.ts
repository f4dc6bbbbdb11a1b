/// <reference lib="dom" />
/** Files that are dropped on the page or chosen, on their way into the guest. */
import type { TransferNews } from "../client/orders.ts";
import type { Viewer } from "../client/viewer.ts";
import { find, toast } from "./page.ts";

/** What is over stays to be read. */
const STAYS_MS = 6000;

export class Files {
  readonly #viewer: Viewer;
  readonly #lines = new Map<number, HTMLElement>();
  #able = false;
  /** This page only looks. */
  looks = false;

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
    const input = find<HTMLInputElement>("files-input");
    find("send-files").addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      this.send([...input.files ?? []]);
      input.value = "";
    });
  }

  /** Whether the guest takes files. */
  set able(able: boolean) {
    this.#able = able;
    find("send-files").hidden = !able;
  }

  /** Some are on their way: without this page they do not arrive. */
  get sending(): boolean {
    return this.#lines.size > 0;
  }

  send(files: readonly File[]): void {
    if (this.looks) return toast("Who only looks sends no files to the guest");
    if (!this.#able) return toast("This guest takes no files: its agent is missing or forbids it");
    for (const file of files) this.#viewer.sendFile(file);
  }

  hear(news: TransferNews): void {
    const { id, name, sent, size, state, why } = news;
    const line = this.#line(id, name);
    const bar = line.querySelector("progress")!;
    bar.max = Math.max(1, size);
    bar.value = size === 0 && state === "done" ? 1 : sent;
    const over = state !== "waiting" && state !== "sending";
    line.querySelector(".how")!.textContent = {
      waiting: "waits",
      sending: `${Math.floor(sent * 100 / Math.max(1, size))} %`,
      done: "is in the guest",
      cancelled: "cancelled",
      failed: why,
    }[state];
    if (!over) return;
    line.querySelector("button")!.remove();
    this.#lines.delete(id);
    setTimeout(() => line.remove(), STAYS_MS);
  }

  #line(id: number, name: string): HTMLElement {
    const known = this.#lines.get(id);
    if (known) return known;
    const line = document.createElement("div");
    line.className = "strip";
    line.setAttribute("role", "group");
    line.setAttribute("aria-label", `File ${name}`);
    const what = document.createElement("span"), how = document.createElement("span");
    what.className = "file";
    what.textContent = name;
    how.className = "how";
    how.setAttribute("role", "status");
    const bar = document.createElement("progress");
    bar.setAttribute("aria-label", `${name}: sent`);
    const cancel = document.createElement("button");
    cancel.type = "button";
    cancel.textContent = "Cancel";
    cancel.setAttribute("aria-label", `Cancel ${name}`);
    cancel.addEventListener("click", () => this.#viewer.cancelFile(id));
    line.append(what, bar, how, cancel);
    find("strips").append(line);
    this.#lines.set(id, line);
    return line;
  }
}
