import { assertEquals, assertObjectMatch } from "@std/assert";
import { defaultCard } from "../../../../core/config/options.ts";
import { load, mistakesOf } from "./kit.ts";

const MiB = 1 << 20;
const door = '[spice]\nport = "5930"\ndisable-ticketing = "on"\n';
const cardOf = (lines: string) =>
  load({ "a.cfg": `${door}[device "video0"]\ndriver = "qxl-vga"\n${lines}` });

Deno.test("a card takes QEMU's sizes in bytes, in MiB and with a unit", () => {
  const sizes = { ramBytes: 128 * MiB, vramBytes: 32 * MiB, vgamemBytes: 32 * MiB };
  const ways = [
    'ram_size = "134217728"\nvram_size = "33554432"\nvgamem = "33554432"',
    'ram_size_mb = "128"\nvram_size_mb = "32"\nvgamem_mb = "32"',
    'ram_size = "128M"\nvram_size = "32M"\nvgamem = "32"',
  ];
  for (const lines of ways) {
    const { options, warnings } = cardOf(lines);
    assertEquals(options.cards, [{ ...defaultCard, ...sizes }]);
    assertEquals(warnings, []);
  }
});

Deno.test("sizes that no card has are mended as QEMU mends them, and told", () => {
  const { options, warnings } = cardOf('vgamem_mb = "48"\nram_size_mb = "64"');
  assertObjectMatch(options.cards[0], { vgamemBytes: 64 * MiB, ramBytes: 128 * MiB });
  assertEquals(warnings.length, 2);
});

Deno.test("a card of revision 1 has no memory for surfaces", () => {
  assertEquals(cardOf('revision = "1"').options.cards[0].vramBytes, 4096);
});

Deno.test("heads, resolution and surfaces of a card are kept", () => {
  const lines = 'max_outputs = "2"\nxres = "1920"\nyres = "1080"\nsurfaces = "64"\nbus = "pci.0"';
  assertObjectMatch(cardOf(lines).options.cards[0], {
    maxOutputs: 2,
    xres: 1920,
    yres: 1080,
    surfaces: 64,
  });
});

Deno.test("several cards: the first may be the VGA, the others are not", () => {
  const vga = '[device]\ndriver = "qxl-vga"\n';
  const plain = '[device]\ndriver = "qxl"\n';
  assertEquals(load({ "a.cfg": vga + plain + plain }).options.cards.map(({ id }) => id), [
    "video0",
    "video1",
    "video2",
  ]);
  assertEquals(mistakesOf(vga + vga), [
    'cards "video0" and "video1" are both qxl-vga; further ones are "qxl"',
  ]);
  assertEquals(mistakesOf(plain + vga), ['card "video1" is qxl-vga and must be the first']);
  assertEquals(mistakesOf(vga + plain.repeat(16)), ["17 cards are more than a client's 16"]);
});

Deno.test("one name in one file is one device", () => {
  const text = '[device "video0"]\ndriver = "qxl-vga"\n[device "video0"]\ndriver = "qxl"';
  assertEquals(mistakesOf(text)[0], 'main.cfg:3: [device "video0"] stands at main.cfg:1 already');
});

Deno.test("a serial port has a chardev, and a chardev all that its backend needs", () => {
  const text = `[chardev "a"]\nbackend = "spicevmc"\n[chardev]\nbackend = "socket"
[chardev "c"]\nbackend = "spicevmc"\nname = "agent"\n[chardev "d"]\nbackend = "socket"
[device]\ndriver = "virtserialport"\nname = "x"\nchardev = "nobody"\n[device]\nname = "y"`;
  assertEquals(mistakesOf(text), [
    'main.cfg:1: backend = "spicevmc" needs name = "vdagent"',
    'main.cfg:3: a chardev needs a name: [chardev "vmchannel"]',
    'main.cfg:7: spicevmc has no name "agent"; there are "vdagent", "usbredir" and "smartcard"',
    'main.cfg:8: backend = "socket" needs path = "…", or host = "…" and port = "…"',
    'main.cfg:13: there is no [chardev "nobody"]',
    'main.cfg:14: a device needs driver = "qxl-vga"',
  ]);
});

Deno.test("chardevs of all kinds are kept, and it is told what nobody uses", () => {
  const { options, warnings } = load({
    "a.cfg": `[chardev "p"]\nbackend = "spiceport"\nname = "org.spice-space.webdav.0"
[chardev "s"]\nbackend = "socket"\npath = "/run/s"\nserver = "on"\nwait = "off"
[chardev "t"]\nbackend = "socket"\nhost = "::1"\nport = "4000"`,
  });
  assertEquals(options.characterDevices, [
    { id: "p", backend: "spiceport", name: "org.spice-space.webdav.0" },
    {
      id: "s",
      backend: "socket",
      address: { path: "/run/s" },
      server: true,
      reconnectSeconds: 5,
    },
    {
      id: "t",
      backend: "socket",
      address: { host: "::1", port: 4000 },
      server: false,
      reconnectSeconds: 5,
    },
  ]);
  assertEquals(warnings.filter((text) => text.includes("is kept, but")).length, 2);
  assertEquals(warnings.filter((text) => text.startsWith("a.cfg:2: [chardev")).length, 1);
});

const sockets = ["agent", "usb1", "usb2", "card", "dav", "tty"].map((id) =>
  `[chardev "${id}"]\nbackend = "socket"\npath = "/run/${id}.sock"\n`
).join("");

Deno.test("ports of all kinds say what they are for, and [usb] where devices come from", () => {
  const { options, warnings } = load({
    "a.cfg": `${sockets}[device]\ndriver = "virtserialport"\nname = "com.redhat.spice.0"
chardev = "agent"\n[device "stick"]\ndriver = "usb-redir"\nchardev = "usb1"
filter = "0x08:-1:-1:-1:1|-1:-1:-1:-1:0"\n[device]\ndriver = "ccid-card-passthru"
chardev = "card"\n[device]\ndriver = "virtserialport"\nname = "org.spice-space.webdav.0"
chardev = "dav"\n[device]\ndriver = "virtserialport"\nname = "console.0"\nchardev = "tty"
[device]\ndriver = "qemu-xhci"\n[usb]\nlisten = "0.0.0.0:4000"\nlisten = "unix:/run/usb"
chardev = "usb2"`,
  });
  assertEquals(options.ports.map(({ kind, name, chardev }) => [kind, name, chardev]), [
    ["agent", "com.redhat.spice.0", "agent"],
    ["usbredir", "stick", "usb1"],
    ["smartcard", "ccid-card-passthru1", "card"],
    ["webdav", "org.spice-space.webdav.0", "dav"],
    ["port", "console.0", "tty"],
  ]);
  const any = { vendor: null, product: null, version: null };
  assertEquals(options.ports[1].filter, [
    { deviceClass: 8, ...any, allow: true },
    { deviceClass: null, ...any, allow: false },
  ]);
  assertEquals(options.usb, [{
    listen: [{ host: "0.0.0.0", port: 4000 }, { path: "/run/usb" }],
    chardevs: ["usb2"],
    filter: null,
  }]);
  assertEquals(warnings.filter((text) => !text.includes("[spice]")), []);
});

Deno.test("a mistake about ports is told with what would be right", () => {
  const text = `${sockets}[usb]\nlisten = "4000"\n[usb "b"]\nlisten = "h:1"\nchardev = "none"
[device "u"]\ndriver = "usb-redir"\nchardev = "usb1"\nfilter = "8:1:1"
[device "v"]\ndriver = "usb-redir"\nfilter = "300:-1:-1:-1:1"
[device "w"]\ndriver = "ccid-card-passthru"\nchardev = "usb1"`;
  assertEquals(mistakesOf(text), [
    'main.cfg:20: listen: must be "unix:/path" or "host:port", not "4000"',
    'main.cfg:23: there is no [chardev "none"]',
    'main.cfg:27: filter: "8:1:1" has 3 parts; a rule is class:vendor:product:version:allow',
    'main.cfg:28: usb-redir needs chardev = "…", the name of a [chardev]',
    'main.cfg:30: filter: "300" is no class: -1 for any, or a number up to 255',
    '[chardev "usb1"] is used by two; each needs one of its own',
  ]);
  assertEquals(mistakesOf('[usb]\nlisten = "h:4000"'), [
    'main.cfg:1: [usb] has nowhere to put devices: give it chardev = "…", the socket of QEMU\'s ' +
    '-device usb-redir, or have a [device] with driver = "usb-redir"',
  ]);
});
