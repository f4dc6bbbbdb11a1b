/** The client's end of channels, in this process. */
import type { Table } from "../../core/protocol/channel.ts";
import type { Channel, Sender } from "../../core/protocol/channel.ts";
import type { Remote } from "../../core/link/duplex.ts";
import type { Log, LogFields } from "../../core/log.ts";
import { Capabilities, MainCap } from "../../core/protocol/capabilities.ts";
import type { Outbox } from "../../core/link/outbox.ts";
import { Peer } from "../../core/link/peer.ts";
import type { Base } from "../../core/protocol/base.ts";
import type { Linked, Opener } from "../../channels/link_stage.ts";
import { Client } from "../../channels/client.ts";
import type { Conversation, Service } from "../../channels/service.ts";
import { duplexPair } from "./duplex_pair.ts";
import { FakeClock } from "./fake_clock.ts";

/** A message that an end heard. */
export interface Told {
  readonly name: string;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
}

/** A log that keeps what it is told. */
export class FakeLog implements Log {
  readonly lines: { level: string; event: string; fields: LogFields }[] = [];
  #note(level: string) {
    return (event: string, fields: LogFields = {}) =>
      void this.lines.push({ level, event, fields });
  }
  debug = this.#note("debug");
  info = this.#note("info");
  warn = this.#note("warn");
  error = this.#note("error");
  report = this.#note("report");

  of(event: string): LogFields[] {
    return this.lines.filter((line) => line.event === event).map(({ fields }) => fields);
  }
}

export function fakeClient(
  options: {
    clock?: FakeClock;
    log?: Log;
    remote?: Partial<Remote>;
    connectionId?: number;
    opener?: Opener;
  } = {},
): Client {
  const remote: Remote = {
    address: "192.0.2.7",
    transport: "memory",
    secure: false,
    webSocket: false,
    ...options.remote,
  };
  return new Client({
    connectionId: options.connectionId ?? 77,
    remote,
    opener: options.opener ?? {},
    clock: options.clock ?? new FakeClock(),
    log: options.log ?? new FakeLog(),
  });
}

export interface TalkOptions {
  readonly caps?: Capabilities;
  readonly remote?: Partial<Remote>;
  readonly mini?: boolean;
  /** Answers set_ack and acks as it should; true if not said. */
  readonly acks?: boolean;
  /** Keeps what it hears; true if not said. */
  readonly keep?: boolean;
}

/** The client's half of a channel: what was heard, and how to say something. */
export class FarEnd<C extends Table, S extends Table> {
  readonly peer: Peer<S & typeof Base.server, C & typeof Base.client>;
  heard: Told[] = [];
  readonly #acks: boolean;
  readonly #keep: boolean;
  #window = 0;
  #count = 0;

  constructor(channel: Channel<C, S>, options: TalkOptions = {}) {
    this.#acks = options.acks ?? true;
    this.#keep = options.keep ?? true;
    this.peer = new Peer({
      incoming: channel.server,
      outgoing: channel.client,
      mini: options.mini ?? true,
      limitBytes: 64 << 20,
    });
    const answers: Record<string, (body: unknown) => void> = {};
    for (const name in channel.server.byName) answers[name] = (body) => this.#hear(name, body);
    this.peer.answer(answers as never);
  }

  /** What was heard since the last call. */
  take(): Told[] {
    const heard = this.heard;
    this.heard = [];
    return heard;
  }

  /** The names of what was heard since the last call. */
  names(): string[] {
    return this.take().map(({ name }) => name);
  }

  // deno-lint-ignore no-explicit-any
  #hear(name: string, body: any): void {
    // bodies are views of a buffer that will be used again
    if (this.#keep) this.heard.push({ name, body: structuredClone(body) });
    // deno-lint-ignore no-explicit-any
    const send = this.peer.send as any;
    if (!this.#acks) return;
    if (name === "setAck") {
      this.#window = this.#count = body.window;
      send.ackSync({ generation: body.generation });
    } else if (this.#window > 0 && --this.#count === 0) {
      this.#count = this.#window;
      send.ack();
    }
  }
}

/** A conversation and its client, face to face: every word is heard before the next is said. */
export class Talk<C extends Table, S extends Table> extends FarEnd<C, S> {
  readonly conversation: Conversation;
  /** Says a message and hears what comes back; throws what the conversation throws. */
  readonly say: Sender<C & typeof Base.client>;
  /** The client does not read while it is false. */
  reading = true;

  constructor(
    channel: Channel<C, S>,
    service: Service,
    readonly client: Client,
    options: TalkOptions = {},
  ) {
    super(channel, options);
    this.conversation = service.open(client, linkedOf(channel.id, service.id, client, options));
    const say: Record<string, (body?: unknown) => void> = {};
    for (const name in channel.client.byName) {
      say[name] = (body) => {
        // deno-lint-ignore no-explicit-any
        (this.peer.send as any)[name](body);
        this.exchange();
      };
    }
    this.say = say as never;
    this.exchange();
  }

  /** Carries bytes until nobody has any. */
  exchange(): void {
    for (;;) {
      const up = carry(this.peer.outbox, (bytes) => this.conversation.receive(bytes));
      const down = this.reading &&
        carry(this.conversation.outbox, (bytes) => this.peer.receive(bytes));
      if (!up && !down) return;
    }
  }
}

function carry(outbox: Outbox, receive: (bytes: Uint8Array) => void): boolean {
  const bytes = outbox.take();
  if (bytes === null) return false;
  try {
    receive(bytes);
  } finally {
    outbox.landed();
  }
  return true;
}

/** What spice-gtk says that it can on main. */
export const gtkMainCaps = Capabilities.of(
  MainCap.semiSeamlessMigrate,
  MainCap.nameAndUuid,
  MainCap.agentConnectedTokens,
  MainCap.seamlessMigrate,
);

export function linkedOf(
  channelType: number,
  channelId: number,
  client: Pick<Client, "connectionId" | "remote">,
  options: TalkOptions = {},
): Linked {
  const [duplex] = duplexPair({ capacity: 1, remote: { ...client.remote, ...options.remote } });
  return {
    duplex,
    connectionId: client.connectionId,
    channelType,
    channelId,
    commonCaps: new Capabilities([]),
    channelCaps: options.caps ?? new Capabilities([]),
    mini: options.mini ?? true,
    opener: {},
  };
}

/** Waits until something is so; fails when everything has had its turn and it is not. */
export async function until(is: () => boolean, what = String(is)): Promise<void> {
  for (let turn = 0; !is(); turn++) {
    if (turn === 2000) throw new Error(`It did not come to ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
