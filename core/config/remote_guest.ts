/** `[guest]` with `driver = "qemu"` or `"rfb"`: where its screens, its monitor and its secrets are. */
import { type CardOptions, defaultCard, type RemoteGuest, type SocketAddress } from "./options.ts";
import type { Place, Problems } from "./problems.ts";
import { key, repeatedKey, type Settings } from "./settings.ts";
import { filled, onOff, socketAddress } from "./values.ts";

export const remoteGuestKeys = {
  "vnc": repeatedKey(socketAddress),
  "qmp": key(socketAddress),
  "username": key(filled),
  "password-secret": key(filled),
  "tls-ca-file": key(filled),
  "tls-hostname": key(filled),
  "audio": key(onOff),
} as const;

export const remoteGuestKeyNames = Object.keys(
  remoteGuestKeys,
) as (keyof typeof remoteGuestKeys)[];

const MiB = 1 << 20;
/** QEMU's VNC shows up to 5120×2160, and any other server as much as fits. */
const remoteCard: CardOptions = {
  ...defaultCard,
  ramBytes: 256 * MiB,
  vramBytes: 4 * MiB,
  vgamemBytes: 64 * MiB,
};

export function readRemoteGuest(
  guest: Settings<typeof remoteGuestKeys>,
  driver: RemoteGuest["driver"],
  identity: Pick<RemoteGuest, "name" | "uuid">,
  secretOf: (id: string, place: Place | null) => string | undefined,
  readable: (path: string) => boolean,
  problems: Problems,
): RemoteGuest {
  const vnc = guest.all("vnc").map(({ value }) => value);
  if (vnc.length === 0) {
    const example = `vnc = "unix:/run/vm/vnc.sock" or vnc = "host:5900", one line for each screen`;
    problems.error(guest.place, `driver = "${driver}" needs ${example}`);
  }
  const qmp = guest.get("qmp") ?? null;
  if (driver === "rfb" && qmp !== null) {
    problems.error(guest.placeOf("qmp"), `only driver = "qemu" has a monitor for qmp`);
  }
  const id = guest.get("password-secret");
  const password = id === undefined ? null : secretOf(id, guest.placeOf("password-secret")) ?? null;
  const username = guest.get("username") ?? null;
  if (username !== null && password === null) {
    problems.error(guest.placeOf("username"), `username needs password-secret too`);
  }
  const caFile = guest.get("tls-ca-file") ?? null;
  if (caFile !== null && !readable(caFile)) {
    problems.error(guest.placeOf("tls-ca-file"), `${caFile} cannot be read`);
  }
  const hostName = guest.get("tls-hostname") ?? null;
  if (caFile === null) {
    const why = "there is no TLS without tls-ca-file";
    guest.unused(["tls-hostname"], why, problems);
    if (username !== null) {
      problems.error(guest.placeOf("username"), `username is only said inside TLS: ${why}`);
    }
  }
  return {
    driver,
    ...identity,
    vnc,
    qmp,
    username,
    password,
    tls: caFile === null ? null : { caFile, hostName },
    audio: guest.get("audio") ?? driver === "qemu",
  };
}

/** The cards of such a guest: one for each screen, as they are said, or large enough for any. */
export function remoteCards(
  { vnc }: RemoteGuest,
  said: readonly CardOptions[],
  place: Place | null,
  problems: Problems,
): readonly CardOptions[] {
  if (said.length === 0) {
    return vnc.map((_, i) => ({
      ...remoteCard,
      id: `video${i}`,
      model: i === 0 ? "qxl-vga" : "qxl",
    }));
  }
  if (said.length !== vnc.length) {
    const cards = `${said.length} card section${said.length === 1 ? "" : "s"}`;
    problems.error(place, `each vnc line needs a card, and there are ${cards}: say all or none`);
  }
  return said;
}

/** `unix:/run/vm/vnc.sock`, `127.0.0.1:5900`, `[::1]:5900` */
export function socketAddressText(address: SocketAddress): string {
  if ("path" in address) return `unix:${address.path}`;
  const { host, port } = address;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
