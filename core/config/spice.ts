/**
 * `[spice]`: what QEMU's `-spice` can say.
 * Source of truth: qemu ui/spice-core.c, qemu_spice_opts and qemu_spice_init.
 */
import type {
  ApplianceOptions,
  ChannelName,
  ChannelSecurity,
  ChannelSecurityOptions,
  ImageCompression,
  ImageOptions,
  ListenOptions,
  TlsOptions,
  WanCompression,
} from "./options.ts";
import { didYouMean, placeText, type Problems } from "./problems.ts";
import { key, repeatedKey, type Settings } from "./settings.ts";
import { credentialFiles } from "./tls.ts";
import {
  cannot,
  filled,
  listed,
  oneOf,
  oneOfWorking,
  onOff,
  port,
  text,
  videoCodecs,
} from "./values.ts";

const channels: readonly ChannelName[] = [
  "main",
  "display",
  "inputs",
  "cursor",
  "playback",
  "record",
  "tunnel",
  "smartcard",
  "usbredir",
  "port",
  "webdav",
];

const migration = "one appliance has no other to move to";
const noGl = "frames come from a QXL card, not from OpenGL";

/** Every key of `-spice`; those that this release cannot honour say why. */
export const spiceKeys = {
  "port": key(port),
  "tls-port": key(port),
  "addr": key(filled),
  "ipv4": key(onOff),
  "ipv6": key(onOff),
  "unix": key(onOff),
  "password": { read: filled, secret: true },
  "password-secret": key(filled),
  "disable-ticketing": key(onOff),
  "disable-copy-paste": key(onOff),
  "disable-agent-file-xfer": key(onOff),
  "sasl": key(onOff),
  "x509-dir": key(filled),
  "x509-key-file": key(filled),
  "x509-key-password": { read: text, secret: true },
  "x509-cert-file": key(filled),
  "x509-cacert-file": key(filled),
  "x509-dh-key-file": key(cannot("TLS 1.2 and 1.3 here agree on keys by elliptic curves only")),
  "tls-ciphers": key(
    cannot("the ciphers of TLS 1.2 and 1.3 are the runtime's and cannot be chosen"),
  ),
  "tls-channel": repeatedKey(channel),
  "plaintext-channel": repeatedKey(channel),
  "image-compression": key(
    oneOfWorking<ImageCompression>(["auto_glz", "auto_lz", "quic", "glz", "lz", "lz4", "off"], []),
  ),
  "jpeg-wan-compression": key(oneOf<WanCompression>("auto", "always", "never")),
  "zlib-glz-wan-compression": key(oneOf<WanCompression>("auto", "always", "never")),
  "streaming-video": key(oneOf<ImageOptions["streamingVideo"]>("off", "all", "filter")),
  "video-codecs": key(videoCodecs),
  "max-refresh-rate": key(cannot("the guest's rate cannot be bounded in this release")),
  "agent-mouse": key(onOff),
  "playback-compression": key(onOff),
  "seamless-migration": key(cannot(migration, "off", "no", "false", "n")),
  "display": key(cannot("every card of the appliance is shown, there are no displays to choose")),
  "head": key(cannot("every card of the appliance is shown, there are no heads to choose", "0")),
  "gl": key(cannot(noGl, "off", "no", "false", "n")),
  "rendernode": key(cannot(noGl)),
} as const;

export type SpiceSettings = Settings<typeof spiceKeys>;

/** The keys that stand alone on a command line: `disable-ticketing` is `disable-ticketing=on`. */
export function isSpiceFlag(name: string): boolean {
  return Object.hasOwn(spiceKeys, name) &&
    (Object.is(spiceKeys[name as keyof typeof spiceKeys].read, onOff) ||
      ["gl", "seamless-migration"].includes(name));
}

/** Where clients find the appliance. */
export function readListen(spice: SpiceSettings, problems: Problems): ListenOptions {
  const open = { port: spice.get("port") || null, tlsPort: spice.get("tls-port") || null };
  const { port, tlsPort } = open;
  const addr = spice.get("addr");
  const family = readFamily(spice, addr, problems);
  if (spice.get("unix")) {
    if (addr === undefined) {
      problems.error(
        spice.placeOf("unix"),
        `unix needs the socket's path: addr = "/run/spice.sock"`,
      );
    }
    if (port !== null || tlsPort !== null) {
      const which = port !== null ? "port" : "tls-port";
      problems.error(spice.placeOf(which), `${which} and unix exclude each other; remove one`);
    }
    return { host: "127.0.0.1", family: "any", port: null, tlsPort: null, unix: addr ?? null };
  }
  if (port === null && tlsPort === null) {
    problems.error(
      spice.place,
      `[spice] needs port = "5930" or tls-port = "5931" (or unix = "on")`,
    );
  } else if (port === tlsPort) {
    problems.error(
      spice.placeOf("tls-port"),
      `port and tls-port are both ${port}; they must differ`,
    );
  }
  if (addr?.startsWith("/")) {
    problems.error(spice.placeOf("addr"), `addr is a path; for a Unix socket say unix = "on" too`);
  }
  return { host: addr ?? (family === "ipv6" ? "::1" : "127.0.0.1"), family, ...open, unix: null };
}

function readFamily(
  spice: SpiceSettings,
  addr: string | undefined,
  problems: Problems,
): ListenOptions["family"] {
  const [four, six] = [spice.get("ipv4") ?? false, spice.get("ipv6") ?? false];
  if (four === six) return "any";
  const wrong = four ? addr?.includes(":") : /^\d+(\.\d+){3}$/.test(addr ?? "");
  if (wrong) {
    const name = four ? "ipv4" : "ipv6";
    problems.error(spice.placeOf("addr"), `addr "${addr}" is not what ${name} = "on" asks for`);
  }
  return four ? "ipv4" : "ipv6";
}

/** The certificate's files, as far as they are named or stand in x509-dir under QEMU's names. */
export function readTls(
  spice: SpiceSettings,
  readable: (path: string) => boolean,
  problems: Problems,
): TlsOptions | null {
  if (!spice.get("tls-port")) {
    const why = "there is no tls-port";
    spice.unused(
      ["x509-dir", "x509-key-file", "x509-key-password", "x509-cert-file", "x509-cacert-file"],
      why,
      problems,
    );
    return null;
  }
  return credentialFiles(spice, readable, problems);
}

/** `tls-channel` and `plaintext-channel`: what a later file says of a channel holds. */
export function readChannelSecurity(
  spice: SpiceSettings,
  problems: Problems,
): ChannelSecurityOptions {
  const secure = spice.all("tls-channel").map((given) => ({ ...given, key: "tls-channel" }));
  const plain = spice.all("plaintext-channel").map((given) => ({
    ...given,
    key: "plaintext-channel",
  }));
  const said = new Map<string, (typeof secure)[number]>();
  const named: Partial<Record<ChannelName | "default", ChannelSecurity>> = {};
  for (const given of [...secure, ...plain].sort((a, b) => a.order - b.order)) {
    const { value, place, key } = given;
    if (key === "tls-channel" && !spice.get("tls-port")) {
      problems.error(place, `tls-channel = "${value}" needs tls-port = "5931"`);
    }
    if (key === "plaintext-channel" && !spice.get("port") && !spice.get("unix")) {
      problems.error(place, `plaintext-channel = "${value}" needs port = "5930"`);
    }
    const before = said.get(value);
    if (before !== undefined && before.key !== key && before.place.source === place.source) {
      const where = placeText(before.place);
      problems.error(place, `"${value}" is ${key} here and ${before.key} at ${where}; remove one`);
    }
    said.set(value, given);
    named[value] = key === "tls-channel" ? "secure" : "plaintext";
  }
  const { default: usual = "any", ...channels } = named;
  return { default: usual, channels };
}

function channel(value: string): ChannelName | "default" {
  const known = [...channels, "default"] as const;
  const name = known.find((candidate) => candidate === value);
  if (name !== undefined) return name;
  const hint = didYouMean(value, known);
  throw new RangeError(`no channel is called "${value}"${hint}; there are ${listed(known)}`);
}

/** What the rest of `[spice]` says about pictures, sound and the agent. */
export function readConduct(
  spice: SpiceSettings,
): Pick<ApplianceOptions, "images" | "agent" | "sound"> {
  return {
    images: {
      compression: spice.get("image-compression") ?? "auto_glz",
      jpegWan: spice.get("jpeg-wan-compression") ?? "auto",
      zlibGlzWan: spice.get("zlib-glz-wan-compression") ?? "auto",
      streamingVideo: spice.get("streaming-video") ?? "off",
      videoCodecs: spice.get("video-codecs") ?? ["mjpeg"],
    },
    agent: {
      mouse: spice.get("agent-mouse") ?? true,
      copyPaste: !(spice.get("disable-copy-paste") ?? false),
      fileTransfer: !(spice.get("disable-agent-file-xfer") ?? false),
    },
    sound: { playbackCompression: spice.get("playback-compression") ?? true },
  };
}
