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
import { serveGuest, type Serving } from "./channels/serve.ts";
import type { Clock } from "./core/clock.ts";
import type { ApplianceOptions, WebOptions } from "./core/config/options.ts";
import type { Guest } from "./core/guest.ts";
import type { Log } from "./core/log.ts";
import { encodePng } from "./core/raster/png.ts";
import { start as startDemo } from "./qxl/drivers/demo/host.ts";
import { start as startRemote } from "./qxl/drivers/rfb/host.ts";
import { start as startReplay } from "./qxl/drivers/replay/host.ts";
import type { CardOptions as QxlOptions } from "./qxl/options.ts";
import { serveWeb, type ServingWeb } from "./web/serve.ts";

export { createLog } from "./core/log.ts";
export type { Log, LogFields, LogFormat, LogLevel, LogOptions } from "./core/log.ts";
export { defaultCard, defaultOptions, defaultWeb } from "./core/config/options.ts";
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

  const serving = await serveGuest(guest, options, log, clock);
  undo.defer(() => serving.close());
  const web = options.web && await startConsole(options.web, serving, log);
  undo.defer(() => web?.close());

  const running = undo.move();
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
    console: web?.address ?? null,
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
    case "demo":
      return startDemo({ ...guest, cards: qxl });
  }
}

/** null: its port is somebody else's, and nobody said that it must be had. */
async function startConsole(
  { host, port, required }: WebOptions,
  serving: Serving,
  log: Log,
): Promise<ServingWeb | null> {
  try {
    return await serveWeb({ host, port, onSpice: (duplex) => serving.accept(duplex) });
  } catch (error) {
    if (required) throw error;
    log.warn("no-console", { reason: error });
    return null;
  }
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
