/** A remote guest in this process, without clients: what the driver alone makes of a server. */
import type { RemoteGuest } from "../../qxl/drivers/rfb/guest.ts";
import { type Address, type RemoteOptions, start } from "../../qxl/drivers/rfb/host.ts";
import type { RemoteGuest as RemoteGuestOptions } from "../../core/config/options.ts";
import type { Surface } from "../../core/raster/surface.ts";
import { encodePng } from "../../core/raster/png.ts";
import { eventually } from "./desk.ts";
import { decodePng, type Picture } from "./png.ts";

const MiB = 1 << 20;

export const remoteCard = { ramSize: 128 * MiB, vramSize: 4 * MiB, vgamem: 32 * MiB };

/** What a configuration would say, with these changes. */
export const remoteOptions = (
  vnc: readonly Address[],
  changes: Partial<RemoteGuestOptions> = {},
): RemoteGuestOptions => ({
  driver: "rfb",
  name: null,
  uuid: null,
  vnc,
  qmp: null,
  username: null,
  password: null,
  tls: null,
  audio: false,
  ...changes,
});

export interface Remote extends AsyncDisposable {
  readonly guest: RemoteGuest;
  /** Why there was no picture, so far. */
  readonly reasons: readonly string[];
  /** What a screen shows now. */
  picture(display?: number): Promise<Picture>;
  /** Waits until a screen has this size. */
  sized(width: number, height: number, display?: number): Promise<void>;
}

/** Commands are taken, as somebody that looks would. */
export async function startRemote(
  vnc: readonly Address[],
  changes: Partial<RemoteOptions> = {},
): Promise<Remote> {
  const reasons: string[] = [];
  const guest = await start({
    ...remoteOptions(vnc),
    cards: vnc.map(() => remoteCard),
    log: (_, reason) => reasons.push(reason),
    ...changes,
  });
  for (const display of guest.displays) {
    display.attach({
      draw: () => {},
      surfaceCreated: () => {},
      surfaceDestroyed: () => {},
      monitorsChanged: () => {},
      cursorChanged: () => {},
      memoryLow: () => {},
      viewers: 1,
      whenViewers: () => Promise.resolve(),
      drained: () => Promise.resolve(),
    });
    display.clientCapabilities(true, new Uint8Array(58));
  }
  const primary = (display = 0): Surface => {
    guest.displays[display].settle();
    return guest.displays[display].surfaces.get(0)!;
  };
  return {
    guest,
    reasons,
    picture: async (display) => await decodePng(await encodePng(primary(display))),
    sized: (width, height, display) =>
      eventually(() => {
        const surface = primary(display);
        return surface.width === width && surface.height === height;
      }, `the screen has ${width}×${height}; ${reasons}`),
    [Symbol.asyncDispose]: () => {
      guest.close();
      return Promise.resolve();
    },
  };
}

/** The bytes that a keyboard sends for a key that is tapped; above 0x100: behind e0. */
export function tap(guest: RemoteGuest, ...keys: number[]): void {
  const bytes = (key: number, up: number) => key > 0x100 ? [0xe0, key & 0x7f | up] : [key | up];
  for (const key of keys) {
    guest.keyboard.scancode(bytes(key, 0));
    guest.keyboard.scancode(bytes(key, 0x80));
  }
}
