/// <reference lib="dom" />
/** One session: links its channels in order, and ends them together. */
import { ProtocolError } from "../../core/binary/error.ts";
import { connectLink } from "../../core/link/connect.ts";
import { LinkRefused } from "../../core/link/handshake.ts";
import type { ChannelWait, LinkError } from "../../core/protocol/base.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import type { Channel, Table } from "../../core/protocol/channel.ts";
import { CursorChannel } from "../../core/protocol/cursor.ts";
import { Display, type Head } from "../../core/protocol/display.ts";
import { Inputs } from "../../core/protocol/inputs.ts";
import { type ChannelId, Main, type MouseModeName } from "../../core/protocol/main.ts";
import { Agent, type AgentHost } from "./agent.ts";
import type { Screens } from "./arrangement.ts";
import { cursor } from "./channels/cursor.ts";
import { display, displayCaps } from "./channels/display.ts";
import { InputsLine, type Place } from "./channels/inputs.ts";
import { main, mainCaps } from "./channels/main.ts";
import { STREAM_CHANNELS, streamCaps } from "./channels/stream.ts";
import { agentless } from "./agentless.ts";
import { Line, type LineHost } from "./line.ts";
import { MmTime } from "./mm_time.ts";
import type { CursorShape, Destination } from "./orders.ts";
import type { PortsDesk } from "./ports/desk.ts";
import { refusal } from "./refusal.ts";
import type { Scene } from "./scene.ts";
import type { Recorder } from "./session_file.ts";
import { SocketStream } from "./socket.ts";
import type { SessionWork } from "./stats.ts";
import type { SoundDesk } from "./sound/desk.ts";
import { Streams } from "./streams.ts";

/** Who a session tells of its doings. */
export interface SessionHost extends AgentHost {
  readonly scene: Scene;
  readonly sound: SoundDesk;
  readonly ports: PortsDesk;
  /** Its channels are linked. */
  up(): void;
  /** Everything that came in one go has been dealt with. */
  settled(): void;
  /** It is over; called once. LinkRefused: the server said no. */
  over(error: unknown): void;
  cursorShape(shape: CursorShape | null): void;
  cursorMoved(x: number, y: number): void;
  mouseMode(mode: MouseModeName): void;
  lights(modifiers: number): void;
  guestName(name: string): void;
  displays(screens: Screens): void;
  notice(text: string): void;
  /** Notes what comes; null: nobody does. */
  readonly recorder: Recorder | null;
}

/** A session, or a recording of one, that an engine runs. */
export interface Running {
  readonly work: SessionWork;
  readonly inputs: InputsLine | null;
  readonly agent: Agent | null;
  /** Where what is shown begins on the display. */
  readonly origin: { readonly x: number; readonly y: number };
  place(x: number, y: number): Place;
  close(): void;
}

/** What trying again would not mend. */
export class Hopeless extends Error {
  override name = "Hopeless";
}

/** SPEC: that so many frames were dropped tells a server that the client cannot decode them. */
const USELESS = {
  uniqueId: 0,
  startFrameMmTime: 0,
  endFrameMmTime: 0,
  numFrames: 0,
  numDrops: 0xffffffff,
  lastFrameDelay: 0,
  audioDelay: 0,
} as const;

/** SPEC: spice-gtk gives as many tokens at once, and never more. */
const UNBOUNDED = 0xffffffff;

/** How long a channel may take to link. */
const LINK_MS = 15_000;

const STREAM_TYPES = new Set(Object.values(STREAM_CHANNELS).map(({ id }) => id));

const text = new TextDecoder();

export class Session implements LineHost, Running {
  readonly #to: Destination;
  readonly #host: SessionHost;
  /** By channel type and id. */
  // deno-lint-ignore no-explicit-any
  readonly #lines = new Map<string, Line<any, any>>();
  readonly #abort = new AbortController();
  readonly #mmTime = new MmTime(() => performance.now());
  #waiting: { list: readonly ChannelWait[]; go: () => void }[] = [];
  #sessionId = 0;
  /** Which channels the server said that there are; null: it has not. */
  #list: readonly ChannelId[] | null = null;
  #displays: number[] = [];
  #heads: readonly Head[] = [];
  #mostHeads = 0;
  #streams: Streams | null = null;
  #over = false;
  /** What the server said last before it closed, and what it called an error. */
  #goodbye = "";
  #complaint = "";
  /** Keys and pointer; null: not linked yet, or only looking. */
  inputs: InputsLine | null = null;
  /** The guest's agent; null: this client only looks. */
  agent: Agent | null = null;

  constructor(to: Destination, host: SessionHost) {
    this.#to = to;
    this.#host = host;
    this.#begin().catch((error) => this.#end(error));
  }

  /** What went over all channels, in bytes, and how long it took. */
  get work(): SessionWork {
    let receivedBytes = 0, sentBytes = 0, busyMs = 0;
    for (const line of this.#lines.values()) {
      receivedBytes += line.receivedBytes;
      sentBytes += line.sentBytes;
      busyMs += line.busyMs;
    }
    return { receivedBytes, sentBytes, busyMs };
  }

  /** When something came last, on any channel. */
  get heardMs(): number {
    let last = 0;
    for (const { heardMs } of this.#lines.values()) last = Math.max(last, heardMs);
    return last;
  }

  /** It is found to be over. */
  fail(error: Error): void {
    this.#end(error);
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#abort.abort();
    this.#host.sound.end();
    this.#host.ports.end();
    for (const line of this.#lines.values()) line.close();
    this.#streams?.destroyAll();
  }

  waitFor(list: readonly ChannelWait[]): Promise<void> | void {
    if (this.#reached(list)) return;
    return new Promise((go) => this.#waiting.push({ list, go }));
  }

  progressed(): void {
    if (this.#waiting.length === 0) return;
    const ready = this.#waiting.filter(({ list }) => this.#reached(list));
    this.#waiting = this.#waiting.filter((waiter) => !ready.includes(waiter));
    for (const { go } of ready) go();
  }

  settled(): void {
    this.#host.settled();
  }

  ended(name: string, error: unknown): void {
    this.#end(error ?? new ProtocolError(this.#goodbye || `The server closed the ${name} channel`));
  }

  #reached(list: readonly ChannelWait[]): boolean {
    return list.every(({ channelType, channelId, messageSerial }) => {
      // a channel that is not ours will never come so far
      const line = this.#lines.get(`${channelType}:${channelId}`);
      return line === undefined || line.serial >= messageSerial;
    });
  }

  #end(error: unknown): void {
    if (this.#over) return;
    this.close();
    this.#host.over(error);
  }

  async #begin(): Promise<void> {
    // browsers encrypt the ticket only for pages that nobody can have changed on their way
    if (!isSecureContext) {
      throw new Hopeless("This page came in the clear: open it with https, or on the same machine");
    }
    const line = await this.#link(Main, 0, mainCaps);
    // whoever only looks has no business in the guest's clipboard
    const agent = this.#to.viewOnly ? null : new Agent({
      start: () => line.send.agentStart({ numTokens: UNBOUNDED }),
      data: (piece) => {
        line.send.agentData({ data: piece });
        line.flush();
      },
    }, this.#host);
    this.agent = agent;
    main(line, {
      agent,
      base: this.#base(),
      begun: (id) => this.#sessionId = id,
      channels: (list) => this.#open(list),
      mouseMode: (mode) => this.#host.mouseMode(mode),
      guestName: (name) => this.#host.guestName(name),
      mmTime: (ms) => this.#mmTime.now = ms,
      migrates: () => this.#end(new ProtocolError("The guest moved to another host")),
    });
  }

  #open(list: readonly ChannelId[]): void {
    const { display: wanted } = this.#to;
    // SPEC: a further list has what came to be since, such as a device that another client let go
    if (this.#list) return this.#more(this.#list, list);
    this.#list = list;
    const has = (type: number, id: number) => list.some((c) => c.type === type && c.id === id);
    this.#displays = list.filter(({ type }) => type === Display.id).map(({ id }) => id)
      .toSorted((a, b) => a - b);
    this.#tellDisplays();
    if (!has(Display.id, wanted)) {
      const there = this.#displays.join(", ") || "none";
      return this.#end(new Hopeless(`There is no display ${wanted}; there is: ${there}`));
    }
    const opening = [this.#openDisplay(wanted)];
    if (has(CursorChannel.id, wanted)) opening.push(this.#openCursor(wanted));
    if (has(Inputs.id, 0) && !this.#to.viewOnly) opening.push(this.#openInputs());
    // INVARIANT: who is told of a connection can type
    Promise.all(opening).then(() => {
      this.#host.up();
      this.#offerSound(this.#list!);
      this.#offerPorts(this.#list!);
    }, (error) => this.#end(error));
  }

  /** What is offered already, if it is by now, is not all. */
  #more(before: readonly ChannelId[], list: readonly ChannelId[]): void {
    this.#list = [...before, ...list];
    if (this.#over) return;
    this.#host.sound.more(list);
    this.#host.ports.more(this.#to.viewOnly ? [] : list);
  }

  /** Its channels may come and go without the rest. */
  #offerSound(list: readonly ChannelId[]): void {
    if (this.#over) return;
    this.#host.sound.begin({
      link: (channel, caps, ended) => this.#linkLoose(channel, 0, caps, ended),
      base: this.#base(),
    }, list);
  }

  /** Streams with the guest, for those who may do more than look. */
  #offerPorts(list: readonly ChannelId[]): void {
    if (this.#over) return;
    this.#host.ports.begin({
      link: ({ kind, id }, ended) => this.#linkLoose(STREAM_CHANNELS[kind], id, streamCaps, ended),
      base: this.#base(),
    }, this.#to.viewOnly ? [] : list);
  }

  /** A channel whose end is told to nobody but `ended`. */
  #linkLoose<C extends Table, S extends Table>(
    channel: Channel<C, S>,
    id: number,
    caps: Capabilities,
    ended: (error: unknown) => void,
  ): Promise<Line<C, S>> {
    return this.#link(channel, id, caps, {
      waitFor: (waits) => this.waitFor(waits),
      progressed: () => this.progressed(),
      settled: () => {},
      ended: (_, error) => {
        this.#lines.delete(`${channel.id}:${id}`);
        ended(error);
      },
    });
  }

  async #openDisplay(id: number): Promise<void> {
    const line = await this.#link(Display, id, await displayCaps());
    const { scene } = this.#host;
    const streams = this.#streams = new Streams(scene, {
      until: (mmTime) => this.#mmTime.until(mmTime),
      untilHeard: (mmTime) => this.#host.sound.heard.until(mmTime),
      report: (report) => line.send.streamReport(report),
      cannot: (streamId) => line.send.streamReport({ ...USELESS, streamId }),
    });
    display(line, {
      base: this.#base(),
      scene,
      streams,
      heads: (heads, mostHeads) => {
        this.#heads = heads;
        this.#mostHeads = mostHeads;
        this.#look();
        this.#tellDisplays();
      },
    });
  }

  async #openCursor(id: number): Promise<void> {
    cursor(await this.#link(CursorChannel, id), {
      base: this.#base(),
      shape: (shape) => this.#host.cursorShape(shape),
      moved: (x, y) => this.#host.cursorMoved(x - this.origin.x, y - this.origin.y),
    });
  }

  async #openInputs(): Promise<void> {
    this.inputs = new InputsLine(await this.#link(Inputs, 0), {
      base: this.#base(),
      lights: (modifiers) => this.#host.lights(modifiers),
    });
  }

  /** The head that is shown; undefined: everything is. */
  get #head(): Head | undefined {
    return this.#heads.find(({ monitorId }) => monitorId === this.#to.head);
  }

  get origin(): { readonly x: number; readonly y: number } {
    return this.#head ?? { x: 0, y: 0 };
  }

  /**
   * A place of what is shown as servers count it. SPEC: of several cards it is called by its channel, of
   * one card by the head, and counts within that (spice-widget.c, get_display_id).
   */
  place(x: number, y: number): Place {
    const { origin } = this, at = { x: x + origin.x, y: y + origin.y };
    const head = this.#displays.length > 1
      ? undefined
      : this.#head ?? this.#heads.find((head) => within(head, at));
    return head
      ? { x: at.x - head.x, y: at.y - head.y, displayId: head.monitorId }
      : { ...at, displayId: this.#to.display };
  }

  #look(): void {
    const head = this.#head;
    this.#host.scene.look(
      head &&
        { top: head.y, left: head.x, bottom: head.y + head.height, right: head.x + head.width },
    );
  }

  #tellDisplays(): void {
    const { agent } = this;
    const screens = { displays: this.#displays, heads: this.#heads, mostHeads: this.#mostHeads };
    this.#host.displays(screens);
    if (agent) agent.screens = screens;
  }

  async #link<C extends Table, S extends Table>(
    channel: Channel<C, S>,
    channelId: number,
    channelCaps = Capabilities.of(),
    host: LineHost = this,
  ): Promise<Line<C, S>> {
    const { linkMs = LINK_MS } = this.#to;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), linkMs);
    const signal = AbortSignal.any([this.#abort.signal, late.signal]);
    let socket: SocketStream | null = null;
    try {
      socket = await SocketStream.open(this.#to.url, signal);
      const connected = await connectLink(socket, {
        connectionId: this.#sessionId,
        channelType: channel.id,
        channelId,
        channelCaps,
        password: this.#to.password,
      });
      const line = new Line(channel, connected, socket, host);
      this.#lines.set(`${channel.id}:${channelId}`, line);
      this.#record(line, channel.id, channelId, connected.mini);
      return line;
    } catch (error) {
      if (late.signal.aborted) {
        throw new Error(`The server did not answer within ${Math.round(linkMs / 1000)} s`);
      }
      if (error instanceof LinkRefused) throw refusal(error, channel.name);
      // how many bytes were missing is of no use to a person
      if (socket?.ended) throw new Error("The server closed the connection at once");
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  // deno-lint-ignore no-explicit-any
  #record(line: Line<any, any>, type: number, id: number, mini: boolean): void {
    const { recorder } = this.#host;
    // keys are nobody's business, and what a console says is no picture
    if (!recorder || type === Inputs.id || STREAM_TYPES.has(type)) return;
    recorder.linked(type, id, mini);
    const note = (bytes: Uint8Array) => recorder.data(type, id, bytes);
    line.tap = type === Main.id ? mini ? agentless(note) : null : note;
  }

  #base() {
    return {
      migrate: () => this.#end(new ProtocolError("The guest moved to another host")),
      disconnecting: ({ reason }: { reason: LinkError }) => {
        // who was sent away does not come back by itself; a server that stops says "ok"
        if (reason === "permissionDenied") {
          return this.#end(new Hopeless(this.#complaint || "The server ended the session"));
        }
        this.#goodbye = `The server ended the session (${reason})`;
      },
      // SPEC: servers warn of every channel that is not encrypted, those on one machine too
      notify: ({ severity, message }: { severity: string; message: Uint8Array }) => {
        if (severity !== "error") return;
        this.#complaint = text.decode(message);
        this.#host.notice(this.#complaint);
      },
    };
  }
}

const within = ({ x, y, width, height }: Head, at: { readonly x: number; readonly y: number }) =>
  at.x >= x && at.x < x + width && at.y >= y && at.y < y + height;
