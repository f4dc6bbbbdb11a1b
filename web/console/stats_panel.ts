/// <reference lib="dom" />
/** The statistics over the picture: what happened in the last second. */
import type { StatsReport } from "../client/stats.ts";
import type { Viewer } from "../client/viewer.ts";
import { find } from "./page.ts";

const PERIOD_MS = 1000;

export class StatsPanel {
  readonly #viewer: Viewer;
  #timer: ReturnType<typeof setInterval> | undefined;
  #before: { stats: StatsReport; at: number } | null = null;

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
  }

  get shown(): boolean {
    return !find("stats").hidden;
  }

  set shown(shown: boolean) {
    find("stats").hidden = !shown;
    clearInterval(this.#timer);
    this.#before = null;
    if (!shown) return;
    this.#timer = setInterval(() => this.#update(), PERIOD_MS);
    this.#update();
  }

  async #update(): Promise<void> {
    const stats = await this.#viewer.stats();
    const at = performance.now();
    const { stats: before, at: since } = this.#before ?? { stats, at: at - PERIOD_MS };
    this.#before = { stats, at };
    const per = (name: "frames" | "draws" | "receivedBytes" | "busyMs" | "presentMs") =>
      (stats[name] - before[name]) * 1000 / (at - since);
    const delays = stats.inputToPictureMs.slice(-64).toSorted((a, b) => a - b);
    const { width, height } = this.#viewer.size;
    const rows: [string, string][] = [
      ["Picture", `${width} × ${height}`],
      ["Frames", `${per("frames").toFixed(0)} /s`],
      ["Drawings", `${per("draws").toFixed(0)} /s`],
      ["Received", `${bytes(per("receivedBytes"))}/s`],
      ["Drawing", `${((per("busyMs") + per("presentMs")) / 10).toFixed(1)} % of a core`],
      ["Key to picture", delays.length ? `${delays[delays.length >> 1].toFixed(1)} ms` : "–"],
      ["Left out", `${stats.dropped}`],
      ["Images", kinds(stats.images)],
      ["Runs in", this.#viewer.inWorker ? "a worker" : "the page"],
    ];
    const list = find("stats");
    list.replaceChildren();
    for (const [what, how] of rows) {
      const dt = document.createElement("dt"), dd = document.createElement("dd");
      dt.textContent = what;
      dd.textContent = how;
      list.append(dt, dd);
    }
  }
}

/** The three most frequent. */
function kinds(images: Readonly<Record<string, number>>): string {
  const names = Object.entries(images).toSorted(([, a], [, b]) => b - a).slice(0, 3);
  return names.map(([name]) => name).join(", ") || "–";
}

function bytes(n: number): string {
  return n < 1e4
    ? `${n.toFixed(0)} B`
    : n < 1e7
    ? `${(n / 1e3).toFixed(0)} kB`
    : `${(n / 1e6).toFixed(1)} MB`;
}
