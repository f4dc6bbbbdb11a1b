/**
 * Streams of bytes into the guest: `[device]`s that are ports, the `[chardev]`s that they end in, and
 * `[usb]`, which takes USB devices without SPICE.
 * Source of truth: qemu chardev/char.c and char-socket.c, hw/char/virtio-console.c,
 * hw/usb/redirect.c, hw/usb/ccid-card-passthru.c.
 */
import type {
  ApplianceOptions,
  AudioDeviceOptions,
  CharacterDevice,
  PortOptions,
  UsbListenOptions,
} from "./options.ts";
import { placeText, type Problems } from "./problems.ts";
import type { Section } from "./readconfig.ts";
import { key, repeatedKey, Settings } from "./settings.ts";
import { usbFilter } from "./usb_filter.ts";
import { cannot, filled, integer, oneOf, onOff, socketAddress, text } from "./values.ts";

const placement = {
  "id": key(filled),
  "driver": key(text),
  "bus": key(text),
  "port": key(text),
} as const;

export const serialPortKeys = {
  "id": key(filled),
  "driver": key(text),
  "bus": key(text),
  "nr": key(integer(0, 31)),
  "name": key(filled),
  "chardev": key(filled),
} as const;

export const usbRedirKeys = {
  ...placement,
  "chardev": key(filled),
  "filter": key(usbFilter),
  "debug": key(cannot("debugging is the log's, not a key's", "0")),
  "bootindex": key(text),
  "streams": key(onOff),
} as const;

export const smartcardKeys = {
  ...placement,
  "chardev": key(filled),
  "debug": key(cannot("debugging is the log's, not a key's", "0")),
} as const;

export const chardevKeys = {
  "id": key(filled),
  "backend": key(oneOf("spicevmc", "spiceport", "socket", "pipe")),
  "name": key(filled),
  "debug": key(cannot("debugging is the log's, not a key's", "0")),
  "path": key(filled),
  "host": key(filled),
  "port": key(integer(1, 65535)),
  "server": key(onOff),
  "wait": key(onOff),
  "nodelay": key(onOff),
  "reconnect": key(integer(0, 86400)),
  "telnet": key(cannot("the bytes go as they are", "off")),
  "websocket": key(cannot("the bytes go as they are", "off")),
} as const;

export const usbKeys = {
  "listen": repeatedKey(socketAddress),
  "chardev": repeatedKey(filled),
  "filter": key(usbFilter),
} as const;

/** Drivers that are ports, and which keys they have. */
const portTables = {
  "virtserialport": serialPortKeys,
  "usb-redir": usbRedirKeys,
  "ccid-card-passthru": smartcardKeys,
} as const;

export const isPortDriver = (driver: string): driver is keyof typeof portTables =>
  Object.hasOwn(portTables, driver);

/** The names by which guests know what a serial port is for. */
const KINDS: Readonly<Record<string, PortOptions["kind"]>> = {
  "com.redhat.spice.0": "agent",
  "org.spice-space.webdav.0": "webdav",
};

/** A port that the guest has. number: how many there are before. */
export function readPort(
  driver: keyof typeof portTables,
  sections: readonly Section[],
  chardevs: readonly string[],
  number: number,
  problems: Problems,
): PortOptions {
  const port = new Settings<typeof serialPortKeys | typeof usbRedirKeys>(
    sections,
    portTables[driver] as typeof serialPortKeys,
    problems,
  );
  const chardev = port.get("chardev");
  if (chardev === undefined) {
    const text = `${driver} needs chardev = "…", the name of a [chardev]`;
    problems.error(port.place, text);
  } else if (!chardevs.includes(chardev)) {
    problems.error(port.placeOf("chardev"), `there is no [chardev "${chardev}"]`);
  }
  const id = port.id ?? port.get("id") ?? `${driver}${number}`;
  const rest = { chardev: chardev ?? "", filter: null };
  if (driver === "usb-redir") {
    const usb = port as unknown as Settings<typeof usbRedirKeys>;
    return { kind: "usbredir", name: id, ...rest, filter: usb.get("filter") ?? null };
  }
  if (driver === "ccid-card-passthru") return { kind: "smartcard", name: id, ...rest };
  const name = (port as Settings<typeof serialPortKeys>).get("name");
  if (name === undefined) {
    problems.error(port.place, `virtserialport needs name = "com.redhat.spice.0"`);
  }
  return { kind: KINDS[name ?? ""] ?? "port", name: name ?? "", ...rest };
}

/** Ports that fit together: what there may be only one of, and nothing that two share. */
export function checkPorts(
  ports: readonly PortOptions[],
  usb: readonly UsbListenOptions[],
  audio: AudioDeviceOptions | null,
  problems: Problems,
): void {
  for (const kind of ["agent", "webdav", "smartcard"] as const) {
    const same = ports.filter((port) => port.kind === kind);
    if (same.length > 1) {
      const names = same.map(({ name }) => `"${name}"`).join(" and ");
      problems.error(null, `a guest has one ${kind} port; ${names} are two`);
    }
  }
  const users = chardevUsers({ ports, usb, audio });
  for (const id of new Set(users)) {
    if (id !== "" && users.filter((user) => user === id).length > 1) {
      problems.error(null, `[chardev "${id}"] is used by two; each needs one of its own`);
    }
  }
}

type ChardevUsers = Pick<ApplianceOptions, "ports" | "usb" | "audio">;

/** The ids of the chardevs that something goes through. */
export const usedChardevs = (options: ChardevUsers): ReadonlySet<string> =>
  new Set(chardevUsers(options));

const chardevUsers = ({ ports, usb, audio }: ChardevUsers): string[] => [
  ...ports.map(({ chardev }) => chardev),
  ...usb.flatMap(({ chardevs }) => chardevs),
  ...audio?.driver === "pcm" ? [audio.chardev] : [],
];

/** The host's end of a port. */
export function readChardev(
  sections: readonly Section[],
  problems: Problems,
): CharacterDevice | null {
  const device = new Settings(sections, chardevKeys, problems);
  const id = device.id ?? device.get("id");
  if (id === undefined) {
    problems.error(device.place, `a chardev needs a name: [chardev "vmchannel"]`);
    return null;
  }
  const backend = device.get("backend");
  if (backend === undefined) {
    // A bad value has been told already.
    const said = sections.some((section) => section.entries.some(({ key }) => key === "backend"));
    if (!said) problems.error(device.place, `[chardev "${id}"] needs backend = "spicevmc"`);
    return null;
  }
  if (backend === "socket") return readSocket(id, device, problems);
  if (backend === "pipe") return readPipe(id, device, problems);
  device.unused(
    ["path", "host", "port", "server", "wait", "nodelay", "reconnect"],
    `it is a socket's`,
    problems,
  );
  const name = device.get("name");
  if (name === undefined) {
    const example = backend === "spicevmc" ? "vdagent" : "org.spice-space.webdav.0";
    problems.error(device.place, `backend = "${backend}" needs name = "${example}"`);
  } else if (backend === "spicevmc" && !["vdagent", "usbredir", "smartcard"].includes(name)) {
    const text = `spicevmc has no name "${name}"; there are "vdagent", "usbredir" and "smartcard"`;
    problems.error(device.placeOf("name"), text);
  } else if (name !== "vdagent") {
    // the agent is played by the appliance; nobody plays these
    const text = `[chardev "${id}"]: no guest of this release has anything at the other end of ` +
      `${backend}, so clients are not told of it; QEMU's end is reached by backend = "socket"`;
    problems.warn(device.placeOf("backend"), text);
  }
  return { id, backend, name: name ?? "" };
}

function readPipe(
  id: string,
  device: Settings<typeof chardevKeys>,
  problems: Problems,
): CharacterDevice {
  const path = device.get("path");
  if (path === undefined) problems.error(device.place, `backend = "pipe" needs path = "…"`);
  device.unused(
    ["name", "host", "port", "server", "wait", "nodelay", "reconnect"],
    `a pipe has none`,
    problems,
  );
  return { id, backend: "pipe", path: path ?? "" };
}

function readSocket(
  id: string,
  device: Settings<typeof chardevKeys>,
  problems: Problems,
): CharacterDevice {
  const server = device.get("server") ?? false;
  const [path, host, port] = [device.get("path"), device.get("host"), device.get("port")];
  if (path !== undefined && (host !== undefined || port !== undefined)) {
    const where = device.place === null ? "" : ` (${placeText(device.place)})`;
    problems.error(device.placeOf("path"), `path and host/port exclude each other${where}`);
  } else if (path === undefined && port === undefined) {
    problems.error(
      device.place,
      `backend = "socket" needs path = "…", or host = "…" and port = "…"`,
    );
  }
  if (server) device.unused(["reconnect"], `it is who connects that does so again`, problems);
  if (device.get("wait") === true) {
    device.unused(["wait"], "the appliance starts without waiting for anybody", problems);
  }
  device.unused(["name"], `a socket has none; the [device] has`, problems);
  const address = path !== undefined ? { path } : { host: host ?? "127.0.0.1", port: port ?? 0 };
  return { id, backend: "socket", address, server, reconnectSeconds: device.get("reconnect") ?? 5 };
}

/** Where USB devices are taken without SPICE. */
export function readUsb(
  sections: readonly Section[],
  chardevs: readonly CharacterDevice[],
  ports: readonly PortOptions[],
  problems: Problems,
): UsbListenOptions | null {
  const usb = new Settings(sections, usbKeys, problems);
  const listen = usb.all("listen").map(({ value }) => value);
  if (listen.length === 0) {
    const said = sections.some((section) => section.entries.some(({ key }) => key === "listen"));
    if (!said) problems.error(usb.place, `[usb] needs listen = "127.0.0.1:4000"`);
    return null;
  }
  const named = usb.all("chardev");
  for (const { value, place } of named) {
    const found = chardevs.find(({ id }) => id === value);
    if (!found) problems.error(place, `there is no [chardev "${value}"]`);
    else if (found.backend !== "socket") {
      problems.error(place, `[chardev "${value}"] is no socket, and [usb] needs one to QEMU`);
    }
  }
  if (named.length === 0 && !ports.some(({ kind }) => kind === "usbredir")) {
    const text = `[usb] has nowhere to put devices: give it chardev = "…", the socket of QEMU's ` +
      `-device usb-redir, or have a [device] with driver = "usb-redir"`;
    problems.error(usb.place, text);
  }
  return {
    listen,
    chardevs: named.map(({ value }) => value),
    filter: usb.get("filter") ?? null,
  };
}
