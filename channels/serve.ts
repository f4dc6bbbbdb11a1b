/** A guest's channels, and the listeners through which clients come to them. */
import type { Clock } from "../core/clock.ts";
import type { ApplianceOptions, ChannelName } from "../core/config/options.ts";
import { textOf } from "../core/config/reload.ts";
import type { Guest, Pointer } from "../core/guest.ts";
import type { Duplex } from "../core/link/duplex.ts";
import type { HttpHead } from "../core/link/http_head.ts";
import { isKnownHost, isSameMachine } from "../core/link/origin.ts";
import { Sasl } from "../core/link/sasl.ts";
import { Throttle } from "../core/link/throttle.ts";
import { Tickets } from "../core/link/ticket.ts";
import type { WebSocketOptions } from "../core/link/websocket.ts";
import type { Log } from "../core/log.ts";
import type { Metric } from "../core/metrics.ts";
import type { Agent } from "./agent/agent.ts";
import { openAgent } from "./agent/open_agent.ts";
import { openAudio } from "./audiodev/open_audio.ts";
import { CursorService } from "./cursor.ts";
import { Certificates } from "./certificates.ts";
import { chooseCodec } from "./display/choose_codec.ts";
import { Coders } from "./display/coder.ts";
import { FarCoders } from "./display/far_coders.ts";
import { EncoderPool } from "./display/encoder_pool.ts";
import { DisplayHub } from "./display/hub.ts";
import { bansMetric, channelMetrics, clientFacts, tunnelFacts, tunnelMetrics } from "./facts.ts";
import { InputsService } from "./inputs.ts";
import { linkStage, type Opener } from "./link_stage.ts";
import {
  type HttpConnection,
  listen,
  type Listening,
  type OnConnection,
  readTextFile,
} from "./listen.ts";
import { addressesOf, endpoints, portsOf, type PortsTaken } from "./listeners.ts";
import { type Arrival, Lobby } from "./lobby.ts";
import { MainService } from "./main.ts";
import { MmClock } from "./mm_clock.ts";
import { MouseMode } from "./mouse_mode.ts";
import { PlaybackService } from "./playback.ts";
import { RecordService } from "./record.ts";
import { restarting } from "./restarts.ts";
import { openPorts, type PortFacts } from "./ports/open_ports.ts";
import { Sessions } from "./session.ts";
import { type Helper, spawn, spawnCoding } from "./spawn.ts";
import { openTunnels } from "./tunnel/open_tunnels.ts";

/** Encoding threads beyond which more cores are left to the guests. */
const MAX_ENCODERS = 4;

/** What of an appliance's options is about clients. */
export type ServeOptions = Pick<
  ApplianceOptions,
  | "listen"
  | "tickets"
  | "sasl"
  | "tls"
  | "channelSecurity"
  | "images"
  | "agent"
  | "sound"
  | "characterDevices"
  | "ports"
  | "audio"
  | "usb"
  | "tunnels"
  | "limits"
>;

export interface Serving {
  /** `spice://127.0.0.1:5930`, with the ports that were really taken. */
  readonly addresses: readonly string[];
  readonly sessions: Sessions;
  /** What SPICE clients are asked for; null: users of SASL. */
  readonly tickets: Tickets | null;
  /** Slows guessing. */
  readonly throttle: Throttle;
  /** The ports that were really taken. */
  readonly ports: PortsTaken;
  /** Resolves when its workers have read their modules, or failed to: until then pictures are encoded here. */
  readonly ready: Promise<void>;
  /** Takes a stream that came in another way, such as a WebSocket of the console. opener: who it is, if that is known. */
  accept(duplex: Duplex, opener?: Opener): void;
  clients(): ReturnType<typeof clientFacts>;
  tunnels(): ReturnType<typeof tunnelFacts>[];
  portFacts(): PortFacts[];
  metrics(): Metric[];
  /** Takes over what can change while it runs: tickets, users, channel security. Sessions that stand stay. */
  reload(options: ServeOptions): void;
  /** Resolves when every viewer has been sent everything so far. */
  drained(): Promise<void>;
  /** Says goodbye to every client and stops listening. May be called again. */
  close(): Promise<void>;
}

/**
 * Serves a guest. Rejects when a certificate cannot be used or a port not be taken. onHttp: takes
 * what speaks HTTP at the SPICE ports.
 */
export async function serveGuest(
  guest: Guest,
  options: ServeOptions,
  log: Log,
  clock: Clock,
  certificates = new Certificates(readTextFile, clock, log),
  onHttp?: (connection: HttpConnection) => void,
  coding: Helper | null = null,
): Promise<Serving> {
  const chooseFor = chooseCodec(COMPRESSION[options.images.compression], {
    jpeg: options.images.jpegWan,
    zlibGlz: options.images.zlibGlzWan,
  });
  const module = new URL("./display/encode.worker.ts", import.meta.url);
  const idle = options.images.compression === "off" && options.images.streamingVideo === "off";
  const workers = idle ? 0 : navigator.hardwareConcurrency;
  const encoder = new EncoderPool(() => spawn(module), log, clock);
  const mmClock = new MmClock(clock);
  const { streamingVideo: streaming, videoCodecs: codecs } = options.images;
  const feeder = codersWanted(options.images) ? coding ?? startCoding(log) : null;
  const coders = feeder && new Coders(new FarCoders(feeder, log).start, clock, log);
  const hubs = guest.displays.map((display) =>
    new DisplayHub(display, clock, { chooseFor, encoder, streaming, codecs, coders, mmClock })
  );
  const arrivals = new WeakMap<Duplex, Arrival>();
  const openers = new WeakMap<Duplex, Opener>();
  const others = new Lobby();
  const endWorkers = () => {
    encoder[Symbol.dispose]();
    feeder?.close();
  };
  const policy = await linkPolicy(options, clock);
  const sessions: Sessions = new Sessions({
    clock,
    log,
    limits: options.limits,
    random: () => crypto.getRandomValues(new Uint32Array(1))[0],
    link: async (duplex) => {
      const arrival = arrivals.get(duplex);
      try {
        return await linkStage(duplex, {
          ...policy,
          offered: (...asked) => sessions.offered(...asked),
          sessionKnown: (id) => sessions.sessionKnown(id),
          sessionOpener: (id) => sessions.sessionOpener(id),
          deadline: arrival?.deadline,
          vouched: openers.get(duplex),
        });
      } finally {
        arrival?.leave();
      }
    },
  });
  const ports = await openPorts(options, clock, log, guest.portStates).catch((error) => {
    endWorkers();
    throw error;
  });
  const audio = await openAudio(options.audio, options.characterDevices, clock, log)
    .catch((error) => {
      ports.close();
      endWorkers();
      throw error;
    });
  const { tunnels, ...tunnelling } = await openTunnels(options.tunnels, log).catch((error) => {
    ports.close();
    audio?.close();
    endWorkers();
    throw error;
  });
  const { agent, pointer } = openAgent(guest, ports.agent, options.agent, clock, log);
  const main = offerChannels(sessions, guest, hubs, clock, mmClock, agent, pointer);
  sessions.onFreed = ports.onFreed = () => main.channelsChanged();
  sessions.onMissed = (client, channel) => main.channelMissed(client, channel);
  // what the configuration names is heard instead of what the guest has itself
  const sound = audio?.sound ?? guest.sound, microphone = audio?.microphone ?? guest.microphone;
  const { playbackCompression } = options.sound;
  if (sound) sessions.add(new PlaybackService(sound, mmClock, playbackCompression));
  if (microphone) sessions.add(new RecordService(microphone));
  for (const service of ports.services) sessions.add(service);
  if (tunnelling.service) sessions.add(tunnelling.service);
  const close = async () => {
    others.close();
    tunnelling.close();
    await sessions.close();
    ports.close();
    audio?.close();
    for (const { display, videos } of hubs) {
      display.attach(null);
      videos?.reset();
    }
    coders?.[Symbol.dispose]();
    feeder?.close();
    encoder[Symbol.dispose]();
  };
  policy.throttle.bans.onBan = ({ address }) =>
    log.warn("address-banned", { from: address, minutes: sessions.limits.banMinutes });
  const refuses = (address: string) => policy.throttle.banned(address);
  const doors = { certificates, log, onHttp, refuses, allowOrigin: policy.allowOrigin };
  const listening = await openDoors(options, doors, (duplex, arrival) => {
    arrivals.set(duplex, arrival);
    sessions.accept(duplex);
  }).catch(async (error) => {
    await close();
    throw error;
  });
  // Links need no worker. SPEC: Deno 2.9 starts one that a worker asks for 500 ms later than it could.
  const ready = encoder.start(Math.min(workers, MAX_ENCODERS));
  return {
    addresses: addressesOf(listening, options),
    sessions,
    tickets: policy.sasl ? null : policy.tickets,
    throttle: policy.throttle,
    ports: portsOf(listening),
    ready,
    clients: () => clientFacts(sessions),
    tunnels: () => tunnels.map(tunnelFacts),
    portFacts: () => [...ports.facts(), ...audio ? [audio.facts()] : []],
    metrics: () => [
      ...channelMetrics(sessions, hubs, encoder),
      ...tunnelMetrics(tunnels),
      bansMetric(policy.throttle),
    ],
    accept(duplex, opener) {
      if (opener) openers.set(duplex, opener);
      arrivals.set(duplex, others.enter(duplex.remote.address, () => duplex.close()));
      sessions.accept(duplex);
    },
    reload(now) {
      policy.admit(now);
      policy.secure(now);
      policy.ban(now);
      sessions.limits = now.limits;
    },
    drained: async () => void await Promise.all(hubs.map((hub) => hub.drained())),
    async close() {
      listening.close();
      await close();
    },
  };
}

/** Some stream may be made by ffmpeg. */
const codersWanted = ({ streamingVideo, videoCodecs }: ServeOptions["images"]): boolean =>
  streamingVideo !== "off" && videoCodecs.some((codec) => codec !== "mjpeg");

/** null: it may not be started. */
function startCoding(log: Log): Helper | null {
  try {
    return restarting(spawnCoding);
  } catch (error) {
    log.warn("coding-not-started", { error });
    return null;
  }
}

function openDoors(
  options: ServeOptions,
  { certificates, log, onHttp, refuses, allowOrigin }: {
    certificates: Certificates;
    log: Log;
    onHttp?: (connection: HttpConnection) => void;
    refuses: (address: string) => boolean;
    allowOrigin: WebSocketOptions["allowOrigin"];
  },
  onConnection: OnConnection,
): Promise<Listening> {
  const onTrouble = (error: Error) => log.warn("listener-trouble", { error });
  return Promise.try(() => {
    const at = endpoints(options, certificates);
    return listen({ at, webSocket: { allowOrigin }, onTrouble, onHttp, refuses }, onConnection);
  });
}

function offerChannels(
  sessions: Sessions,
  guest: Guest,
  hubs: DisplayHub[],
  clock: Clock,
  mmClock: MmClock,
  agent: Agent,
  pointer: Pointer,
): MainService {
  const mouse = new MouseMode(pointer);
  const channels = sessions.channelsFor.bind(sessions);
  const main = new MainService({ guest, mouse, mmClock, channels, agent });
  sessions.add(main);
  const hands = { keyboard: guest.keyboard, pointer, displays: guest.displays };
  sessions.add(new InputsService(hands, mouse, clock));
  for (const hub of hubs) {
    sessions.add(hub);
    sessions.add(new CursorService(hub.display, (listener) => hub.onCursor(listener), mouse));
  }
  return main;
}

async function linkPolicy(options: ServeOptions, clock: Clock) {
  const now = () => clock.now();
  const tickets = new Tickets({ now });
  let security = options.channelSecurity;
  let told: Pick<ServeOptions, "tickets" | "sasl"> | null = null;
  const admitTickets = ({ disabled, password, expires }: ServeOptions["tickets"]) => {
    tickets.required = !disabled;
    const seconds = expires === null
      ? Infinity
      : expires instanceof Date
      ? Math.max(0, (expires.getTime() - Date.now()) / 1000)
      : expires.seconds;
    if (password === null) tickets.clear();
    else tickets.setTicket(password, seconds);
  };
  const policy = {
    tickets,
    sasl: undefined as Sasl | undefined,
    throttle: new Throttle({ now }),
    sleep: (ms: number) => new Promise<void>((wake) => clock.after(ms, wake)),
    channelSecurity: (name: string) => security.channels[name as ChannelName] ?? security.default,
    /** INVARIANT: where SPICE asks for nothing, no page of a stranger gets in through a person's browser. */
    allowOrigin(origin: string | undefined, { headers }: HttpHead): boolean {
      if (origin === undefined || policy.sasl || tickets.required) return true;
      return isSameMachine(headers) && isKnownHost(headers, []);
    },
    /** Who may come in from now on. What is as it was told last stays as it became since. */
    admit({ tickets, sasl }: ServeOptions): void {
      if (textOf(tickets) !== textOf(told?.tickets)) admitTickets(tickets);
      if (told === null || textOf(sasl) !== textOf(told.sasl)) {
        const users = sasl?.users.map(({ name, secret }) =>
          [name, "scram" in secret ? secret.scram : secret] as const
        );
        const { hashes } = policy.throttle;
        policy.sasl = users && new Sasl({ users: new Map(users), hashes });
      }
      told = { tickets, sasl };
    },
    /** When addresses are banned from now on. */
    ban({ limits: { banFailures: failures, banMinutes: minutes } }: ServeOptions): void {
      policy.throttle.bans.rule = failures === null ? null : { failures, minutes };
    },
    /** What must be inside TLS from now on. */
    secure({ channelSecurity }: ServeOptions): void {
      security = channelSecurity;
    },
  };
  policy.admit(options);
  policy.ban(options);
  await tickets.keys.prepare();
  return policy;
}

/** The setting under the name that it has in the protocol; a client's own preference may replace it. */
const COMPRESSION = {
  off: "off",
  auto_glz: "autoGlz",
  auto_lz: "autoLz",
  quic: "quic",
  glz: "glz",
  lz: "lz",
  lz4: "lz4",
} as const;
