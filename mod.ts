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
import { type BrowserListeners, listenForBrowsers } from "./channels/listeners.ts";
import type { HttpConnection } from "./channels/listen.ts";
import { Certificates } from "./channels/certificates.ts";
import { readTextFile } from "./channels/listen.ts";
import { dial, dialSecure, dialWithin } from "./channels/dial.ts";
import { type AllowedTunnel, carry } from "./channels/tunnel/carry.ts";
import { serveGuest, type Serving } from "./channels/serve.ts";
import type { Helper } from "./channels/spawn.ts";
import { afterAll, byTimeout, type Clock } from "./core/clock.ts";
import type { ApplianceOptions } from "./core/config/options.ts";
import { changesOf, takenOver } from "./core/config/reload.ts";
import { ConfigError } from "./core/config/problems.ts";
import { openToStrangers } from "./core/config/web.ts";
import type { Guest } from "./core/guest.ts";
import type { Log, LogFields } from "./core/log.ts";
import { encodePng } from "./core/raster/png.ts";
import { start as startDemo } from "./qxl/drivers/demo/host.ts";
import { start as startRemote } from "./qxl/drivers/rfb/host.ts";
import { start as startX11 } from "./qxl/drivers/x11/host.ts";
import { start as startReplay } from "./qxl/drivers/replay/host.ts";
import type { CardOptions as QxlOptions } from "./qxl/options.ts";
import type { Control } from "./web/control.ts";
import type { Console } from "./web/serve.ts";
import manifest from "./deno.json" with { type: "json" };

export type { Helper } from "./channels/spawn.ts";
export type { AllowedTunnel } from "./channels/tunnel/carry.ts";
export { hashPassword, makeToken } from "./core/link/hashed.ts";
export type {
  GuestView,
  GuestViewClip,
  GuestViewOptions,
  GuestViewScaling,
  GuestViewState,
} from "./web/client/mod.ts";
export { createLog } from "./core/log.ts";
export type { Log, LogFields, LogFormat, LogLevel, LogOptions } from "./core/log.ts";
export { defaultCard, defaultLimits, defaultOptions, defaultWeb } from "./core/config/options.ts";
export type * from "./core/config/options.ts";

/** A running appliance. */
export interface Appliance {
  /** What clients connect to, with the ports that were really taken: `spice://127.0.0.1:5930`. */
  readonly addresses: readonly string[];
  /** The console's page: `http://127.0.0.1:5980/`; null: there is none. */
  readonly console: string | null;
  /** Resolves when the guest has shown everything; a live guest's never does. */
  readonly guestDone: Promise<void>;
  /** Resolves when the appliance ends by itself (`after = "exit"`); rejects when it cannot go on. */
  readonly finished: Promise<void>;
  /** Clients that are connected. */
  readonly clients: number;
  /** What a display shows now, as PNG. RangeError: there is no such display, or it shows nothing. */
  screenshot(display: number): Promise<Uint8Array>;
  /**
   * Takes over what can change while it runs, looks at the certificates, and says in the log what
   * waits for a restart. Sessions that stand stay.
   */
  reload(options: ApplianceOptions): void;
  /** Says goodbye to every client and stops everything. May be called again. */
  close(): Promise<void>;
}

/** So long a replay's report waits for slow clients. */
const REPORT_MS = 10_000;

const clock: Clock = {
  now: () => performance.now(),
  after: (ms, call) => afterAll(ms, call, byTimeout),
};

/**
 * Starts a guest and serves it. Rejects, with everything stopped again, when a file cannot be read
 * or a port not be taken. coding: the worker that runs ffmpeg, which may only that; if streams need
 * one and there is none, it is started here, which takes the permission to run ffmpeg.
 */
export async function createAppliance(
  options: ApplianceOptions,
  log: Log,
  coding: Helper | null = null,
): Promise<Appliance> {
  const stranger = openToStrangers(options);
  if (stranger !== null) throw new ConfigError([stranger]);
  await using undo = new AsyncDisposableStack();
  const guest = await startGuest(options, log);
  undo.defer(() => guest.close());

  const browsers = new Browsers();
  const onHttp = options.web === null ? undefined : browsers.take;
  const certificates = new Certificates(readTextFile, clock, log);
  undo.use(certificates);
  const serving = await serveGuest(guest, options, log, clock, certificates, onHttp, coding);
  undo.defer(() => serving.close());
  const web = options.web &&
    await startConsole(options, guest, serving, browsers, certificates, log);
  undo.defer(() => web?.close());
  await serving.ready;

  const running = undo.move();
  let current = options;
  const guestDone = guest.done.then(async (report) => {
    // whoever reads nothing shall not keep the report back
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(REPORT_MS, resolve);
    await Promise.race([serving.drained(), late]);
    cancel();
    log.report("replay-done", { ...report, sentBytes: serving.sessions.sentBytes() });
  });
  const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
  guestDone.then(async () => {
    if (options.guest.driver !== "replay" || options.guest.after !== "exit") return;
    await serving.drained();
    resolve();
  }).catch(reject);

  return {
    addresses: serving.addresses,
    console: web?.addresses.at(0) ?? null,
    guestDone,
    finished,
    get clients() {
      return serving.sessions.clients.length;
    },
    async screenshot(display) {
      const shown = guest.displays[display];
      shown?.settle();
      const primary = shown?.surfaces.get(0);
      if (!primary) throw new RangeError(`Display ${display} shows nothing`);
      return await encodePng(primary);
    },
    reload(next) {
      const { now, later } = changesOf(current, next);
      const taken = takenOver(current, next);
      const stranger = openToStrangers(taken);
      if (stranger !== null) throw new ConfigError([stranger]);
      if (now.length > 0) serving.reload(taken);
      if (now.length > 0 && taken.web) web?.reload({ web: taken.web, sasl: taken.sasl });
      certificates.look();
      log.info("reloaded", { changed: now });
      if (later.length > 0) log.warn("needs-restart", { changed: later });
      current = taken;
    },
    close: () => running.disposeAsync(),
  };
}

/** Where `carryTunnels` goes, and what it may carry. */
export interface CarryTunnelsOptions {
  /** The server: a name or an address. */
  readonly host: string;
  /** Its port for SPICE. */
  readonly port: number;
  /** The port speaks TLS; the certificate must be for `host`. */
  readonly tls: boolean;
  /** PEM of the authorities that are believed; null: those of the system. */
  readonly ca: string | null;
  /** Deno's own TLS, which is quicker, believes just these, too: `DENO_TLS_CA_STORE` said so in time. */
  readonly nativeTls?: boolean;
  /** The SPICE password; "": none is asked for. */
  readonly password: string;
  /** What the server may reach, if it offers just that. */
  readonly tunnels: readonly AllowedTunnel[];
  /** Asks the person whether this one shall be carried. */
  readonly consent: (tunnel: AllowedTunnel) => Promise<boolean>;
}

/** So long a target may take to answer. */
const DIAL_MS = 10_000;

/**
 * The client's side of tunnels: a client of a server that carries connections from there into this
 * machine's network, and shows nothing. Resolves when the server ends the session; rejects when it
 * cannot be reached, refuses the password, or there is nothing to carry.
 */
export async function carryTunnels(options: CarryTunnelsOptions, log: Log): Promise<void> {
  const { host, port, tls, ca, nativeTls: native = false, password, tunnels, consent } = options;
  await carry({
    connect: () => tls ? dialSecure({ host, port }, { ca, native }) : dial({ host, port }),
    password,
    allowed: tunnels,
    dial: ({ host, port }) => dialWithin({ host, port }, DIAL_MS),
    consent,
    tell: (event, fields) => log.info(event, fields),
  });
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
    report: sparingly((error, left) => log.warn("guest-erred", { card: card.id, error, left })),
    log: (text) => log.debug("guest-says", { card: card.id, text }),
  }));
  switch (guest.driver) {
    case "replay":
      return startReplay({ ...guest, cards: qxl });
    case "qemu":
    case "rfb": {
      const tell = (screen: string, reason: string) =>
        log.warn("guest-unreachable", { screen, reason });
      return startRemote({ ...guest, cards: qxl, log: tell });
    }
    case "x11": {
      const say = (event: string, fields: LogFields) => log.info(event, fields);
      return startX11({ ...guest, cards: qxl, log: say });
    }
    case "demo":
      return startDemo({ ...guest, cards: qxl });
  }
}

/** Connections that speak HTTP, until the console is ready and from then on. */
class Browsers {
  #console = Promise.withResolvers<{ take(connection: HttpConnection): void }>();
  readonly take = (connection: HttpConnection) => {
    this.#console.promise.then((ready) => ready.take(connection));
  };
  readonly ready = this.#console.resolve;
}

interface StartedConsole extends Pick<Console, "reload" | "close"> {
  readonly addresses: readonly string[];
}

/** SPICE clients are served before the console's modules are even loaded. */
async function startConsole(
  options: ApplianceOptions,
  guest: Guest,
  serving: Serving,
  browsers: Browsers,
  certificates: Certificates,
  log: Log,
): Promise<StartedConsole> {
  const web = options.web!;
  const { createConsole } = await import("./web/serve.ts");
  const refuses = (address: string) => serving.throttle.banned(address);
  const doors = await openWebDoors(options, browsers, certificates, refuses, log);
  try {
    const { ports } = doors ?? serving;
    const console = await createConsole({
      web,
      sasl: options.sasl,
      control: control(options, guest, serving, certificates),
      log,
      now: clock.now,
      mark: `${ports.port ?? ports.tlsPort ?? "unix"}`,
      tlsPort: () => doors?.ports.tlsPort ?? serving.ports.tlsPort,
    });
    browsers.ready(console);
    return {
      addresses: doors?.addresses.map((address) => `${address}${web.path}/`) ?? [],
      reload: (next) => console.reload(next),
      close() {
        doors?.close();
        console.close();
      },
    };
  } catch (error) {
    doors?.close();
    throw error;
  }
}

/** null: its port is somebody else's, and nobody said that it must be had. */
async function openWebDoors(
  { web }: ApplianceOptions,
  browsers: Browsers,
  certificates: Certificates,
  refuses: (address: string) => boolean,
  log: Log,
): Promise<BrowserListeners | null> {
  try {
    return await listenForBrowsers(web!, log, browsers.take, certificates, refuses);
  } catch (error) {
    if (web!.required) throw error;
    log.warn("no-console", { reason: error });
    return null;
  }
}

/** What the console sees and does. */
function control(
  options: ApplianceOptions,
  guest: Guest,
  serving: Serving,
  certificates: Certificates,
): Control {
  const { sessions } = serving;
  let guestEnded = false;
  guest.done.then(() => guestEnded = true, () => guestEnded = true);
  return {
    version: manifest.version,
    driver: options.guest.driver,
    guest,
    get guestEnded() {
      return guestEnded;
    },
    spice: {
      host: options.listen.host,
      unix: options.listen.unix,
      addresses: serving.addresses,
      ...serving.ports,
      // read when somebody asks: the certificate may have been replaced
      get ca() {
        return options.tls && certificates.trustIn(options.tls).ca;
      },
      get subject() {
        return options.tls && certificates.trustIn(options.tls).subject;
      },
    },
    tickets: serving.tickets,
    throttle: serving.throttle,
    clients: serving.clients,
    tunnels: serving.tunnels,
    ports: serving.portFacts,
    disconnect(id) {
      const client = sessions.clients.find(({ connectionId }) => connectionId === id);
      client?.disconnect("permissionDenied", "This session was ended from the console");
      return client !== undefined;
    },
    disconnectLogin: (login) => sessions.disconnectLogin(login),
    accept: (duplex, voucher) => serving.accept(duplex, voucher ?? undefined),
    metrics: serving.metrics,
  };
}

/** Passes on ten errors a second at most, with how many it left out before. */
function sparingly(tell: (error: Error, left: number) => void): (error: Error) => void {
  let second = 0, told = 0, left = 0;
  return (error) => {
    const now = Math.floor(clock.now() / 1000);
    if (now !== second) second = now, told = 0;
    if (told++ >= 10) return void left++;
    tell(error, left);
    left = 0;
  };
}
