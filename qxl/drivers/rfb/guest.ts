/** A guest whose screens, keys, pointer, sound and clipboard are those of RFB servers. */
import type {
  Guest,
  GuestClipboard,
  GuestDisplay,
  GuestPortStates,
  GuestPower,
  GuestReport,
  GuestSound,
  Keyboard,
  Pointer,
} from "../../../core/guest.ts";
import type { Clock } from "../../../core/clock.ts";
import { Clipboard } from "./clipboard.ts";
import { Head, type HeadOptions } from "./head.ts";
import { originsOf } from "./origins.ts";
import { PortStates } from "./port_states.ts";
import { Power } from "./power.ts";
import type { Qmp } from "./qmp.ts";
import { Seat } from "./seat.ts";
import type { Sound } from "./sound.ts";

export interface RemoteGuestParts {
  /** One for each screen. */
  readonly heads: readonly HeadOptions[];
  readonly name: string;
  readonly uuid?: Uint8Array;
  readonly sound?: Sound;
  readonly qmp?: Qmp;
  readonly clock: Clock;
}

export class RemoteGuest implements Guest {
  readonly name: string;
  readonly uuid?: Uint8Array;
  readonly displays: readonly GuestDisplay[];
  readonly keyboard: Keyboard;
  readonly pointer: Pointer;
  readonly sound?: GuestSound;
  readonly clipboard: GuestClipboard;
  readonly power: GuestPower;
  readonly portStates?: GuestPortStates;
  /** QEMU's monitor, for those who care about its ports. */
  readonly monitor?: Qmp;
  /** A live guest is never done. */
  readonly done: Promise<GuestReport> = new Promise(() => {});
  readonly #heads: readonly Head[];
  readonly #sound?: Sound;

  constructor(parts: RemoteGuestParts) {
    this.name = parts.name;
    this.uuid = parts.uuid;
    this.displays = parts.heads.map(({ card }) => card);
    this.sound = this.#sound = parts.sound;
    this.monitor = parts.qmp;
    if (parts.qmp) {
      this.portStates = new PortStates(parts.qmp);
      this.#watchOrigins(parts.qmp, parts.heads);
    }
    const power = this.power = new Power(parts.qmp ?? null);
    const session = (head: number) => this.#heads[head]?.session ?? null;
    const clipboard = this.clipboard = new Clipboard(() => session(0), parts.clock);
    const stirred = () => {
      for (const head of this.#heads) head.stirred();
    };
    const seat = new Seat({ session, stirred });
    const idleKey = () => seat.idleKey();
    this.keyboard = seat.keyboard;
    this.pointer = seat.pointer;
    // keys, lights and the clipboard are the machine's: its first screen speaks for all
    const first = {
      leds: (leds: number) => seat.leds(leds),
      absolute: (absolute: boolean) => seat.absolute(absolute),
      renamed: () => {},
      cutText: (text: string) => clipboard.cutText(text),
      clipboard: (flags: number, data: Uint8Array) => clipboard.extended(flags, data),
      connected: (live: unknown) => {
        seat.renewed();
        clipboard.renewed();
        power.seen = live !== null;
      },
      idleKey,
    };
    const none = () => {};
    const other = {
      leds: none,
      absolute: none,
      renamed: none,
      cutText: none,
      clipboard: none,
      connected: none,
      idleKey,
    };
    this.#heads = parts.heads.map((options, i) => new Head(options, i === 0 ? first : other));
  }

  /** Connects, and connects again; resolves when closed. */
  async run(): Promise<void> {
    await Promise.all([...this.#heads.map((head) => head.run()), this.monitor?.run()]);
  }

  /** A machine that was replaced may have its cards elsewhere. */
  #watchOrigins(monitor: Qmp, heads: readonly HeadOptions[]): void {
    const addresses = heads.map(({ at }) => at);
    monitor.onEvent(({ event }) => {
      if (event !== "CONNECTED") return;
      originsOf(monitor, addresses).then((origins) => {
        heads.forEach(({ card }, i) => card.origin = origins[i]);
      }, () => {});
    });
  }

  close(): void {
    for (const head of this.#heads) head.close();
    this.#sound?.close();
    this.monitor?.close();
  }
}
