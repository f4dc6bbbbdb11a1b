import { assertEquals, assertObjectMatch } from "@std/assert";
import { defaultOptions } from "../../../../core/config/options.ts";
import { spiceKeys } from "../../../../core/config/spice.ts";
import { ChannelType } from "../../../../core/protocol/link.ts";
import { load, mistakesOf } from "./kit.ts";

const open = '[spice]\nport = "5930"\ndisable-ticketing = "on"\n';
const secure = '[spice]\ntls-port = "5931"\ndisable-ticketing = "on"\nx509-dir = "pki"\n';
const pki = { "pki/server-key.pem": "", "pki/server-cert.pem": "", "pki/ca-cert.pem": "" };

Deno.test("without any source there is the demo desktop on this machine, open", () => {
  assertEquals(load({}).options, defaultOptions);
  assertEquals(defaultOptions.listen.host, "127.0.0.1");
});

Deno.test("the files of the 2011 talk load unchanged", () => {
  const folder = "tests/data/config";
  const text = (name: string) =>
    Deno.readTextFileSync(new URL(`../../../data/config/${name}`, import.meta.url));
  const files = {
    "spice.cfg": text("spice.cfg"),
    "vmchannel.cfg": text("vmchannel.cfg"),
    [`${folder}/server-key.pem`]: "",
    [`${folder}/server-cert.pem`]: "",
  };
  const { options } = load(files, { use: ["spice.cfg", "vmchannel.cfg"] });
  assertEquals(options, {
    ...defaultOptions,
    listen: { host: "127.0.0.1", family: "any", port: 5900, tlsPort: 5901, unix: null },
    tickets: { disabled: false, password: "secret", expires: null },
    tls: {
      keyFile: `${folder}/server-key.pem`,
      keyPassword: null,
      certFile: `${folder}/server-cert.pem`,
      caFile: null,
    },
    channelSecurity: {
      default: "any",
      channels: { main: "secure", inputs: "secure", display: "plaintext" },
    },
    characterDevices: [{ id: "vmchannel", backend: "spicevmc", name: "vdagent" }],
    ports: [{ kind: "agent", name: "com.redhat.spice.0", chardev: "vmchannel", filter: null }],
  });
});

Deno.test("later files add to earlier ones and override them, and --spice overrides all", () => {
  const files = {
    "a.cfg":
      `${open}addr = "0.0.0.0"\n[device "video0"]\ndriver = "qxl-vga"\nxres = "800"\nyres = "600"`,
    "b.cfg": '[spice]\nport = "5940"\n[device "video0"]\nyres = "500"\n[device]\ndriver = "qxl"',
  };
  const { options } = load(files, { spice: ["port=5950,agent-mouse=off"] });
  assertObjectMatch(options.listen, { host: "0.0.0.0", port: 5950 });
  assertEquals(options.tickets.disabled, true);
  assertEquals(options.agent.mouse, false);
  assertEquals(options.cards.map(({ id, model, xres, yres }) => [id, model, xres, yres]), [
    ["video0", "qxl-vga", 800, 500],
    ["video1", "qxl", 0, 0],
  ]);
});

Deno.test("every key of QEMU's -spice is known", () => {
  // qemu 7.2 ui/spice-core.c, qemu_spice_opts; the last two: qemu 10.
  const qemu = `port tls-port addr ipv4 ipv6 unix password password-secret disable-ticketing
    disable-copy-paste disable-agent-file-xfer sasl x509-dir x509-key-file x509-key-password
    x509-cert-file x509-cacert-file x509-dh-key-file tls-ciphers tls-channel plaintext-channel
    image-compression jpeg-wan-compression zlib-glz-wan-compression streaming-video agent-mouse
    playback-compression seamless-migration display head gl rendernode
    video-codecs max-refresh-rate`;
  assertEquals(Object.keys(spiceKeys).toSorted(), qemu.split(/\s+/).toSorted());
});

Deno.test("what this release cannot honour is an error, and its harmless value is not", () => {
  const refused = {
    "gl": "on",
    "seamless-migration": "on",
    "rendernode": "/dev/dri/renderD128",
    "display": "video0",
    "head": "1",
    "tls-ciphers": "DEFAULT",
    "x509-dh-key-file": "dh.pem",
    "video-codecs": "gstreamer:vp8;gstreamer:h265",
    "max-refresh-rate": "30",
  };
  for (const [key, value] of Object.entries(refused)) {
    const said = mistakesOf(`${open}${key} = "${value}"`);
    assertEquals([said.length, said[0].startsWith(`main.cfg:4: ${key}: `)], [1, true], key);
  }
  const harmless = {
    "gl": "off",
    "seamless-migration": "off",
    "head": "0",
    "image-compression": "auto_glz",
    "jpeg-wan-compression": "always",
    "zlib-glz-wan-compression": "never",
    "streaming-video": "filter",
    "video-codecs": "spice:mjpeg;gstreamer:mjpeg",
  };
  for (const [key, value] of Object.entries(harmless)) {
    assertEquals(load({ "a.cfg": `${open}${key} = "${value}"` }).warnings, []);
  }
});

Deno.test("video codecs are kept in their order, once each, and what cannot be made is named", () => {
  const codecs = (value: string) =>
    load({ "a.cfg": `${open}video-codecs = "${value}"` }).options.images.videoCodecs;
  assertEquals(codecs("auto"), ["mjpeg"]);
  assertEquals(codecs("gstreamer:mjpeg;spice:mjpeg"), ["mjpeg"]);
  assertEquals(codecs("gstreamer:vp8;spice:mjpeg;ffmpeg:vp8"), ["vp8", "mjpeg"]);
  assertEquals(codecs("ffmpeg:vp9;"), ["vp9"]);
  const able = 'it can do "spice:mjpeg", "ffmpeg:vp8" or "ffmpeg:vp9"';
  for (const pair of ["spice:vp8", "gstreamer:h264", "ffmpeg:h265"]) {
    assertEquals(mistakesOf(`${open}video-codecs = "${pair}"`), [
      `main.cfg:4: video-codecs: "${pair}" is not in this release; ${able}`,
    ]);
  }
  for (const value of ["", "vp8", "ffmpeg:", "x264:vp8", "ffmpeg:vp8:1"]) {
    assertEquals(mistakesOf(`${open}video-codecs = "${value}"`).length, 1, value);
  }
});

Deno.test("settings of pictures, sound and agent are kept", () => {
  const { options } = load({
    "a.cfg": `${open}image-compression = "lz4"\nplayback-compression = "off"
disable-copy-paste = "on"\ndisable-agent-file-xfer = "yes"`,
  });
  assertEquals(options.images.compression, "lz4");
  assertEquals(options.sound.playbackCompression, false);
  assertEquals(options.agent, { mouse: true, copyPaste: false, fileTransfer: false });
});

Deno.test("an unknown key or section is told with the nearest that there is", () => {
  assertEquals(mistakesOf(`${open}tls-chanel = "main"\n[gest]`), [
    'main.cfg:4: [spice] has no key "tls-chanel" (did you mean "tls-channel"?)',
    'main.cfg:5: there is no section [gest] (did you mean "guest"?); there are "spice", "ticket", ' +
    '"sasl", "object", "guest", "web", "limits", "log", "device", "chardev", "audiodev", "usb" or "tunnel"',
  ]);
});

Deno.test("a contradiction is an error with its place", () => {
  const cases = [
    ["[spice]\ndisable-ticketing = on", '1: [spice] needs port = "5930" or tls-port = "5931"'],
    [`${open}tls-channel = "main"`, '4: tls-channel = "main" needs tls-port = "5931"'],
    [`${open}tls-port = "5930"`, "4: port and tls-port are both 5930; they must differ"],
    [`${open}unix = "on"\naddr = "/run/s"`, "2: port and unix exclude each other; remove one"],
    [`${open}addr = "/run/s"`, '4: addr is a path; for a Unix socket say unix = "on" too'],
    [`${open}ipv4 = "on"\naddr = "::1"`, '5: addr "::1" is not what ipv4 = "on" asks for'],
    ['[spice]\nport = "1"', "1: nobody could come in: [spice] needs password"],
    ["[spice]\nunix = on\ndisable-ticketing = on", "2: unix needs the socket's path"],
    [
      `${open}tls-channel = "mian"`,
      '4: tls-channel: no channel is called "mian" (did you mean "main"?)',
    ],
  ];
  for (const [text, said] of cases) {
    const found = mistakesOf(text)[0];
    assertEquals(found.slice(0, said.length + 9), `main.cfg:${said}`);
  }
});

Deno.test("a channel cannot be both tls and plaintext in one file, and a later file decides", () => {
  const files = { "a.cfg": `${secure}port = "5930"\ntls-channel = "main"\n`, ...pki };
  const twice = `${files["a.cfg"]}plaintext-channel = "main"`;
  assertEquals(
    mistakesOf(twice).at(-1),
    'main.cfg:7: "main" is plaintext-channel here and tls-channel at main.cfg:6; remove one',
  );
  const later = '[spice]\nplaintext-channel = "main"\ntls-channel = "default"';
  const { options } = load({ ...files, "b.cfg": later }, { use: ["a.cfg", "b.cfg"] });
  assertEquals(options.channelSecurity, { default: "secure", channels: { main: "plaintext" } });
});

Deno.test("every channel of the protocol can be named in tls-channel", () => {
  const lines = Object.keys(ChannelType).map((name) => `tls-channel = "${name}"\n`);
  const files = { "a.cfg": secure + lines.join(""), ...pki };
  const { options } = load(files, { use: ["a.cfg"] });
  assertEquals(
    Object.keys(options.channelSecurity.channels).toSorted(),
    Object.keys(ChannelType).toSorted(),
  );
});

Deno.test("certificates are looked for under QEMU's names, and a missing one is told", () => {
  const { options } = load({ "a.cfg": secure, ...pki }, { use: ["a.cfg"] });
  assertEquals(options.tls?.caFile, "pki/ca-cert.pem");
  assertEquals(mistakesOf(secure), [
    "main.cfg:4: tls-port needs pki/server-key.pem, which cannot be read; name it by x509-key-file",
    "main.cfg:4: tls-port needs pki/server-cert.pem, which cannot be read; name it by x509-cert-file",
  ]);
  const { warnings } = load({ "a.cfg": `${open}x509-dir = "pki"` });
  assertEquals(warnings, ["a.cfg:4: x509-dir has no effect: there is no tls-port"]);
});

Deno.test("a Unix socket and an IPv6 address are taken as QEMU names them", () => {
  const listenOf = (spice: string) =>
    load({}, { spice: [`disable-ticketing,${spice}`] }).options.listen;
  assertEquals(listenOf("unix,addr=/run/spice.sock").unix, "/run/spice.sock");
  assertObjectMatch(listenOf("port=1,ipv6"), { host: "::1", family: "ipv6" });
  assertObjectMatch(listenOf("port=1,addr=::"), { host: "::", family: "any", port: 1 });
});

Deno.test("a key that stands twice is told, and the later one holds", () => {
  const { options, warnings } = load({ "a.cfg": `${open}port = "5931"` });
  assertEquals(options.listen.port, 5931);
  assertEquals(warnings, ['a.cfg:4: "port" stands again; the one at a.cfg:2 is dropped']);
});

Deno.test("files without [spice] keep the default door, and say so", () => {
  const { options, warnings } = load({ "a.cfg": '[guest]\nname = "mine"' });
  assertEquals(options, {
    ...defaultOptions,
    guest: { driver: "demo", name: "mine", uuid: null, tablet: true },
  });
  assertEquals(warnings, ["no [spice] section: open to everybody on 127.0.0.1, port 5930"]);
});

Deno.test("a replay is read with all its keys, and what does not fit is told", () => {
  const text = `[guest]\ndriver = "replay"\nfile = "o.rec.zst"\npace = "lockstep"
wait-clients = "2"\nafter = "exit"\nuuid = "550e8400-e29b-41d4-a716-446655440000"`;
  const { options } = load({ "a.cfg": text, "o.rec.zst": "" }, { use: ["a.cfg"] });
  assertObjectMatch(options.guest, {
    driver: "replay",
    file: "o.rec.zst",
    pace: "lockstep",
    waitClients: 2,
    loop: false,
    after: "exit",
  });
  assertEquals(options.guest.uuid?.length, 16);
  assertEquals(mistakesOf('[guest]\ndriver = "replay"'), [
    'main.cfg:2: driver = "replay" needs file = "office.rec.zst"',
  ]);
  assertEquals(mistakesOf(`${text}\nloop = "on"`), [
    "main.cfg:3: o.rec.zst cannot be read",
    'main.cfg:6: after = "exit" never comes with loop = "on"; remove one',
  ]);
  assertEquals(mistakesOf('[guest]\nfile = "x.avi"\npace = "fast"'), [
    'main.cfg:2: file: must end in .rec, .rec.zst or .rec.gz, not "x.avi"',
    'main.cfg:3: pace: must be "recorded", "max" or "lockstep", not "fast"',
  ]);
  assertEquals(
    load({ "a.cfg": '[guest]\nloop = "on"' }).warnings[0],
    'a.cfg:2: loop has no effect: it belongs to driver = "replay"',
  );
});

Deno.test("the demo's tablet can be taken away; a recording has none", () => {
  const off = load({ "a.cfg": `${open}[guest]\ntablet = "off"` });
  assertEquals(off.options.guest, { driver: "demo", name: null, uuid: null, tablet: false });
  const text = `${open}[guest]\ndriver = "replay"\nfile = "o.rec"\ntablet = "on"`;
  const { warnings } = load({ "a.cfg": text, "o.rec": "" });
  assertEquals(warnings, ['a.cfg:7: tablet has no effect: it belongs to driver = "demo"']);
});
