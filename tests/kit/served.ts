/** A whole server on a port of this machine, whose guest notes what hands do to it. */
import type { Guest, GuestDisplay } from "../../core/guest.ts";
import { Throttle } from "../../core/link/throttle.ts";
import { Tickets, type TicketsOptions } from "../../core/link/ticket.ts";
import { CursorService } from "../../channels/cursor.ts";
import { DisplayHub } from "../../channels/display/hub.ts";
import { InputsService } from "../../channels/inputs.ts";
import { linkStage } from "../../channels/link_stage.ts";
import { listen } from "../../channels/listen.ts";
import { MainService } from "../../channels/main.ts";
import { MmClock } from "../../channels/mm_clock.ts";
import { MouseMode } from "../../channels/mouse_mode.ts";
import { Sessions } from "../../channels/session.ts";
import type { CardOptions } from "../../qxl/options.ts";
import { start } from "../../qxl/drivers/demo/host.ts";
import type { PointerEvent } from "./fake_guest.ts";
import { FakeLog } from "./linked.ts";
import { clock } from "./clock.ts";

export interface Served extends AsyncDisposable {
  readonly port: number;
  readonly sessions: Sessions;
  readonly displays: readonly GuestDisplay[];
  readonly mouse: MouseMode;
  readonly log: FakeLog;
  /** What came to the guest's keyboard and pointer. */
  readonly keys: number[][];
  readonly moves: PointerEvent[];
}

export interface ServedOptions {
  readonly cards?: number;
  /** false: the guest has no tablet. */
  readonly absolute?: boolean;
  /** Random ones if not said. */
  readonly keys?: TicketsOptions["keys"];
  readonly sessionId?: number;
}

/** Serves the demo desktop on so many cards. */
export async function serveDemo(
  { cards = 1, absolute = true, keys: ticketKeys, sessionId }: ServedOptions = {},
): Promise<Served> {
  const card: CardOptions = { xres: 800, yres: 600 };
  const demo = await start({ cards: Array.from({ length: cards }, () => card) });
  const keys: number[][] = [], moves: PointerEvent[] = [];
  const { keyboard, pointer } = demo;
  const guest: Guest = {
    name: "demo",
    displays: demo.displays,
    keyboard: {
      get leds() {
        return keyboard.leds;
      },
      onLeds: (listener) => keyboard.onLeds(listener),
      scancode(bytes) {
        keys.push([...bytes]);
        keyboard.scancode(bytes);
      },
    },
    pointer: {
      absolute,
      onAbsolute: () => {},
      motion(...event) {
        moves.push(["motion", ...event]);
        pointer.motion(...event);
      },
      position(...event) {
        moves.push(["position", ...event]);
        pointer.position(...event);
      },
      press(...event) {
        moves.push(["press", ...event]);
        pointer.press(...event);
      },
      release(...event) {
        moves.push(["release", ...event]);
        pointer.release(...event);
      },
    },
    done: demo.done,
    close: () => demo.close(),
  };
  const log = new FakeLog();
  const tickets = new Tickets({ now: clock.now, required: false, keys: ticketKeys });
  const sessions: Sessions = new Sessions({
    clock,
    log,
    random: () => sessionId ?? crypto.getRandomValues(new Uint32Array(1))[0],
    link: (duplex) =>
      linkStage(duplex, {
        tickets,
        throttle: new Throttle({ now: clock.now }),
        sleep: (ms) => new Promise<void>((wake) => setTimeout(wake, ms)),
        channelSecurity: () => "any",
        offered: (type, id, session) => sessions.offered(type, id, session),
        sessionKnown: (id) => sessions.sessionKnown(id),
        sessionOpener: (id) => sessions.sessionOpener(id),
      }),
  });
  const mouse = new MouseMode(guest.pointer);
  sessions.add(
    new MainService({
      guest,
      mouse,
      mmClock: new MmClock(clock),
      channels: (client) => sessions.channelsFor(client),
    }),
  );
  sessions.add(new InputsService(guest, mouse, clock));
  for (const display of guest.displays) {
    const hub = new DisplayHub(display, clock);
    sessions.add(hub);
    sessions.add(new CursorService(display, (listener) => hub.onCursor(listener), mouse));
  }
  const listening = await listen(
    { at: [{ host: "127.0.0.1", port: 0 }] },
    async (duplex, arrival) => {
      arrival.leave();
      await sessions.accept(duplex);
    },
  );
  const [at] = listening.addresses;
  return {
    port: "port" in at ? at.port : 0,
    sessions,
    displays: guest.displays,
    mouse,
    log,
    keys,
    moves,
    async [Symbol.asyncDispose]() {
      listening.close();
      await sessions.close();
      guest.close();
    },
  };
}
