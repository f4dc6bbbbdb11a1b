/** The demo guest: a desktop on each card, one keyboard and one pointer for all. */
import type { Guest, GuestDisplay, GuestReport, Keyboard, Pointer } from "../../../core/guest.ts";
import { Inputs } from "./apps/inputs.ts";
import { Movie } from "./apps/movie.ts";
import { Notes } from "./apps/notes.ts";
import { Pad } from "./apps/pad.ts";
import { DemoClipboard } from "./clipboard.ts";
import { Sounds } from "./apps/sounds.ts";
import { Desktop } from "./desktop.ts";
import { arrange, type WantedHead } from "../arrange.ts";
import { type DesktopDriver, Pump, type WallClock } from "./pump.ts";
import { Seat } from "./seat.ts";
import { Ear, Speaker } from "./speaker.ts";

const welcome = `# Welcome to spice-appliance

What you see is drawn by a small demo guest:
every window, letter and shadow is a QXL drawing
command that travels to you as SPICE.

 · Drag windows by their titles; this one can be
   resized at its lower right corner.
 · Click the moving picture to stop it.
 · Draw on the paint pad.
 · Ctrl+C copies the line here to your clipboard,
   Ctrl+V pastes yours, Ctrl+L clears.
 · Type here:

`;

/** The part of a watched card that the demo looks at, beside its driver. */
export interface DemoCard extends GuestDisplay {
  readonly settings: {
    readonly vgamem: number;
    readonly maxOutputs: number;
    readonly xres: number;
    readonly yres: number;
  };
  onClients: ((present: boolean) => void) | null;
}

export interface Place {
  readonly card: DemoCard;
  readonly driver: DesktopDriver;
}

export interface DemoSettings {
  /** Told to clients. */
  readonly name?: string | null;
  /** 16 bytes. */
  readonly uuid?: Uint8Array | null;
  /** Takes absolute positions; true if not said. */
  readonly tablet?: boolean;
}

/** Off-screen surface of the paint pad; the wallpaper has 1. */
const padSurface = 2;
/** Heads on one card that says no number. */
const usualHeads = 4;

/** spice-gtk: there may be several heads on a card, or several cards with one each, but not both. */
const headsOn = ({ settings }: DemoCard, cards: number) =>
  cards > 1 ? 1 : settings.maxOutputs || usualHeads;

/** A demo guest on these cards: windows on the first. */
export class Demo implements Guest {
  readonly name: string;
  readonly uuid?: Uint8Array;
  readonly displays: readonly GuestDisplay[];
  readonly desktops: readonly Desktop[];
  readonly keyboard: Keyboard;
  readonly pointer: Pointer;
  readonly clipboard = new DemoClipboard();
  readonly sound: Speaker;
  readonly microphone = new Ear();
  /** A live guest is never done. */
  readonly done: Promise<GuestReport> = new Promise(() => {});
  readonly #pumps: Pump[] = [];

  constructor(places: readonly Place[], clock: WallClock, settings: DemoSettings = {}) {
    this.name = settings.name ?? "spice-appliance demo";
    this.uuid = settings.uuid ?? undefined;
    const tablet = settings.tablet ?? true;
    const inputs = new Inputs(tablet);
    this.sound = new Speaker(clock);
    const apps = [
      { app: new Notes(welcome, this.clipboard), at: { x: 0.08, y: 0.1 } },
      { app: new Movie(), at: { x: 0.93, y: 0.07 } },
      { app: new Pad(padSurface), at: { x: 0.42, y: 0.95 } },
      { app: inputs, at: { x: 0.96, y: 0.78 } },
      { app: new Sounds(this.sound, this.microphone), at: { x: 0.06, y: 0.94 } },
    ];
    this.displays = places.map(({ card }) => card);
    this.desktops = places.map(({ card, driver }, displayId) => {
      const maxHeads = headsOn(card, places.length);
      const desktop: Desktop = new Desktop({
        displayId,
        displays: places.length,
        apps: displayId === 0 ? apps : [],
        wake: () => this.#pumps[displayId]?.wake(),
      });
      this.#pumps.push(new Pump(desktop, driver, clock, maxHeads));
      return desktop;
    });
    places.forEach((place, i) => this.#follow(place, i, headsOn(place.card, places.length)));
    const seat = new Seat(this.desktops, inputs, tablet);
    this.keyboard = seat.keyboard;
    this.pointer = seat.pointer;
  }

  /** Does as the card's clients wish. */
  #follow({ card, driver }: Place, index: number, maxHeads: number): void {
    const { vgamem, xres, yres } = card.settings;
    let now = "";
    const follow = (wanted: readonly WantedHead[]) => {
      const next = arrange(wanted, maxHeads, vgamem);
      if (!next || JSON.stringify(next) === now) return;
      now = JSON.stringify(next);
      this.desktops[index].setMode(next.width, next.height, next.heads);
    };
    follow([{ x: 0, y: 0, width: xres || 1024, height: yres || 768 }]);
    driver.onWantedHeads(follow);
    card.onClients = (present) => this.#pumps[index].watched = present;
  }

  /** Begins to draw; resolves when closed. */
  async run(): Promise<void> {
    await Promise.all(this.#pumps.map((pump) => pump.run()));
  }

  close(): void {
    this.sound.stop();
    for (const pump of this.#pumps) pump.stop();
  }
}
