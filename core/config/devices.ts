/**
 * `[device]`: graphics cards, and what else a device may be.
 * Source of truth: qemu hw/display/qxl.c (qxl_properties, qxl_init_ramsize).
 */
import { type CardOptions, defaultCard } from "./options.ts";
import { serialPortKeys, smartcardKeys, usbRedirKeys } from "./ports.ts";
import type { Problems } from "./problems.ts";
import { key, type KeyTable, Settings } from "./settings.ts";
import type { Section } from "./readconfig.ts";
import { bytes, cannot, filled, integer, onOff, text } from "./values.ts";

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

/** Controllers, which are always there. */
const busKeys = { ...placement, "p2": key(text), "p3": key(text), "slots": key(text) } as const;

const serialBusKeys = {
  ...placement,
  "max_ports": key(integer(1, 31)),
  "vectors": key(integer(0, 4096)),
} as const;

/** `[device]` drivers: a graphics card, a port, a USB device that is redirected, a card reader, or a bus of these. */
export const deviceTables: Readonly<Record<string, KeyTable>> = {
  "qxl-vga": cardKeys,
  "qxl": cardKeys,
  "virtio-serial-pci": serialBusKeys,
  "virtio-serial": serialBusKeys,
  "virtserialport": serialPortKeys,
  "usb-redir": usbRedirKeys,
  "ccid-card-passthru": smartcardKeys,
  ...Object.fromEntries(
    ["qemu-xhci", "nec-usb-xhci", "usb-ehci", "usb-ccid"].map((bus) => [bus, busKeys]),
  ),
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

/** Bytes, or QEMU's vgamem_mb: fewer bytes than a page can only be meant as MiB. */
function frameBufferBytes(value: string): number {
  const size = bytes(value);
  return size < 4096 ? size * MiB : size;
}

function powerOfTwo(size: number): number {
  return 2 ** Math.ceil(Math.log2(size));
}
