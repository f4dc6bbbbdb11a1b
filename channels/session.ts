/** All clients of one guest: links become channels, channels join their client, and both end here. */
import type { Cancel, Clock } from "../core/clock.ts";
import { defaultLimits, type LimitOptions } from "../core/config/options.ts";
import type { Duplex } from "../core/link/duplex.ts";
import { LinkRefused } from "../core/link/handshake.ts";
import { limited, Rate, type Rates } from "../core/link/rate.ts";
import type { Log } from "../core/log.ts";
import type { Capabilities } from "../core/protocol/capabilities.ts";
import { ChannelType } from "../core/protocol/link.ts";
import type { ChannelId } from "../core/protocol/main.ts";
import { Client } from "./client.ts";
import { watch } from "./limits.ts";
import type { Linked, LinkPolicy, Opener } from "./link_stage.ts";
import { OpenChannel } from "./open_channel.ts";
import type { Service } from "./service.ts";
import { add, Traffic } from "./traffic.ts";

/** Without these a client shows or does nothing: when one goes, the client goes. */
const VITAL: ReadonlySet<number> = new Set([
  ChannelType.main,
  ChannelType.display,
  ChannelType.inputs,
]);

/** What who only looks may have; `inputs` because clients want one, and nothing comes of it. */
const FOR_VIEWERS: ReadonlySet<number> = new Set([
  ChannelType.main,
  ChannelType.display,
  ChannelType.inputs,
  ChannelType.cursor,
  ChannelType.playback,
]);

export interface SessionsOptions {
  /** Takes a stream through the link stage; rejects, with the stream closed, when it does not get there. */
  readonly link: (duplex: Duplex) => Promise<Linked>;
  readonly clock: Clock;
  readonly log: Log;
  /** A random u32. */
  readonly random: () => number;
  readonly limits?: LimitOptions;
}

/**
 * The clients of one guest. Several may be there at once; nobody is thrown out for a newcomer.
 * It answers the questions of the link stage: `offered`, `sessionKnown`, `sessionOpener`.
 */
export class Sessions
  implements Pick<LinkPolicy, "offered" | "sessionKnown" | "sessionOpener">, AsyncDisposable {
  readonly #options: SessionsOptions;
  readonly #services = new Map<number, Service>();
  readonly #clients = new Map<number, Client>();
  readonly #owners = new Map<Service, Client>();
  readonly #linking = new Set<Duplex>();
  readonly #open = new Set<Open>();
  /** Of channels that ended. */
  readonly #before = new Traffic();
  /** Links that were refused, by the code that the client heard; "broken": it left or spoke nonsense. */
  readonly refused = new Map<string, number>();
  /** Sessions since the start. */
  opened = 0;
  /** What one client had to itself, others may have now. */
  onFreed: () => void = () => {};
  /** A client asked for a channel that it was told of, and somebody else had it by then. */
  onMissed: (client: Client, channel: ChannelId) => void = () => {};
  readonly #watches = new Map<Client, Cancel>();
  readonly #rates = new WeakMap<Client, Rates>();
  #limits!: LimitOptions;
  /** Of all clients together; null: no limit. */
  #total: Rates | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.limits = options.limits ?? defaultLimits;
  }

  /** For clients that come from now on; the bandwidth of all together for channels that do. */
  get limits(): LimitOptions {
    return this.#limits;
  }

  set limits(limits: LimitOptions) {
    const before = this.#limits as LimitOptions | undefined;
    this.#limits = limits;
    if (before?.totalKbits !== limits.totalKbits) this.#total = this.#ratesOf(limits.totalKbits);
  }

  #ratesOf(kbits: number | null): Rates | null {
    if (kbits === null) return null;
    const rate = () => new Rate(kbits * 1000 / 8, this.#options.clock);
    return { sent: rate(), received: rate() };
  }

  /** Offers one more channel. Clients that are there learn of it from `MainService.channelsChanged`. */
  add(service: Service): void {
    const key = keyOf(service.type, service.id);
    if (this.#services.has(key)) {
      throw new TypeError(`There are two channels ${service.name} ${service.id}`);
    }
    this.#services.set(key, service);
  }

  get clients(): readonly Client[] {
    return [...this.#clients.values()];
  }

  /** What a client is told of: all channels but main, without those that somebody else owns. */
  channelsFor(client: Client): ChannelId[] {
    return [...this.#services.values()]
      .filter((s) =>
        s.type !== ChannelType.main && !s.taken && (this.#owners.get(s) ?? client) === client
      )
      .filter(({ type }) => mayHave(client, type))
      .map(({ type, id }) => ({ type, id }));
  }

  /** Bytes sent since the start, by channel (`display-0`). */
  sentBytes(): Record<string, number> {
    return Object.fromEntries(this.traffic().sent);
  }

  /** Bytes since the start, by channel (`display-0`). */
  traffic(): Traffic {
    const all = new Traffic(this.#before);
    for (const { service, channel } of this.#open) all.add(nameOf(service), channel);
    return all;
  }

  /** The open channels of a client. */
  channelsOf(client: Client): (ChannelId & { name: string; channel: OpenChannel })[] {
    return [...this.#open].filter((open) => open.client === client).map((
      { service: { name, type, id }, channel },
    ) => ({ name, type, id, channel }));
  }

  /** Ends the clients that a login of the console vouched for. */
  disconnectLogin(login: string): void {
    for (const client of this.clients) {
      if (client.opener.login === login) client.disconnect("ok");
    }
  }

  offered(
    channelType: number,
    channelId: number,
    connectionId: number,
    address?: string,
  ): Capabilities | undefined {
    const service = this.#services.get(keyOf(channelType, channelId));
    if (!service || this.#missed(service, this.#clients.get(connectionId))) return undefined;
    if (channelType === ChannelType.main && (this.#full || this.#crowded(address))) {
      return undefined;
    }
    return service.capabilities;
  }

  sessionKnown(connectionId: number): boolean {
    return this.#clients.get(connectionId)?.ended === false;
  }

  sessionOpener(connectionId: number): Opener | undefined {
    return this.#clients.get(connectionId)?.opener;
  }

  /** Takes a stream from its first byte to its end. Never rejects. */
  async accept(duplex: Duplex): Promise<void> {
    if (this.#closing) return duplex.close();
    this.#linking.add(duplex);
    let linked: Linked;
    try {
      linked = await this.#options.link(duplex);
    } catch (error) {
      const code = error instanceof LinkRefused ? error.code : null;
      add(this.refused, code ?? "broken", 1);
      // clients try the plain port first, and are sent to the other as a matter of course
      const level = code === "needSecured" ? "debug" : "info";
      this.#options.log[level]("link-refused", { from: duplex.remote.address, code, error });
      return duplex.close();
    } finally {
      this.#linking.delete(duplex);
    }
    await this.#serve(linked);
  }

  /** Ends every session with a goodbye and takes no more. Resolves when all are gone, within seconds. */
  close(): Promise<void> {
    return this.#closing ??= (async () => {
      for (const duplex of this.#linking) duplex.close();
      for (const client of this.clients) {
        client.notify("The server is being stopped; it ends this session");
        client.disconnect("ok");
      }
      await Promise.all([...this.#open].map(({ run }) => run));
    })();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Whether somebody else has it; the client who asked for it is told when it is free. */
  #missed(service: Service, client: Client | undefined): boolean {
    const owner = this.#owners.get(service);
    if (!service.taken && !owner) return false;
    const { type, id } = service;
    if (client && client !== owner) this.onMissed(client, { type, id });
    return true;
  }

  get #full(): boolean {
    return this.#clients.size >= this.limits.clients;
  }

  #crowded(address: string | undefined): boolean {
    const here = this.clients.filter(({ remote }) => remote.address === address).length;
    return here >= (this.limits.clientsPerAddress ?? Infinity);
  }

  async #serve(linked: Linked): Promise<void> {
    const { channelType, channelId, duplex } = linked;
    const { log } = this.#options;
    const service = this.#services.get(keyOf(channelType, channelId));
    const isMain = channelType === ChannelType.main;
    // what the link stage found may have changed while it ran
    const missed = service && this.#missed(service, this.#clients.get(linked.connectionId));
    const client = this.#closing || !service || missed
      ? undefined
      : isMain
      ? this.#newClient(linked)
      : this.#clients.get(linked.connectionId);
    if (!client || !mayHave(client, channelType) || client.has(channelType, channelId)) {
      log.info("channel-refused", { channel: service ? nameOf(service) : channelType });
      return duplex.close();
    }
    let channel: OpenChannel;
    client.linked(channelType, linked.channelCaps);
    const rates = [this.#rates.get(client) ?? null, this.#total].filter((rate) => rate !== null);
    const slowed = { ...linked, duplex: limited(duplex, rates, this.#options.clock) };
    try {
      channel = new OpenChannel(service!, client, slowed);
    } catch (error) {
      log.error("channel-failed", { channel: nameOf(service!), stack: stackOf(error) });
      if (isMain) this.#gone(client);
      return duplex.close();
    }
    await this.#run(service!, client, linked, channel);
  }

  async #run(
    service: Service,
    client: Client,
    linked: Linked,
    channel: OpenChannel,
  ): Promise<void> {
    const { log } = this.#options;
    const who = { client: client.connectionId, channel: nameOf(service) };
    log.debug("channel-opened", { ...who, secure: linked.duplex.remote.secure });
    if (service.exclusive) this.#owners.set(service, client);
    client.joined(service.type, service.id, channel);
    const open = { client, service, channel, run: channel.run() };
    this.#open.add(open);
    await open.run;
    this.#open.delete(open);
    this.#before.add(nameOf(service), channel);
    if (service.exclusive) {
      this.#owners.delete(service);
      this.onFreed();
    }
    client.left(service.type, service.id);
    log.debug("channel-closed", { ...who, sentBytes: channel.outbox.sentBytes });
    if (VITAL.has(service.type)) client.disconnect(channel.failure === undefined ? "ok" : "error");
    if (service.type === ChannelType.main) this.#gone(client);
  }

  #newClient({ duplex: { remote }, opener }: Linked): Client | undefined {
    if (this.#full || this.#crowded(remote.address)) return undefined;
    const { clock, log, random } = this.#options;
    let connectionId;
    do connectionId = random() >>> 0; while (connectionId === 0 || this.#clients.has(connectionId));
    const client = new Client({ connectionId, remote, opener, clock, log });
    this.#clients.set(connectionId, client);
    this.opened++;
    this.#watches.set(client, watch(client, this.limits));
    const rates = this.#ratesOf(this.limits.clientKbits);
    if (rates) this.#rates.set(client, rates);
    log.info("client-connected", {
      client: connectionId,
      from: remote.address,
      identity: opener.identity,
      by: opener.login !== undefined
        ? "login"
        : opener.ticket !== undefined
        ? "ticket"
        : opener.identity !== undefined
        ? "sasl"
        : "nothing",
      secure: remote.secure,
      viewOnly: opener.viewOnly,
    });
    return client;
  }

  #gone(client: Client): void {
    this.#clients.delete(client.connectionId);
    this.#watches.get(client)?.();
    this.#watches.delete(client);
    this.#options.log.info("client-gone", { client: client.connectionId });
  }
}

/** A channel that is open, and whose. */
interface Open {
  readonly client: Client;
  readonly service: Service;
  readonly channel: OpenChannel;
  readonly run: Promise<void>;
}

/** A client that is there, and may have channels of this type. */
const mayHave = (client: Client, type: number) =>
  !client.ended && (!client.viewOnly || FOR_VIEWERS.has(type));
const keyOf = (type: number, id: number) => type << 8 | id;
const nameOf = (service: Service) => `${service.name}-${service.id}`;
const stackOf = (error: unknown) => error instanceof Error ? error.stack : String(error);
