/// <reference lib="dom" />
/** Loudspeaker and microphone in the bar; both off until somebody switches them on. */
import type { SoundState } from "../client/sound/sound.ts";
import type { Viewer } from "../client/viewer.ts";
import { menuOf } from "./menu.ts";
import { find } from "./page.ts";

export class SoundMenu {
  constructor(viewer: Viewer) {
    menuOf("sound");
    const { sound } = viewer;
    find("hear").addEventListener("click", () => {
      if (sound.state.on) sound.disable();
      else sound.enable();
    });
    find("speak").addEventListener("click", () => sound.microphone = !sound.state.microphone);
    find<HTMLInputElement>("volume").addEventListener("input", ({ target }) => {
      sound.volume = Number((target as HTMLInputElement).value) / 100;
    });
    this.show(sound.state);
  }

  show({ playback, record, on, microphone, listening }: SoundState): void {
    find("sound").hidden = !playback && !record;
    find("hear").hidden = find("volume-line").hidden = !playback;
    find("speak").hidden = !record;
    find("hear").setAttribute("aria-checked", `${on}`);
    find("speak").setAttribute("aria-checked", `${microphone}`);
    find("sound").dataset.on = `${on}`;
    const state = listening ? "The guest is listening" : on ? "Sound is on" : "Sound is off";
    find("sound").title = state;
    find("sound-state").textContent = listening ? "The guest is listening now." : "";
  }
}
