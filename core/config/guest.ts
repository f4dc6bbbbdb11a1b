/** `[guest]`: what fills the screens. The appliance's own section; QEMU has a virtual machine there. */
import type { GuestOptions } from "./options.ts";
import type { Problems } from "./problems.ts";
import { key, type Settings } from "./settings.ts";
import { filled, integer, oneOf, onOff, uuid } from "./values.ts";

export const guestKeys = {
  "driver": key(oneOf("demo", "replay")),
  "name": key(filled),
  "uuid": key(uuid),
  "tablet": key(onOff),
  "file": key(recording),
  "pace": key(oneOf("recorded", "max", "lockstep")),
  "wait-clients": key(integer(0, 1000)),
  "loop": key(onOff),
  "after": key(oneOf("stay", "exit")),
} as const;

export type GuestSettings = Settings<typeof guestKeys>;

/** The guest, the demo desktop when nothing is said. */
export function readGuest(
  guest: GuestSettings,
  readable: (path: string) => boolean,
  problems: Problems,
): GuestOptions {
  const identity = { name: guest.get("name") ?? null, uuid: guest.get("uuid") ?? null };
  if ((guest.get("driver") ?? "demo") === "demo") {
    const why = `it belongs to driver = "replay"`;
    guest.unused(["file", "pace", "wait-clients", "loop", "after"], why, problems);
    return { driver: "demo", ...identity, tablet: guest.get("tablet") ?? true };
  }
  guest.unused(["tablet"], `it belongs to driver = "demo"`, problems);
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
