/** `[guest]` with driver = "x11": an X display, of our own or there already. */
import type { GuestIdentity, X11Guest } from "./options.ts";
import type { Problems } from "./problems.ts";
import { key, type Settings } from "./settings.ts";
import { filled } from "./values.ts";

export const x11GuestKeys = {
  "display": key(display),
  "xauthority": key(filled),
  "command": key(filled),
  "size": key(size),
} as const;

export const x11GuestKeyNames = Object.keys(x11GuestKeys) as (keyof typeof x11GuestKeys)[];

export function readX11Guest(
  guest: Settings<typeof x11GuestKeys>,
  identity: GuestIdentity,
  readable: (path: string) => boolean,
  problems: Problems,
): X11Guest {
  const display = guest.get("display") ?? null, xauthority = guest.get("xauthority") ?? null;
  if (display === null) {
    const why = `it belongs to display = ":5"; an X server of our own makes its own`;
    guest.unused(["xauthority"], why, problems);
  } else {
    const why = `it is for an X server of our own; remove it, or display`;
    guest.unused(["command", "size"], why, problems);
  }
  if (xauthority !== null && !readable(xauthority)) {
    problems.error(guest.placeOf("xauthority"), `${xauthority} cannot be read`);
  }
  const { width, height } = guest.get("size") ?? { width: 1280, height: 800 };
  const command = guest.get("command") ?? null;
  return {
    driver: "x11",
    ...identity,
    display,
    xauthority,
    command,
    width,
    height,
    // rights are given by name, so the names are chosen before there is anything
    folder: `/tmp/spice-x11-${crypto.randomUUID()}`,
    number: 1000 + crypto.getRandomValues(new Uint16Array(1))[0] % 50_000,
  };
}

/** X(7): `:5`, `host:5.0` */
function display(value: string): string {
  if (/^[^:/\s]*:\d{1,4}(\.0)?$/.test(value)) return value;
  throw new RangeError(`must be an X display, as ":5" or "host:5", not "${value}"`);
}

/** `1280x800` */
function size(value: string): { width: number; height: number } {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(value)?.map(Number) ?? [];
  if (width >= 320 && height >= 200 && width <= 8192 && height <= 8192) return { width, height };
  throw new RangeError(`must be a size from 320x200 to 8192x8192, as "1280x800", not "${value}"`);
}
