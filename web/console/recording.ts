/// <reference lib="dom" />
/** Recording a session to a file, and the controls of one that is played back. */
import type { News } from "../client/orders.ts";
import { FILE_ENDING } from "../client/session_file.ts";
import type { Viewer } from "../client/viewer.ts";
import { find, save, toast } from "./page.ts";

export class Recording {
  readonly #viewer: Viewer;
  readonly #place = find<HTMLInputElement>("play-place");
  #on = false;
  #seeking = false;
  #paused = false;

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
    find("record").addEventListener("click", () => this.#turn(!this.#on));
    find("record-stop").addEventListener("click", () => this.#turn(false));
    const file = find<HTMLInputElement>("play-file");
    find("play").addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      if (file.files?.[0]) this.play(file.files[0]);
      file.value = "";
    });
    find("play-pause").addEventListener("click", () => viewer.playback({ paused: !this.#paused }));
    find("play-end").addEventListener("click", () => viewer.close());
    find<HTMLSelectElement>("play-speed").addEventListener("change", ({ target }) => {
      viewer.playback({ speed: Number((target as HTMLSelectElement).value) });
    });
    this.#place.addEventListener("input", () => this.#seeking = true);
    this.#place.addEventListener("change", () => {
      this.#seeking = false;
      viewer.playback({ seekMs: Number(this.#place.value), paused: false });
    });
  }

  /** What would be lost with the page is being recorded. */
  get on(): boolean {
    return this.#on;
  }

  get playing(): boolean {
    return !find("player").hidden;
  }

  play(file: Blob): void {
    find<HTMLSelectElement>("play-speed").value = "1";
    this.#viewer.play(file);
  }

  hear(news: News): void {
    switch (news.news) {
      case "recording":
        find("record-time").textContent = `${clock(news.ms)}, ${(news.bytes / 1e6).toFixed(1)} MB`;
        return;
      case "recorded":
        this.#show(false);
        save(news.file, FILE_ENDING);
        return toast(
          news.full
            ? "The recording became too long: it was ended and saved"
            : `A recording of ${clock(news.ms)} was saved`,
        );
      case "playback":
        find("player").hidden = false;
        find("player").dataset.speed = `${news.speed}`;
        this.#paused = news.paused;
        find("play-pause").setAttribute("aria-label", news.paused ? "Play" : "Pause");
        find("play-pause").dataset.paused = `${news.paused}`;
        this.#place.max = `${news.ofMs}`;
        if (!this.#seeking) this.#place.value = `${news.ms}`;
        this.#place.setAttribute("aria-valuetext", `${clock(news.ms)} of ${clock(news.ofMs)}`);
        find("play-time").textContent = `${clock(news.ms)} / ${clock(news.ofMs)}`;
        return;
      case "state":
        if (news.state === "connected") return;
        find("player").hidden = true;
    }
  }

  #turn(on: boolean): void {
    this.#viewer.record(on);
    this.#show(on);
  }

  #show(on: boolean): void {
    this.#on = on;
    find("record-label").textContent = on ? "Stop recording" : "Record the session";
    find("record-strip").hidden = !on;
    find("record-time").textContent = "0:00";
  }
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, "0")}`;
}
