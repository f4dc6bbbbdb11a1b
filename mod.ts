/**
 * The public door: `createAppliance` joins a guest, the channels and their listeners.
 *
 * @example A demo desktop on a free port of this machine
 * ```ts
 * import { createAppliance, createLog, defaultOptions } from "./mod.ts";
 *
 * const log = createLog({ format: "text", level: "warn", sink: console.error, now: () => new Date() });
 * const appliance = await createAppliance(
 *   { ...defaultOptions, listen: { ...defaultOptions.listen, port: 0 } },
 *   log,
 * );
 * console.log(appliance.addresses);
 * await appliance.close();
 * ```
 * @module
 */
import { Sessions } from "./channels/session.ts";
import { CursorService } from "./channels/cursor.ts";
import { chooseCodec } from "./channels/display/choose_codec.ts";
import { DisplayHub } from "./channels/display/hub.ts";
import { InputsService } from "./channels/inputs.ts";
import { linkStage } from "./channels/link_stage.ts";
import { type Endpoint, listen, type Listening, readTextFile } from "./channels/listen.ts";
import type { Arrival } from "./channels/lobby.ts";
import { MainService } from "./channels/main.ts";
import { MmClock } from "./channels/mm_clock.ts";
import { MouseMode } from "./channels/mouse_mode.ts";
import { loadCredentials } from "./channels/credentials.ts";
import type { Clock } from "./core/clock.ts";
import type { ApplianceOptions, ChannelName } from "./core/config/options.ts";
import type { Guest } from "./core/guest.ts";
import { Sasl } from "./core/link/sasl.ts";
import { Throttle } from "./core/link/throttle.ts";
import type { Duplex } from "./core/link/duplex.ts";
import { Tickets } from "./core/link/ticket.ts";
import type { Log } from "./core/log.ts";
import { encodePng } from "./core/raster/png.ts";
import type { CardOptions as QxlOptions } from "./qxl/options.ts";
import { start as startDemo } from "./qxl/drivers/demo/host.ts";
import { start as startReplay } from "./qxl/drivers/replay/host.ts";

export { createLog } from "./core/log.ts";
export type { Log, LogFields, LogFormat, LogLevel, LogOptions } from "./core/log.ts";
export { defaultCard, defaultOptions } from "./core/config/options.ts";
export type * from "./core/config/options.ts";

/** A running appliance. */
export interface Appliance {
  /** What clients connect to, with the ports that were really taken: `spice://127.0.0.1:5930`. */
  readonly addresses: readonly string[];
  /** Resolves when the guest has shown everything; a live guest's never does. */
  readonly guestDone: Promise<void>;
  /** Resolves when the appliance ends by itself (`after = "exit"`); rejects when it cannot go on. */
  readonly finished: Promise<void>;
  /** Clients that are connected. */
  readonly clients: number;
  /** What a display shows now, as PNG. RangeError: there is no such display, or it shows nothing. */
  screenshot(display: number): Promise<Uint8Array>;
  /** Says goodbye to every client and stops everything. May be called again. */
  close(): Promise<void>;
}

/** So long a replay's report waits for slow clients. */
const REPORT_MS = 10_000;

const clock: Clock = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Starts a guest and serves it. Rejects, with everything stopped again, when a file cannot be read
 * or a port not be taken.
 */
export async function createAppliance(options: ApplianceOptions, log: Log): Promise<Appliance> {
  await using undo = new AsyncDisposableStack();
  const guest = await startGuest(options, log);
  undo.defer(() => guest.close());

  const hubs = guest.displays.map((display) =>
    new DisplayHub(display, clock, { compressFor: chooseCodec(preferred(options)) })
  );
  const arrivals = new WeakMap<Duplex, Arrival>();
  const policy = await linkPolicy(options, log);
  const sessions: Sessions = new Sessions({
    clock,
    log,
    random: () => crypto.getRandomValues(new Uint32Array(1))[0],
    link: async (duplex) => {
      const arrival = arrivals.get(duplex);
      try {
        return await linkStage(duplex, {
          ...policy,
          offered: (type, id) => sessions.offered(type, id),
          sessionKnown: (id) => sessions.sessionKnown(id),
          sessionOpener: (id) => sessions.sessionOpener(id),
          deadline: arrival?.deadline,
        });
      } finally {
        arrival?.leave();
      }
    },
  });
  undo.defer(() => sessions.close());
  offerChannels(sessions, guest, hubs);

  const listening = await listen({
    at: endpoints(options),
    onTrouble: (error) => log.warn("listener-trouble", { error }),
  }, (duplex, arrival) => {
    arrivals.set(duplex, arrival);
    sessions.accept(duplex);
  });
  undo.defer(() => listening.close());

  const running = undo.move();
  const drained = () => Promise.all(hubs.map((hub) => hub.drained()));
  const guestDone = guest.done.then(async (report) => {
    // whoever reads nothing shall not keep the report back
    await Promise.race([drained(), new Promise<void>((late) => clock.after(REPORT_MS, late))]);
    log.report("replay-done", { ...report, sentBytes: sessions.sentBytes() });
  });
  const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
  guestDone.then(async () => {
    if (options.guest.driver !== "replay" || options.guest.after !== "exit") return;
    await drained();
    resolve();
  }).catch(reject);

  return {
    addresses: addressesOf(listening, options),
    guestDone,
    finished,
    get clients() {
      return sessions.clients.length;
    },
    async screenshot(display) {
      const shown = guest.displays[display];
      shown?.settle();
      const primary = shown?.surfaces.get(0);
      if (!primary) throw new RangeError(`Display ${display} shows nothing`);
      return await encodePng(primary);
    },
    close: () => running.disposeAsync(),
  };
}

function startGuest({ guest, cards }: ApplianceOptions, log: Log): Promise<Guest> {
  const qxl = cards.map((card): QxlOptions => ({
    vga: card.model === "qxl-vga",
    revision: card.revision,
    ramSize: card.ramBytes,
    vramSize: card.vramBytes,
    vgamem: card.vgamemBytes,
    maxOutputs: card.maxOutputs,
    xres: card.xres,
    yres: card.yres,
    surfaces: card.surfaces,
    report: (error) => log.warn("guest-erred", { card: card.id, error }),
    log: (text) => log.debug("guest-says", { card: card.id, text }),
  }));
  return guest.driver === "replay"
    ? startReplay({ ...guest, cards: qxl })
    : startDemo({ ...guest, cards: qxl });
}

function offerChannels(sessions: Sessions, guest: Guest, hubs: DisplayHub[]): void {
  const mouse = new MouseMode(guest.pointer);
  const channels = sessions.channelsFor.bind(sessions);
  sessions.add(new MainService({ guest, mouse, mmClock: new MmClock(clock), channels }));
  sessions.add(new InputsService(guest, mouse, clock));
  hubs.forEach((hub) => {
    sessions.add(hub);
    sessions.add(new CursorService(hub.display, (listener) => hub.onCursor(listener), mouse));
  });
}

async function linkPolicy({ tickets, sasl, channelSecurity }: ApplianceOptions, _log: Log) {
  const judge = new Tickets({ now: clock.now, required: !tickets.disabled });
  if (tickets.password !== null) {
    const seconds = tickets.expires === null
      ? Infinity
      : Math.max(0, (tickets.expires.getTime() - Date.now()) / 1000);
    judge.setTicket(tickets.password, seconds);
  }
  await judge.keys.prepare();
  const users = sasl?.users.map(({ name, secret }) =>
    [name, "scram" in secret ? secret.scram : secret] as const
  );
  return {
    tickets: judge,
    sasl: users && new Sasl({ users: new Map(users) }),
    throttle: new Throttle({ now: clock.now }),
    sleep: (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms)),
    channelSecurity: (name: string) =>
      channelSecurity.channels[name as ChannelName] ?? channelSecurity.default,
  };
}

function endpoints({ listen: at, tls }: ApplianceOptions): Endpoint[] {
  const family = at.family === "any" ? undefined : at.family;
  const all: Endpoint[] = [];
  if (at.port !== null) all.push({ host: at.host, port: at.port, family });
  if (at.tlsPort !== null && tls) {
    const files = {
      certFile: tls.certFile,
      keyFile: tls.keyFile,
      keyPassword: tls.keyPassword ?? undefined,
      caFile: tls.caFile ?? undefined,
    };
    const credentials = loadCredentials(files, readTextFile, new Date());
    all.push({ host: at.host, port: at.tlsPort, family, tls: credentials });
  }
  if (at.unix !== null) all.push({ path: at.unix });
  return all;
}

function addressesOf(listening: Listening, { listen: at }: ApplianceOptions): string[] {
  const list = [...listening.addresses];
  return list.map((address, i) => {
    if ("path" in address) return `spice+unix://${address.path}`;
    const scheme = i === 0 && at.port !== null ? "spice" : "spice+tls";
    const host = address.host.includes(":") ? `[${address.host}]` : address.host;
    return `${scheme}://${host}:${address.port}`;
  });
}

/** What the client's own preference may replace. */
function preferred({ images }: ApplianceOptions) {
  return images.compression === "lz4" ? "lz4" : images.compression === "off" ? "off" : "autoGlz";
}
