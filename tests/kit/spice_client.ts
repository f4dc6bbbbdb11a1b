import { Capabilities, DisplayCap, InputsCap } from "../../core/protocol/capabilities.ts";
import type { AnyChannel } from "../../core/protocol/channels.ts";
import { CursorChannel } from "../../core/protocol/cursor.ts";
import { Display } from "../../core/protocol/display.ts";
import { Inputs } from "../../core/protocol/inputs.ts";
import { Main } from "../../core/protocol/main.ts";
import { connectLink } from "../../core/link/connect.ts";
import type { Duplex } from "../../core/link/duplex.ts";
import { Outbox } from "../../core/link/outbox.ts";
import { pump, type Pumped } from "../../core/link/pump.ts";
import type { Conversation } from "../../channels/service.ts";
import { FakeClock } from "./fake_clock.ts";
import { FarEnd, gtkMainCaps } from "./linked.ts";
import type { Picture } from "./png.ts";
import { pictureOf } from "./png.ts";
import { connectTcp, type TestTcp } from "./tcp.ts";
import { Viewer } from "./viewer.ts";

/** How a client behaves on all its channels; may change at any time. */
export interface Manners {
  /** Takes bytes from its sockets. */
  reading: boolean;
  /** Bytes that it takes at a time, and how long it rests after each; no rest: as they come. */
  sip: number;
  restMs: number;
}

export interface SpiceClientOptions {
  readonly password?: string;
  /** One of this machine's addresses. */
  readonly from?: string;
  /** Where the server is; 127.0.0.1 if not said. */
  readonly host?: string;
  /** false: it takes drawings without drawing them. */
  readonly draws?: boolean;
  /** Pixels of its cache. */
  readonly cachePixels?: bigint;
  readonly displayCaps?: Capabilities;
}

/** What spice-gtk can draw, as far as we send it. */
export const gtkDisplayCaps: Capabilities = Capabilities.of(
  DisplayCap.monitorsConfig,
  DisplayCap.composite,
  DisplayCap.a8Surface,
  DisplayCap.lz4Compression,
);

/** Links one channel of a server at a port of this machine; the stream is the caller's to close. */
export async function linkChannel(
  port: number,
  channel: Pick<AnyChannel, "id">,
  options: SpiceClientOptions & { connectionId?: number; caps?: Capabilities } = {},
): Promise<TestTcp> {
  const stream = await connectTcp(port, options.from, options.host);
  try {
    await connectLink(stream, {
      channelType: channel.id,
      channelCaps: options.caps,
      connectionId: options.connectionId,
      password: options.password,
    });
    return stream;
  } catch (error) {
    stream.close();
    throw error;
  }
}

/**
 * A small real client over TCP: main, display, cursor and inputs. It draws what it is sent, as
 * viewer.ts does, and can be as rude as a test needs.
 */
export class SpiceClient implements AsyncDisposable {
  readonly manners: Manners = { reading: true, sip: 1 << 16, restMs: 0 };
  readonly main: FarEnd<typeof Main.client.table, typeof Main.server.table>;
  readonly inputs: FarEnd<typeof Inputs.client.table, typeof Inputs.server.table>;
  readonly cursor: FarEnd<typeof CursorChannel.client.table, typeof CursorChannel.server.table>;
  viewer!: Viewer;
  connectionId = 0;
  /** What the server last said: 1 is server, 2 client. */
  mouseMode = 0;
  /** What ended a channel, if it was not the server's orderly close. */
  readonly errors: unknown[] = [];
  readonly #streams: TestTcp[] = [];
  readonly #pumps: Promise<void>[] = [];
  #gone = false;
  #wake: (() => void)[] = [];

  private constructor(readonly port: number, readonly options: SpiceClientOptions) {
    const quiet = { keep: false };
    this.main = new FarEnd(Main);
    this.inputs = new FarEnd(Inputs, quiet);
    this.cursor = new FarEnd(CursorChannel, quiet);
  }

  /** Resolves when all its channels are linked. LinkRefused: the server does not want it. */
  static async connect(port: number, options: SpiceClientOptions = {}): Promise<SpiceClient> {
    const client = new SpiceClient(port, options);
    try {
      await client.#connect();
      return client;
    } catch (error) {
      const [first] = client.errors;
      await client.leave();
      // what ended its main channel is why others are refused
      throw first === undefined ? error : new Error(`${error}`, { cause: first });
    }
  }

  async #connect(): Promise<void> {
    const { promise: greeted, resolve } = Promise.withResolvers<void>();
    const main = this.#answering(this.main.peer, () => {
      const init = this.main.heard.find(({ name }) => name === "init");
      for (const { name, body } of this.main.take()) {
        if (name === "init") this.mouseMode = body.currentMouseMode;
        if (name === "mouseMode") this.mouseMode = body.currentMode === "client" ? 2 : 1;
        if (name === "ping") this.main.peer.send.pong({ id: body.id, timestamp: body.timestamp });
      }
      if (!init) return;
      this.connectionId = init.body.sessionId;
      resolve();
    });
    const over = this.#carry(await this.#link(Main, gtkMainCaps), main);
    await Promise.race([greeted, over]);
    if (this.connectionId === 0) throw new Error("The server said no init");
    this.main.peer.send.attachChannels();

    const display = await this.#link(Display, this.options.displayCaps ?? gtkDisplayCaps);
    this.#carry(display, this.#display());
    const inputs = await this.#link(Inputs, Capabilities.of(InputsCap.keyScancode));
    this.#carry(inputs, this.inputs.peer);
    this.#carry(await this.#link(CursorChannel, Capabilities.of()), this.cursor.peer);
  }

  #link(channel: Pick<AnyChannel, "id">, caps: Capabilities): Promise<TestTcp> {
    const { port, options, connectionId } = this;
    return linkChannel(port, channel, { ...options, connectionId, caps });
  }

  /** After each arrival of bytes there may be something to answer. */
  #answering(peer: Pumped, answer: () => void): Pumped {
    return {
      outbox: peer.outbox,
      receive(bytes) {
        peer.receive(bytes);
        answer();
      },
    };
  }

  #display(): Pumped {
    const outbox = new Outbox();
    // the viewer speaks into what it takes for a conversation: here, into the socket
    const towards: Conversation = {
      outbox: new Outbox(),
      serial: 0n,
      closed: () => {},
      receive(bytes) {
        const { writer } = outbox;
        const at = writer.at;
        writer.take(bytes.length);
        writer.bytes.set(bytes, at);
        outbox.filled();
      },
    };
    this.viewer = new Viewer(
      towards,
      new FakeClock(),
      0,
      undefined,
      this.options.cachePixels,
    );
    this.viewer.draws = this.options.draws ?? true;
    return {
      outbox,
      receive: (bytes) => {
        this.viewer.peer.receive(bytes);
        this.viewer.work();
        this.viewer.speak();
      },
    };
  }

  #carry(stream: TestTcp, end: Pumped): Promise<void> {
    this.#streams.push(stream);
    const over = pump(this.#mannered(stream), end).catch((error) => {
      if (!this.#gone) this.errors.push(error);
    });
    this.#pumps.push(over);
    return over;
  }

  #mannered(stream: TestTcp): Duplex {
    const { manners } = this;
    return {
      remote: stream.remote,
      read: async (into) => {
        while (!manners.reading && !this.#gone) {
          await new Promise<void>((wake) => this.#wake.push(wake));
        }
        if (manners.restMs > 0) await new Promise((wake) => setTimeout(wake, manners.restMs));
        return stream.read(into.subarray(0, manners.sip));
      },
      write: (bytes) => stream.write(bytes),
      close: () => stream.close(),
    };
  }

  /** It takes no more bytes from any socket, until it mends its ways. */
  stall(): void {
    this.manners.reading = false;
  }

  /** It reads as fast as it can, and acknowledges everything. */
  mend(): void {
    this.viewer.resumeAcks();
    this.manners.restMs = 0;
    this.manners.sip = 1 << 16;
    this.manners.reading = true;
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** What its primary surface shows. */
  get picture(): Picture {
    const primary = this.viewer.surfaces.get(0);
    if (!primary) throw new Error("It shows nothing");
    return pictureOf(primary);
  }

  /** Closes everything at once; rudely: with RST. */
  async leave(rudely = false): Promise<void> {
    const before = this.#gone;
    this.#gone = true;
    for (const stream of this.#streams) rudely ? stream.reset() : stream.close();
    for (const wake of this.#wake.splice(0)) wake();
    await Promise.all(this.#pumps);
    if (!before) this.viewer?.session.glz[Symbol.dispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }
}
