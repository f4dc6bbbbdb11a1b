/** Options as a person reads them: a configuration file that says the same, without its secrets. */
import type {
  ApplianceOptions,
  AudioDeviceOptions,
  CardOptions,
  CharacterDevice,
  PcmOptions,
  PortOptions,
} from "./options.ts";
import { address, type Permission } from "./permissions.ts";
import { socketAddressText } from "./remote_guest.ts";
import { usbFilterText } from "./usb_filter.ts";
import { videoCodecsText } from "./values.ts";

type Line = readonly [key: string, value: string | number | boolean | null];

/** The effective settings in the dialect of a configuration file. A setting that is not there is a comment. */
export function describeOptions(options: ApplianceOptions): string {
  const { listen, tickets, tls, channelSecurity, images, agent, sound, sasl } = options;
  const channels = Object.entries(channelSecurity.channels).map(([name, security]): Line => [
    security === "secure" ? "tls-channel" : "plaintext-channel",
    name,
  ]);
  const usual: Line[] = channelSecurity.default === "any"
    ? []
    : [[channelSecurity.default === "secure" ? "tls-channel" : "plaintext-channel", "default"]];
  const sections = [
    section("[spice]", [
      ["addr", listen.unix ?? listen.host],
      ["unix", listen.unix !== null],
      ["ipv4", listen.family === "ipv4"],
      ["ipv6", listen.family === "ipv6"],
      ["port", listen.port],
      ["tls-port", listen.tlsPort],
      ["x509-key-file", tls?.keyFile ?? null],
      ["x509-key-password", hidden(tls?.keyPassword ?? null)],
      ["x509-cert-file", tls?.certFile ?? null],
      ["x509-cacert-file", tls?.caFile ?? null],
      ...usual,
      ...channels,
      ["disable-ticketing", tickets.disabled],
      ["password", hidden(tickets.password)],
      ["sasl", sasl !== null],
      ["image-compression", images.compression],
      ["jpeg-wan-compression", images.jpegWan],
      ["zlib-glz-wan-compression", images.zlibGlzWan],
      ["streaming-video", images.streamingVideo],
      ["video-codecs", videoCodecsText(images.videoCodecs)],
      ["agent-mouse", agent.mouse],
      ["disable-copy-paste", !agent.copyPaste],
      ["disable-agent-file-xfer", !agent.fileTransfer],
      ["playback-compression", sound.playbackCompression],
    ]),
    section("[ticket]", [["expires", expiryText(tickets.expires)]]),
    section("[sasl]", (sasl?.users ?? []).map(({ name }): Line => ["user", `${name}:***`])),
    section("[guest]", guestLines(options)),
    section("[web]", webLines(options)),
    section("[limits]", limitLines(options)),
    section("[log]", options.log.level === null ? [] : [["level", options.log.level]]),
    ...options.cards.map(describeCard),
    ...options.characterDevices.map(describeChardev),
    ...options.ports.map(describePort),
    ...options.audio ? [describeAudio(options.audio)] : [],
    ...options.usb.map(({ listen, chardevs, filter }, i) =>
      section(`[usb "${i}"]`, [
        ...listen.map((at): Line => ["listen", socketAddressText(at)]),
        ...chardevs.map((id): Line => ["chardev", id]),
        ...filter ? [["filter", usbFilterText(filter)] as Line] : [],
      ])
    ),
    ...options.tunnels.map(({ name, listen, target }) =>
      section(`[tunnel "${name}"]`, [
        ["listen", socketAddressText(listen)],
        ["target", socketAddressText(target)],
      ])
    ),
  ];
  return sections.filter((text) => text !== "").join("\n");
}

/** The table of permissions as lines of one width. */
export function describePermissions(table: readonly Permission[]): string {
  const rows = table.map(({ name, target, why, until, by }) => [
    name,
    target,
    why,
    until === "start"
      ? "dropped after start"
      : by === "coding"
      ? "kept by a thread that may nothing else"
      : "kept",
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    `# ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()}\n`
  ).join("");
}

/** What a client is started with: `remote-viewer spice://127.0.0.1:5930`. */
export function clientAddresses({ listen }: ApplianceOptions): string[] {
  if (listen.unix !== null) return [`spice+unix://${listen.unix}`];
  const host = { "0.0.0.0": "127.0.0.1", "::": "::1" }[listen.host] ?? listen.host;
  return [
    ...listen.port === null ? [] : [`spice://${address(host, listen.port)}`],
    ...listen.tlsPort === null ? [] : [`spice+tls://${address(host, listen.tlsPort)}`],
  ];
}

function expiryText(expires: ApplianceOptions["tickets"]["expires"]): string {
  if (expires === null) return "never";
  return expires instanceof Date ? expires.toISOString() : `+${expires.seconds}`;
}

function limitLines({ limits }: ApplianceOptions): Line[] {
  return [
    ["clients", limits.clients],
    ["clients-per-address", limits.clientsPerAddress],
    ["session-minutes", limits.sessionMinutes],
    ["idle-minutes", limits.idleMinutes],
    ["ban-failures", limits.banFailures],
    ["ban-minutes", limits.banMinutes],
    ["client-kbits", limits.clientKbits],
    ["total-kbits", limits.totalKbits],
  ];
}

function webLines({ web }: ApplianceOptions): Line[] {
  if (web === null) return [["enabled", false]];
  // to name the usual place would mean that it must be to be had
  if (!web.required) return [];
  const { tls } = web;
  const place: Line[] = web.unix !== null ? [["addr", web.unix], ["unix", true]] : [
    ["addr", web.host],
    ["port", web.port],
    ["tls-port", web.tlsPort],
  ];
  const files: Line[] = tls === null ? [] : [
    ["x509-key-file", tls.keyFile],
    ["x509-key-password", hidden(tls.keyPassword)],
    ["x509-cert-file", tls.certFile],
    ["x509-cacert-file", tls.caFile],
  ];
  return [
    ...place,
    ...files,
    ["path", web.path || "/"],
    ...web.names.map((name): Line => ["name", name]),
    ...web.trustedProxies.length === 0
      ? []
      : [["trusted-proxies", web.trustedProxies.join(", ")] as Line],
    ...web.users.map(({ name, role }): Line => ["user", `${name}:${role}:***`]),
    ...web.tokens.map(({ name, role }): Line => ["token", `${name}:${role}:***`]),
    ["idle-minutes", web.idleMinutes],
    ["session-hours", web.sessionHours],
  ];
}

function guestLines({ guest }: ApplianceOptions): Line[] {
  const hex = guest.uuid?.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-") ?? null;
  const identity: Line[] = [["driver", guest.driver], ["name", guest.name], ["uuid", hex]];
  if (guest.driver === "demo") return [...identity, ["tablet", guest.tablet]];
  if (guest.driver === "x11") {
    const { display, xauthority, command, width, height } = guest;
    const own: Line[] = display === null
      ? [["command", command], ["size", `${width}x${height}`]]
      : [];
    return [...identity, ["display", display], ["xauthority", xauthority], ...own];
  }
  if (guest.driver !== "replay") {
    return [
      ...identity,
      ...guest.vnc.map((address): Line => ["vnc", socketAddressText(address)]),
      ["qmp", guest.qmp && socketAddressText(guest.qmp)],
      ["username", guest.username],
      ["password-secret", hidden(guest.password)],
      ["tls-ca-file", guest.tls?.caFile ?? null],
      ["tls-hostname", guest.tls?.hostName ?? null],
      ["audio", guest.audio],
    ];
  }
  const { file, pace, waitClients, loop, after } = guest;
  return [
    ...identity,
    ["file", file],
    ["pace", pace],
    ["wait-clients", waitClients],
    ["loop", loop],
    ["after", after],
  ];
}

function describeCard(card: CardOptions): string {
  return section(`[device "${card.id}"]`, [
    ["driver", card.model],
    ["ram_size", card.ramBytes],
    ["vram_size", card.vramBytes],
    ["vgamem", card.vgamemBytes],
    ["max_outputs", card.maxOutputs],
    ["xres", card.xres],
    ["yres", card.yres],
    ["revision", card.revision],
    ["surfaces", card.surfaces],
  ]);
}

function describeChardev(device: CharacterDevice): string {
  const head = `[chardev "${device.id}"]`;
  if (device.backend === "pipe") {
    return section(head, [["backend", "pipe"], ["path", device.path]]);
  }
  if (device.backend !== "socket") {
    return section(head, [["backend", device.backend], ["name", device.name]]);
  }
  const { address, server, reconnectSeconds } = device;
  const where: Line[] = "path" in address
    ? [["path", address.path]]
    : [["host", address.host], ["port", address.port]];
  const again: Line[] = server ? [] : [["reconnect", reconnectSeconds]];
  return section(head, [["backend", "socket"], ...where, ["server", server], ...again]);
}

function describeAudio(audio: AudioDeviceOptions): string {
  const head = `[audiodev "${audio.id}"]`;
  if (audio.driver === "pa") {
    const { driver, server, cookieFile, sink, ear } = audio;
    return section(head, [
      ["driver", driver],
      ["server", socketAddressText(server)],
      ["cookie", cookieFile],
      ["out.name", sink],
      ["microphone", ear !== null],
      ...ear === null ? [] : [["in.name", ear] as Line],
    ]);
  }
  const lines = (direction: "out" | "in", { frequency, channels }: PcmOptions): Line[] => [
    [`${direction}.frequency`, frequency],
    [`${direction}.channels`, channels],
  ];
  const { driver, chardev, output, input } = audio;
  return section(head, [
    ["driver", driver],
    ["chardev", chardev],
    ...lines("out", output),
    ["microphone", input !== null],
    ...input ? lines("in", input) : [],
  ]);
}

function describePort({ kind, name, chardev, filter }: PortOptions): string {
  if (kind === "usbredir" || kind === "smartcard") {
    const driver = kind === "usbredir" ? "usb-redir" : "ccid-card-passthru";
    const lines: Line[] = [["driver", driver], ["chardev", chardev]];
    if (filter) lines.push(["filter", usbFilterText(filter)]);
    return section(`[device "${name}"]`, lines);
  }
  return section("[device]", [["driver", "virtserialport"], ["name", name], ["chardev", chardev]]);
}

function section(head: string, lines: readonly Line[]): string {
  if (lines.length === 0) return "";
  return `${head}\n${lines.map(line).join("")}`;
}

function line([key, value]: Line): string {
  if (value === null) return `  # ${key}: none\n`;
  const shown = typeof value === "boolean" ? (value ? "on" : "off") : `${value}`;
  return `  ${key} = "${shown}"\n`;
}

function hidden(secret: string | null): string | null {
  return secret === null ? null : "***";
}
