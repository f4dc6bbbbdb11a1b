/** An X display as a guest: whichever X server is there is shown, and another may follow it. */
import type { Clock } from "../../../core/clock.ts";
import type {
  Guest,
  GuestDisplay,
  GuestPower,
  GuestReport,
  GuestState,
} from "../../../core/guest.ts";
import type { Head } from "../../../core/protocol/display.ts";
import type { Driver } from "../../driver.ts";
import { arrange, type Arrangement } from "../arrange.ts";
import { PixelScreen } from "../pixel_screen.ts";
import type { PixelSource } from "./pixel_source.ts";
import { XCursor } from "./x_cursor.ts";
import type { XDisplay } from "./x_display.ts";
import { XModes } from "./x_modes.ts";
import { alike, MOST_HEADS, type Shape } from "./x_monitors.ts";
import { XPicture } from "./x_picture.ts";
import { XSeat } from "./x_seat.ts";
import { XSelections } from "./x_selections.ts";

/** The card as the guest sees it, and its driver. */
export interface X11Place {
  readonly card: GuestDisplay & {
    readonly settings: { readonly vgamem: number };
    onClients: ((present: boolean) => void) | null;
  };
  readonly driver: Driver;
}

export interface X11Settings {
  readonly name: string;
  readonly uuid?: Uint8Array;
  readonly clock: Clock;
  /** Told what went wrong and was survived. */
  readonly trouble: (error: unknown) => void;
  /** What the power button and reset do; null: this X server is somebody else's. */
  readonly control: { powerDown(): Promise<void>; reset(): Promise<void> } | null;
  /** The appliance ends: so do the servers that it started. */
  readonly close: () => void;
}

export class X11Guest implements Guest {
  readonly name: string;
  readonly uuid?: Uint8Array;
  readonly displays: readonly GuestDisplay[];
  readonly keyboard;
  readonly pointer;
  readonly clipboard: XSelections;
  readonly power: GuestPower;
  readonly done: Promise<GuestReport> = new Promise(() => {});
  readonly #settings: X11Settings;
  readonly #place: X11Place;
  readonly #screen: PixelScreen;
  readonly #seat = new XSeat((error) => this.#settings.trouble(error));
  readonly #stateListeners: ((state: GuestState) => void)[] = [];
  #state: GuestState = "starting";
  #watched = false;
  #there: { display: XDisplay; picture: XPicture; modes: XModes } | null = null;
  /** What clients wish for; followed by every X server that comes. */
  #wanted: Arrangement | null = null;
  #changing: Promise<void> = Promise.resolve();
  /** The X server is being given another arrangement, and has half of it. */
  #arranging = false;
  /** What clients were told last of the screen as it is. */
  #heads: readonly Head[] = [];

  constructor(place: X11Place, settings: X11Settings) {
    this.name = settings.name;
    this.uuid = settings.uuid;
    this.displays = [place.card];
    this.keyboard = this.#seat.keyboard;
    this.pointer = this.#seat.pointer;
    this.clipboard = new XSelections(settings.clock);
    this.#settings = settings;
    this.#place = place;
    this.#screen = new PixelScreen(place.driver);
    const state = () => this.#state, { control } = settings;
    this.power = {
      get state() {
        return state();
      },
      controllable: control !== null,
      onState: (listener) => void this.#stateListeners.push(listener),
      powerDown: () => control?.powerDown() ?? Promise.resolve(),
      reset: () => control?.reset() ?? Promise.resolve(),
    };
    // something is there to look at before the X server is
    this.#screen.resize(1024, 768);
    place.driver.onWantedHeads((heads) => {
      const wanted = arrange(heads, MOST_HEADS, place.card.settings.vgamem);
      if (wanted) this.#want(wanted);
    });
    place.card.onClients = (present) => {
      this.#watched = present;
      if (this.#there) this.#there.picture.watched = present;
    };
  }

  /** Shows an X server until it is gone. Rejects when it cannot be shown. */
  async show(display: XDisplay, source: PixelSource): Promise<void> {
    this.#screen.resize(display.width, display.height);
    this.#heads = [];
    const picture = new XPicture(display, source, this.#screen, this.#settings.clock, (error) => {
      this.#settings.trouble(error);
    });
    picture.watched = this.#watched;
    const there = this.#there = { display, picture, modes: new XModes(display) };
    display.onEvent((event) => {
      if (event.name !== "RRScreenChangeNotify") return;
      try {
        this.#sizeChanged();
      } catch (error) {
        // larger than the card: nobody above hears what a listener throws
        this.#settings.trouble(error);
        display.close();
      }
    });
    const cursor = new XCursor(display, this.#place.driver);
    this.#seat.onRelative = () => void cursor.follow();
    try {
      await this.#seat.attach(display);
      await this.clipboard.attach(display);
      if (this.#wanted) this.#want(this.#wanted);
      else this.#followMonitors(there.modes);
      this.#say("running");
      await display.gone;
    } finally {
      if (this.#there === there) this.#there = null;
      this.#seat.onRelative = null;
      await this.#seat.attach(null);
      await this.clipboard.attach(null);
      this.#say("off");
    }
  }

  close(): void {
    this.#there?.display.close();
    this.#settings.close();
  }

  /** One change after the other, and of those that wait only the last. */
  #want(wanted: Arrangement): void {
    this.#wanted = wanted;
    this.#changing = this.#changing.then(async () => {
      const modes = this.#there?.modes;
      if (!modes || this.#wanted !== wanted) return;
      try {
        this.#arranging = true;
        await modes.set(wanted).finally(() => this.#arranging = false);
        // the size may have been right already, and the heads not
        this.#sizeChanged();
      } catch (error) {
        this.#settings.trouble(error);
      }
    });
  }

  #sizeChanged(): void {
    const there = this.#there, screen = this.#screen;
    if (!there) return;
    const { width, height } = there.display, wanted = this.#wanted;
    const heads = wanted?.width === width && wanted.height === height ? wanted.heads : undefined;
    if (width !== screen.width || height !== screen.height) {
      screen.resize(width, height, heads);
      this.#heads = [];
      there.picture.all();
    }
    if (heads) this.#tell(heads);
    if (!this.#arranging) this.#followMonitors(there.modes);
  }

  #tell(heads: readonly Head[]): void {
    const same = heads.length === this.#heads.length &&
      heads.every((head, i) => alike(head, this.#heads[i]));
    if (same) return;
    this.#heads = heads;
    this.#place.driver.monitors(heads, MOST_HEADS);
  }

  /** What the X server's monitors show, clients show as heads; though a session may have arranged them. */
  async #followMonitors(modes: XModes): Promise<void> {
    let found: Shape[];
    try {
      found = await modes.heads();
    } catch {
      // before RandR 1.5 there is one
      return;
    }
    if (this.#there?.modes !== modes || found.length === 0) return;
    const { width, height } = modes.display;
    if (width !== this.#screen.width || height !== this.#screen.height) return;
    const wanted = this.#wanted?.heads ?? [];
    const asked = wanted.length === found.length &&
      found.every((head) => wanted.some((other) => alike(head, other)));
    const heads = asked ? wanted : found.slice(0, MOST_HEADS).map((shape, monitorId) => ({
      monitorId,
      surfaceId: 0,
      ...shape,
      flags: 0,
    }));
    this.#tell(heads);
  }

  #say(state: GuestState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#stateListeners) listener(state);
  }
}
