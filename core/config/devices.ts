/**
 * `[device]` and `[chardev]`: graphics cards, and the serial ports between guest and host.
 * Source of truth: qemu hw/display/qxl.c (qxl_properties, qxl_init_ramsize), chardev/char.c, hw/char/virtio-console.c.
 */
import { type CardOptions, type CharacterDevice, defaultCard, type SerialPort } from "./options.ts";
import { placeText, type Problems } from "./problems.ts";
import { key, type KeyTable, Settings } from "./settings.ts";
import type { Section } from "./readconfig.ts";
import { bytes, cannot, filled, integer, oneOf, onOff, text } from "./values.ts";

const MiB = 1 << 20;
const noDebugger = "debugging of the card is the log's, not a key's";

/** Where a device sits on QEMU's buses: taken, for here every device has the place it needs. */
const placement = {
  "id": key(filled),
  "driver": key(text),
  "bus": key(text),
  "addr": key(text),
  "multifunction": key(onOff),
  "rombar": key(text),
  "romfile": key(cannot("the card has no ROM file", "")),
} as const;

export const cardKeys = {
  ...placement,
  "ram_size": key(bytes),
  "ram_size_mb": key(integer(1, 1024)),
  "vram_size": key(bytes),
  "vram_size_mb": key(integer(1, 1024)),
  "vram64_size_mb": key(cannot("surfaces live in BAR 1, of vram_size bytes", "0")),
  "vgamem": key(frameBufferBytes),
  "vgamem_mb": key(integer(1, 1024)),
  "max_outputs": key(integer(0, 16)),
  "xres": key(integer(0, 8192)),
  "yres": key(integer(0, 8192)),
  "revision": key(integer(1, 5)),
  "surfaces": key(integer(1, 1024)),
  "debug": key(cannot(noDebugger, "0")),
  "guestdebug": key(cannot(noDebugger, "0")),
  "cmdlog": key(cannot(noDebugger, "0")),
  "global-vmstate": key(cannot("a machine's state is not saved here", "off", "false")),
} as const;

export const serialBusKeys = {
  ...placement,
  "max_ports": key(integer(1, 31)),
  "vectors": key(integer(0, 4096)),
} as const;

export const serialPortKeys = {
  "id": key(filled),
  "driver": key(text),
  "bus": key(text),
  "nr": key(integer(0, 31)),
  "name": key(filled),
  "chardev": key(filled),
} as const;

export const chardevKeys = {
  "id": key(filled),
  "backend": key(oneOf("spicevmc", "spiceport", "socket")),
  "name": key(filled),
  "debug": key(cannot("debugging is the log's, not a key's", "0")),
  "path": key(filled),
  "host": key(filled),
  "port": key(integer(1, 65535)),
  "server": key(onOff),
  "wait": key(onOff),
  "nodelay": key(onOff),
  "telnet": key(cannot("the bytes go as they are", "off")),
  "websocket": key(cannot("the bytes go as they are", "off")),
  "reconnect": key(cannot("a socket that ends is opened anew for the next client", "0")),
} as const;

/** `[device]` drivers: a graphics card, the bus of serial ports, or one such port. */
export const deviceTables: Readonly<Record<string, KeyTable>> = {
  "qxl-vga": cardKeys,
  "qxl": cardKeys,
  "virtio-serial-pci": serialBusKeys,
  "virtio-serial": serialBusKeys,
  "virtserialport": serialPortKeys,
};

/** One card of one or several sections with its name. */
export function readCard(
  sections: readonly Section[],
  model: CardOptions["model"],
  number: number,
  problems: Problems,
): CardOptions {
  const card = new Settings(sections, cardKeys, problems);
  const megabytes = (name: "ram_size_mb" | "vram_size_mb" | "vgamem_mb") => {
    const count = card.get(name);
    return count === undefined ? undefined : count * MiB;
  };
  const within = (name: keyof typeof cardKeys, asked: number, least: number, most: number) => {
    const size = powerOfTwo(Math.min(Math.max(asked, least), most));
    if (size !== asked) {
      const text = `${name}: ${size / MiB} MiB is taken instead of ${asked} bytes, as QEMU does`;
      problems.warn(card.placeOf(name), text);
    }
    return size;
  };
  const revision = card.get("revision") ?? defaultCard.revision;
  const vgamem = megabytes("vgamem_mb") ?? card.get("vgamem") ?? defaultCard.vgamemBytes;
  const vgamemBytes = within("vgamem", vgamem, 8 * MiB, 256 * MiB);
  const ram = megabytes("ram_size_mb") ?? card.get("ram_size") ?? defaultCard.ramBytes;
  const vram = megabytes("vram_size_mb") ?? card.get("vram_size") ?? defaultCard.vramBytes;
  if ((card.get("xres") ?? 0) === 0 !== ((card.get("yres") ?? 0) === 0)) {
    problems.error(card.place, "xres and yres belong together; give both");
  }
  return {
    id: card.id ?? card.get("id") ?? `video${number}`,
    model,
    ramBytes: within("ram_size", ram, 2 * vgamemBytes, 1024 * MiB),
    // SPEC: revision 1 knows no surfaces outside BAR 0.
    vramBytes: revision === 1 ? 4096 : within("vram_size", vram, 4096, 1024 * MiB),
    vgamemBytes,
    maxOutputs: card.get("max_outputs") ?? defaultCard.maxOutputs,
    xres: card.get("xres") ?? defaultCard.xres,
    yres: card.get("yres") ?? defaultCard.yres,
    revision,
    surfaces: card.get("surfaces") ?? defaultCard.surfaces,
  };
}

/** Cards that fit into one machine: only the first may be its VGA. */
export function checkCards(cards: readonly CardOptions[], problems: Problems): void {
  if (cards.length > 16) problems.error(null, `${cards.length} cards are more than a client's 16`);
  const vga = cards.filter((card) => card.model === "qxl-vga");
  if (vga.length > 1) {
    const text = `cards "${vga[0].id}" and "${vga[1].id}" are both qxl-vga; further ones are "qxl"`;
    problems.error(null, text);
  } else if (vga.length === 1 && cards[0].model !== "qxl-vga") {
    problems.error(null, `card "${vga[0].id}" is qxl-vga and must be the first`);
  }
}

/** A port that the guest sees. */
export function readSerialPort(
  sections: readonly Section[],
  chardevs: readonly string[],
  problems: Problems,
): SerialPort {
  const port = new Settings(sections, serialPortKeys, problems);
  const [name, chardev] = [port.get("name"), port.get("chardev")];
  if (name === undefined) {
    problems.error(port.place, `virtserialport needs name = "com.redhat.spice.0"`);
  }
  if (chardev === undefined) {
    problems.error(port.place, `virtserialport needs chardev = "…", the name of a [chardev]`);
  } else if (!chardevs.includes(chardev)) {
    problems.error(port.placeOf("chardev"), `there is no [chardev "${chardev}"]`);
  }
  return { name: name ?? "", chardev: chardev ?? "" };
}

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
  device.unused(
    ["path", "host", "port", "server", "wait", "nodelay"],
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
  }
  return { id, backend, name: name ?? "" };
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
  const address = path !== undefined ? { path } : { host: host ?? "127.0.0.1", port: port ?? 0 };
  return { id, backend: "socket", address, server };
}

/** Bytes, or QEMU's vgamem_mb: fewer bytes than a page can only be meant as MiB. */
function frameBufferBytes(value: string): number {
  const size = bytes(value);
  return size < 4096 ? size * MiB : size;
}

function powerOfTwo(size: number): number {
  return 2 ** Math.ceil(Math.log2(size));
}
