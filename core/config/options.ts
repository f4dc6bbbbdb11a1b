/**
 * Everything that can be said about an appliance before it runs: what a configuration file becomes,
 * and what `createAppliance` takes. Plain data, so that a program can write it without a file.
 */

/** All settings of one appliance. */
export interface ApplianceOptions {
  /** Where clients find it. */
  listen: ListenOptions;
  /** The password that clients give, once for a session. */
  tickets: TicketOptions;
  /** User names and passwords instead of tickets; null: tickets. */
  sasl: SaslOptions | null;
  /** The certificate of the TLS port; null: there is no TLS port. */
  tls: TlsOptions | null;
  /** Which channels must, may or may not be inside TLS. */
  channelSecurity: ChannelSecurityOptions;
  /** How pictures travel. */
  images: ImageOptions;
  /** What the guest's agent and the client may do with each other. */
  agent: AgentOptions;
  /** How sound travels. */
  sound: SoundOptions;
  /** The console for browsers; null: none. */
  web: WebOptions | null;
  /** What is told to the person who runs it. */
  log: LogSettings;
  /** How much clients may take. */
  limits: LimitOptions;
  /** Who fills the screens. */
  guest: GuestOptions;
  /** The graphics cards, at least one: each is a display channel of that index. */
  cards: readonly CardOptions[];
  /** The host's ends of the guest's serial ports. */
  characterDevices: readonly CharacterDevice[];
  /** The guest's ends: serial ports, USB devices, a card reader. */
  ports: readonly PortOptions[];
  /** Sound that does not come with the guest's screen; null: that which does, where it does. */
  audio: AudioDeviceOptions | null;
  /** Where USB devices are taken without SPICE. */
  usb: readonly UsbListenOptions[];
  /** Sockets here that come out in the network of a client that agrees. */
  tunnels: readonly TunnelOptions[];
}

/** The sockets that take clients. At least one of the ports, or the Unix socket, is there. */
export interface ListenOptions {
  /** An IP address, or a host name: QEMU's `addr`. Not used by a Unix socket. */
  host: string;
  /** Which addresses of the host are taken. */
  family: "any" | "ipv4" | "ipv6";
  /** TCP port for plain connections; 0: any free one; null: none. */
  port: number | null;
  /** TCP port for TLS; 0: any free one; null: none. */
  tlsPort: number | null;
  /** Path of a Unix socket; a leading "@" is the abstract name space; null: none. */
  unix: string | null;
}

/** The console for browsers: a page with a SPICE client, SPICE over WebSocket, and an API. */
export interface WebOptions {
  /** An IP address, or a host name. Not used by a Unix socket. */
  host: string;
  /** TCP port for plain HTTP; 0: any free one; null: none. */
  port: number | null;
  /** TCP port for HTTPS; 0: any free one; null: none. */
  tlsPort: number | null;
  /** Path of a Unix socket, instead of ports; null: none. */
  unix: string | null;
  /** The certificate of `tlsPort`. */
  tls: TlsOptions | null;
  /** The appliance does not start when the port is taken; otherwise it does, without the console. */
  required: boolean;
  /** Everything is below this path: `/vm1`; "": the root. */
  path: string;
  /** The machine's names, for consoles that open without a login; addresses and localhost are always right. */
  names: readonly string[];
  /** Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed: `10.0.0.0/8`; `unix`. */
  trustedProxies: readonly string[];
  /** Who may log in, besides whoever knows the ticket. */
  users: readonly WebUser[];
  /** Programs that may use the API. */
  tokens: readonly WebToken[];
  /** A login that is not used ends after so long. */
  idleMinutes: number;
  /** Every login ends after so long. */
  sessionHours: number;
}

/** viewer: looks. operator: types, points, presses the power button. admin: tickets, other people's sessions. */
export type WebRole = "viewer" | "operator" | "admin";

/** Somebody who may log in at the console. */
export interface WebUser {
  /** As it is typed. */
  name: string;
  /** What they may do. */
  role: WebRole;
  /** What is kept of the password. */
  scram: ScramSecret;
}

/** A program that shows a token: `Authorization: Bearer …`. */
export interface WebToken {
  /** What logs call it. */
  name: string;
  /** What it may do. */
  role: WebRole;
  /** 32 bytes: SHA-256 of the token. */
  sha256: Uint8Array;
}

/** SPICE's own authentication. */
export interface TicketOptions {
  /** `disable-ticketing`: everybody may come in. */
  disabled: boolean;
  /** At most 60 bytes of UTF-8; null: nobody can come in while ticketing is on. */
  password: string | null;
  /** When the password stops to open new sessions, or how long after it is set; null: never. */
  expires: Date | { seconds: number } | null;
}

/** SASL authentication: PLAIN and SCRAM-SHA-256, inside TLS or on a Unix socket. */
export interface SaslOptions {
  /** At least one; names differ. */
  users: readonly SaslUser[];
}

/** Somebody who may come in. */
export interface SaslUser {
  /** As the client types it. */
  name: string;
  /** The password itself, or what RFC 5803 lets a server keep instead of it. */
  secret: { password: string } | { scram: ScramSecret };
}

/** What a server must know to check SCRAM-SHA-256 (RFC 5802, 7677); it cannot be used to log in. */
export interface ScramSecret {
  /** Rounds of PBKDF2, 4096 or more. */
  iterations: number;
  /** Random bytes of this user. */
  salt: Uint8Array;
  /** 32 bytes: SHA-256 of the client key. */
  storedKey: Uint8Array;
  /** 32 bytes: the server key. */
  serverKey: Uint8Array;
}

/** Files in PEM, as the `x509-` keys name them. */
export interface TlsOptions {
  /** The private key: PKCS #8, PKCS #1 or SEC 1. */
  keyFile: string;
  /** Opens an encrypted key file; null: it is not encrypted. */
  keyPassword: string | null;
  /** The server's certificate, and those between it and the authority's. */
  certFile: string;
  /** The authority's certificate, sent along with the server's; null: it is not sent. */
  caFile: string | null;
}

/** The names that `tls-channel` and `plaintext-channel` know, which are spice.proto's. */
export type ChannelName =
  | "main"
  | "display"
  | "inputs"
  | "cursor"
  | "playback"
  | "record"
  | "tunnel"
  | "smartcard"
  | "usbredir"
  | "port"
  | "webdav";

/** any: as the client likes. secure: only inside TLS. plaintext: only outside. */
export type ChannelSecurity = "any" | "secure" | "plaintext";

/** Security of the channels: `tls-channel` and `plaintext-channel`. */
export interface ChannelSecurityOptions {
  /** For channels that are not named. */
  default: ChannelSecurity;
  /** For the channels that are. */
  channels: Readonly<Partial<Record<ChannelName, ChannelSecurity>>>;
}

/** What QEMU's `image-compression` can say, and libspice-server's lz4 that QEMU forgot. */
export type ImageCompression = "auto_glz" | "auto_lz" | "quic" | "glz" | "lz" | "lz4" | "off";

/** What moving areas can be encoded as. All but `mjpeg` are made by the program ffmpeg. */
export type VideoCodec = "mjpeg" | "vp8" | "vp9";

/** When slow links get a heavier compression. */
export type WanCompression = "auto" | "never" | "always";

/** How pictures are sent. */
export interface ImageOptions {
  /** `auto_glz` and `auto_lz`: the appliance chooses among what it and the client know. */
  compression: ImageCompression;
  /** Lossy JPEG on slow links. */
  jpegWan: WanCompression;
  /** Deflate on top of GLZ on slow links. */
  zlibGlzWan: WanCompression;
  /** Which moving areas become video. */
  streamingVideo: "off" | "all" | "filter";
  /** As what, the dearest first. MJPEG is what remains where none of them can be had. */
  videoCodecs: readonly VideoCodec[];
}

/** What passes between the client and the guest's agent. */
export interface AgentOptions {
  /** The agent may place the pointer, so client mouse mode needs no tablet. */
  mouse: boolean;
  /** The clipboards are joined. */
  copyPaste: boolean;
  /** Files may be dropped into the guest. */
  fileTransfer: boolean;
}

/** How sound is sent. */
export interface SoundOptions {
  /** Playback may be compressed. */
  playbackCompression: boolean;
}

/** What the log is told. */
export interface LogSettings {
  /** Events below it are dropped; null: what the command line says. */
  level: "debug" | "info" | "warn" | "error" | null;
}

/** How much clients may take. */
export interface LimitOptions {
  /** So many at once; the next is refused. */
  clients: number;
  /** So many at once from one address; null: no less than in all. */
  clientsPerAddress: number | null;
  /** A session that lasts longer is ended; null: none is. */
  sessionMinutes: number | null;
  /** A session in which nobody types or points for so long is ended; null: none is. */
  idleMinutes: number | null;
  /** An address from which so many logins failed within `banMinutes` is banned for as long; null: none is. */
  banFailures: number | null;
  /** How long a ban lasts. */
  banMinutes: number;
  /** 1000 bits a second for each client, in each direction; null: as many as go. */
  clientKbits: number | null;
  /** The same, for all clients together. */
  totalKbits: number | null;
}

/** What fills the screens. */
export type GuestOptions = DemoGuest | ReplayGuest | RemoteGuest | X11Guest;

/** What every guest has. */
export interface GuestIdentity {
  /** Shown in the client's title bar; null: the driver's own name. */
  name: string | null;
  /** 16 bytes; null: none is sent. */
  uuid: Uint8Array | null;
}

/** A small live desktop. */
export interface DemoGuest extends GuestIdentity {
  /** Tells the guests apart. */
  driver: "demo";
  /** Takes absolute positions, so that clients may draw the pointer; false: a mouse that only moves. */
  tablet: boolean;
}

/** A recorded command stream of a QXL card. */
export interface ReplayGuest extends GuestIdentity {
  /** Tells the guests apart. */
  driver: "replay";
  /** What libspice-server's SPICE_WORKER_RECORD_FILENAME wrote: .rec, .rec.zst or .rec.gz. */
  file: string;
  /** recorded: as it was. max: as fast as taken. lockstep: the next command when every client has been sent the last. */
  pace: "recorded" | "max" | "lockstep";
  /** Begins when so many clients have their display channel up. */
  waitClients: number;
  /** Begins again at the end. */
  loop: boolean;
  /** At the end, when every client has been sent everything: stay up, or end the appliance. */
  after: "stay" | "exit";
}

/** Where somebody listens: a Unix socket's path, or a TCP address. */
export type SocketAddress = { path: string } | { host: string; port: number };

/** A machine elsewhere: a QEMU that knows nothing of SPICE, or any other RFB (VNC) server. */
export interface RemoteGuest extends GuestIdentity {
  /** Tells the guests apart. qemu: may have a monitor, and sound. */
  driver: "qemu" | "rfb";
  /** RFB servers, one for each screen; at least one. */
  vnc: readonly SocketAddress[];
  /** QEMU's monitor; null: none. */
  qmp: SocketAddress | null;
  /** Said inside TLS only; null: none. */
  username: string | null;
  /** What the server asks for; null: it lets everybody in. */
  password: string | null;
  /** The server must use TLS and prove who it is; null: it does not use TLS. */
  tls: RemoteTls | null;
  /** What the guest plays is listened to. */
  audio: boolean;
}

/** How a server proves who it is. */
export interface RemoteTls {
  /** PEM: the authorities that are believed. */
  caFile: string;
  /** The name in its certificate; null: the host that is connected to, or any behind a Unix socket. */
  hostName: string | null;
}

/** An X display. */
export interface X11Guest extends GuestIdentity {
  /** Tells the guests apart. */
  driver: "x11";
  /** `:5` or `host:5`, where an X server is already; null: an Xvfb of our own. */
  display: string | null;
  /** A file with what lets into `display`, as xauth(1) writes it; null: nothing is needed. */
  xauthority: string | null;
  /** What /bin/sh runs on an X server of our own: the session; null: nothing, others connect to it. */
  command: string | null;
  /** Variables of ours that the session does not get: the configuration has secrets in them. */
  withheld?: readonly string[];
  /** Of an X server of our own, until a client wishes for another, in pixels. */
  width: number;
  /** The same, in pixels. */
  height: number;
  /** A folder that is not there yet, for what an X server of our own shares with us alone. */
  folder: string;
  /** The number of an X server of our own: of those, nobody else is likely to have it. */
  number: number;
}

/** One QXL card, as QEMU's device properties describe it. Sizes are powers of two. */
export interface CardOptions {
  /** The section's name, for logs: `video0`. */
  id: string;
  /** qxl-vga: PCI class 0x0300. qxl: 0x0380, for further heads. */
  model: "qxl-vga" | "qxl";
  /** BAR 0: frame buffer, commands and ring: at least twice `vgamemBytes`. */
  ramBytes: number;
  /** BAR 1: surfaces: at least 4096. */
  vramBytes: number;
  /** The part of BAR 0 that a primary surface may fill: 8 to 256 MiB. */
  vgamemBytes: number;
  /** Heads that the guest may arrange on this card; 0: as many as the protocol has. */
  maxOutputs: number;
  /** Width that the card's EDID prefers, in pixels; 0: the guest's choice. */
  xres: number;
  /** Height that the card's EDID prefers, in pixels; 0: the guest's choice. */
  yres: number;
  /** The PCI revision, 1 to 5: what a driver believes that the card can do. */
  revision: number;
  /** Off-screen surfaces that the guest may have. */
  surfaces: number;
}

/** QEMU's chardev: where the bytes of a serial port go on the host's side. */
export type CharacterDevice = SpiceCharacterDevice | SocketCharacterDevice | PipeCharacterDevice;

/** Bytes that go into a SPICE channel. */
export interface SpiceCharacterDevice {
  /** What serial ports call it by. */
  id: string;
  /** spicevmc: a channel of its own kind. spiceport: a named port channel. */
  backend: "spicevmc" | "spiceport";
  /** spicevmc: vdagent, usbredir, smartcard. spiceport: any name, as `org.spice-space.webdav.0`. */
  name: string;
}

/** Bytes that go into a socket of the host. */
export interface SocketCharacterDevice {
  /** What serial ports call it by. */
  id: string;
  /** Tells the kinds apart. */
  backend: "socket";
  /** Where it is. */
  address: SocketAddress;
  /** Listens, instead of connecting. */
  server: boolean;
  /** At most so long it waits before it connects again; 0: it does not. Nothing for a server. */
  reconnectSeconds: number;
}

/** Bytes that others write into a named pipe of the host. */
export interface PipeCharacterDevice {
  /** What devices call it by. */
  id: string;
  /** Tells the kinds apart. */
  backend: "pipe";
  /** Where it is. */
  path: string;
}

/** Sound that does not come with the guest's screen. */
export type AudioDeviceOptions = PcmAudioOptions | PulseAudioOptions;

/** Samples as they are, signed 16 bits, little-endian, interleaved. */
export interface PcmAudioOptions {
  /** What the console calls it. */
  id: string;
  /** Tells the kinds apart. */
  driver: "pcm";
  /** The id of the CharacterDevice that they go through. */
  chardev: string;
  /** What the guest plays. */
  output: PcmOptions;
  /** What the guest listens to; null: it does not. */
  input: PcmOptions | null;
}

/** A PulseAudio server, or PipeWire's. */
export interface PulseAudioOptions {
  /** What the console calls it. */
  id: string;
  /** Tells the kinds apart. */
  driver: "pa";
  /** Where it listens. */
  server: SocketAddress;
  /** What lets into it: the file of 256 bytes; null: the server lets its own user in. */
  cookieFile: string | null;
  /** What is played into this sink is heard; null: into the default one. */
  sink: string | null;
  /** The microphone is played into this sink, for programs that record from its monitor; null: there is none. */
  ear: string | null;
}

/** How samples follow one another. */
export interface PcmOptions {
  /** Frames a second. */
  frequency: number;
  /** Samples of a frame. */
  channels: 1 | 2;
}

/** A stream of bytes into the guest, by the device that the guest sees. */
export interface PortOptions {
  /** virtserialport by its name, usb-redir, ccid-card-passthru. */
  kind: "agent" | "webdav" | "port" | "usbredir" | "smartcard";
  /** What the guest looks for (`com.redhat.spice.0` is the agent's), or the section's name. */
  name: string;
  /** The id of its CharacterDevice. */
  chardev: string;
  /** usbredir: which devices may be redirected; null: all. */
  filter: readonly UsbFilterRule[] | null;
}

/** One rule of a USB filter; null: any. The first rule that fits decides; when none does, the device is refused. */
export interface UsbFilterRule {
  /** Of the device, or of each of its interfaces. */
  deviceClass: number | null;
  /** The maker's number. */
  vendor: number | null;
  /** The maker's number of the product. */
  product: number | null;
  /** In BCD: 0x0110 is 1.10. */
  version: number | null;
  /** Whether such a device may be redirected. */
  allow: boolean;
}

/** Sockets that take USB devices from `usbredirect`, without SPICE. */
export interface UsbListenOptions {
  /** Where they listen. */
  listen: readonly SocketAddress[];
  /** The sockets of QEMU's usb-redir devices; none: those of `ports` that no client uses. */
  chardevs: readonly string[];
  /** Which devices are taken; null: all. */
  filter: readonly UsbFilterRule[] | null;
}

/** A socket here whose connections a client carries into its own network. */
export interface TunnelOptions {
  /** What clients call it, and the section: `printer`. */
  name: string;
  /** Where it listens here. */
  listen: SocketAddress;
  /** What the client connects to; the client must allow exactly this. */
  target: { host: string; port: number };
}

const MiB = 1 << 20;

/** A card as QEMU makes it when nothing is said: 64 MiB each, revision 5. */
export const defaultCard: CardOptions = {
  id: "video0",
  model: "qxl-vga",
  ramBytes: 64 * MiB,
  vramBytes: 64 * MiB,
  vgamemBytes: 16 * MiB,
  maxOutputs: 0,
  xres: 0,
  yres: 0,
  revision: 5,
  surfaces: 1024,
};

/** Where the console is when nothing is said: on this machine only. */
export const defaultWeb: WebOptions = {
  host: "127.0.0.1",
  port: 5980,
  tlsPort: null,
  unix: null,
  tls: null,
  required: false,
  path: "",
  names: [],
  trustedProxies: [],
  users: [],
  tokens: [],
  idleMinutes: 60,
  sessionHours: 12,
};

/** Bounds that are there when nothing is said. */
export const defaultLimits: LimitOptions = {
  clients: 16,
  clientsPerAddress: null,
  sessionMinutes: null,
  idleMinutes: null,
  banFailures: null,
  banMinutes: 15,
  clientKbits: null,
  totalKbits: null,
};

/** What a stranger gets: the demo desktop, on this machine only, open to whoever is on it. */
export const defaultOptions: ApplianceOptions = {
  listen: { host: "127.0.0.1", family: "any", port: 5930, tlsPort: null, unix: null },
  tickets: { disabled: true, password: null, expires: null },
  sasl: null,
  tls: null,
  channelSecurity: { default: "any", channels: {} },
  images: {
    compression: "auto_glz",
    jpegWan: "auto",
    zlibGlzWan: "auto",
    streamingVideo: "off",
    videoCodecs: ["mjpeg"],
  },
  agent: { mouse: true, copyPaste: true, fileTransfer: true },
  sound: { playbackCompression: true },
  web: defaultWeb,
  log: { level: null },
  limits: defaultLimits,
  guest: { driver: "demo", name: null, uuid: null, tablet: true },
  cards: [defaultCard],
  characterDevices: [],
  audio: null,
  ports: [],
  usb: [],
  tunnels: [],
};
