/** `[guest]`: what fills the screens. The appliance's own section; QEMU has a virtual machine there. */
import type { GuestOptions } from "./options.ts";
import type { Place, Problems } from "./problems.ts";
import { readRemoteGuest, remoteGuestKeyNames, remoteGuestKeys } from "./remote_guest.ts";
import { key, type Settings } from "./settings.ts";
import { filled, integer, oneOf, onOff, uuid } from "./values.ts";
import { readX11Guest, x11GuestKeyNames, x11GuestKeys } from "./x11_guest.ts";

export const guestKeys = {
  "driver": key(oneOf("demo", "replay", "qemu", "rfb", "x11")),
  "name": key(filled),
  "uuid": key(uuid),
  "tablet": key(onOff),
  "file": key(recording),
  "pace": key(oneOf("recorded", "max", "lockstep")),
  "wait-clients": key(integer(0, 1000)),
  "loop": key(onOff),
  "after": key(oneOf("stay", "exit")),
  ...remoteGuestKeys,
  ...x11GuestKeys,
} as const;

export type GuestSettings = Settings<typeof guestKeys>;

/** The guest, the demo desktop when nothing is said. */
export function readGuest(
  guest: GuestSettings,
  secretOf: (id: string, place: Place | null) => string | undefined,
  readable: (path: string) => boolean,
  problems: Problems,
): GuestOptions {
  const identity = { name: guest.get("name") ?? null, uuid: guest.get("uuid") ?? null };
  const driver = guest.get("driver") ?? "demo";
  const unused = (keys: readonly (keyof typeof guestKeys)[], owner: string) =>
    guest.unused(keys, `it belongs to driver = ${owner}`, problems);
  if (driver !== "demo") unused(["tablet"], `"demo"`);
  if (driver !== "replay") {
    unused(["file", "pace", "wait-clients", "loop", "after"], `"replay"`);
  }
  if (driver !== "x11") unused(x11GuestKeyNames, `"x11"`);
  if (driver === "qemu" || driver === "rfb") {
    return readRemoteGuest(guest, driver, identity, secretOf, readable, problems);
  }
  unused(remoteGuestKeyNames, `"qemu" or "rfb"`);
  if (driver === "x11") return readX11Guest(guest, identity, readable, problems);
  if (driver === "demo") return { driver, ...identity, tablet: guest.get("tablet") ?? true };
  const file = guest.get("file");
  if (file === undefined) {
    problems.error(guest.placeOf("driver"), `driver = "replay" needs file = "office.rec.zst"`);
  } else if (!readable(file)) {
    problems.error(guest.placeOf("file"), `${file} cannot be read`);
  }
  const loop = guest.get("loop") ?? false;
  const after = guest.get("after") ?? "stay";
  if (loop && after === "exit") {
    problems.error(
      guest.placeOf("after"),
      `after = "exit" never comes with loop = "on"; remove one`,
    );
  }
  return {
    driver: "replay",
    ...identity,
    file: file ?? "",
    pace: guest.get("pace") ?? "recorded",
    waitClients: guest.get("wait-clients") ?? 0,
    loop,
    after,
  };
}

function recording(value: string): string {
  if (/\.rec(\.zst|\.gz)?$/.test(value)) return value;
  throw new RangeError(`must end in .rec, .rec.zst or .rec.gz, not "${value}"`);
}
