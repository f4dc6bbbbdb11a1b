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
    const list = find("stats");
    list.replaceChildren();
    const seconds = (at - since) / 1000;
    for (const [what, how] of rows(stats, before, seconds, this.#viewer)) {
      const dt = document.createElement("dt"), dd = document.createElement("dd");
      dt.textContent = what;
      dd.textContent = how;
      list.append(dt, dd);
    }
  }
}

type Row = readonly [what: string, how: string];

function rows(now: StatsReport, before: StatsReport, seconds: number, viewer: Viewer): Row[] {
  const { width, height } = viewer.size;
  const per = (name: "frames" | "draws" | "receivedBytes" | "sentBytes") =>
    (now[name] - before[name]) / seconds;
  const busy = (now.busyMs + now.presentMs - before.busyMs - before.presentMs) / seconds / 10;
  const delays = now.inputToPictureMs.slice(-64).toSorted((a, b) => a - b);
  const { video } = now;
  const shown: Row[] = [
    ["Picture", `${width} × ${height}`],
    ["Frames", `${per("frames").toFixed(0)} /s`],
    ["Drawings", `${per("draws").toFixed(0)} /s`],
    ["Received", `${bytes(per("receivedBytes"))}/s, ${bytes(now.receivedBytes)} in all`],
    ["Sent", `${bytes(per("sentBytes"))}/s`],
    ["Round trip", milliseconds(now.roundTripMs)],
    ["Key to picture", milliseconds(delays.length ? delays[delays.length >> 1] : null)],
    ["Work", `${busy.toFixed(1)} % of a core, in ${viewer.inWorker ? "a worker" : "the page"}`],
    ["Pictures", kinds(now.images)],
  ];
  if (video.codec) {
    const rate = (video.frames - before.video.frames) / seconds;
    shown.push(["Video", `${video.codec}, ${rate.toFixed(0)} /s`]);
  }
  const dropped = now.dropped + video.dropped;
  const why = now.droppedWhy ? `: ${now.droppedWhy}` : "";
  shown.push(["Dropped", dropped === 0 ? "nothing" : `${dropped}${why}`]);
  return shown;
}

/** How the names of the protocol are written in words. */
const NAMES: Readonly<Record<string, string>> = {
  bitmap: "plain",
  quic: "QUIC",
  lzRgb: "LZ",
  lzPlt: "LZ",
  glzRgb: "GLZ",
  zlibGlzRgb: "zlib",
  jpeg: "JPEG",
  jpegAlpha: "JPEG",
  lz4: "LZ4",
  mjpeg: "MJPEG",
  fromCache: "cached",
  fromCacheLossless: "cached",
};

/** The three most frequent, with their shares. */
function kinds(images: Readonly<Record<string, number>>): string {
  const byName = new Map<string, number>();
  for (const [type, count] of Object.entries(images)) {
    const name = NAMES[type] ?? type;
    byName.set(name, (byName.get(name) ?? 0) + count);
  }
  const all = [...byName.values()].reduce((a, b) => a + b, 0);
  const most = [...byName].toSorted(([, a], [, b]) => b - a).slice(0, 3);
  return most.map(([name, count]) => `${name} ${Math.round(count * 100 / all)} %`).join(", ") ||
    "none yet";
}

const milliseconds = (ms: number | null) =>
  ms === null ? "not measured yet" : `${ms.toFixed(1)} ms`;

function bytes(n: number): string {
  return n < 1e4
    ? `${n.toFixed(0)} B`
    : n < 1e7
    ? `${(n / 1e3).toFixed(0)} kB`
    : `${(n / 1e6).toFixed(1)} MB`;
}
