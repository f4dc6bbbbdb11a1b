/**
 * One connection to an RFB server, from its picture's size on: what it says becomes a frame and calls.
 * Sources of truth: RFC 6143, 7.5 to 7.8; rfbproto.rst; QEMU's ui/vnc.c.
 */
import { be, u8 } from "../../../core/binary/cell.ts";
import { ProtocolError } from "../../../core/binary/error.ts";
import { textOf } from "../../../core/binary/text.ts";
import { Decoders } from "./decoders.ts";
import { Flow, flowEncodings } from "./flow.ts";
import type { Frame } from "./frame.ts";
import type { Greeted } from "./handshake.ts";
import { Inbox } from "./inbox.ts";
import { introduce } from "./introduce.ts";
import type { SessionListener } from "./listener.ts";
import { Outgoing } from "./outgoing.ts";
import * as wire from "./wire.ts";

const { Encoding, ServerMessage } = wire;

export interface SessionOptions {
  /** Bytes that a picture may have. */
  readonly maxBytes: number;
  /** What pixels may come as, the best first. */
  readonly encodings: readonly number[];
  /** Updates are to come without being asked for, if the server can. */
  readonly flows: boolean;
  /** Resolves when everybody else has had a turn: a server's few bytes can ask for many pixels. */
  readonly turn: () => Promise<void>;
}

/** Pixels drawn before others have a turn: two of 1920 × 1080. */
const TURN_PIXELS = 4 << 20;
/** What the smallest rectangle costs, in pixels. */
const RECT_PIXELS = 64;

const MAX_CUT_TEXT = 16 << 20;
const MAX_NAME = 1 << 16;
/** rfbproto.rst */
const MAX_FENCE = 64;

export class Session {
  readonly outgoing = new Outgoing();
  readonly name: string;
  readonly #inbox: Inbox;
  readonly #greeted: Greeted;
  readonly #options: SessionOptions;
  readonly #listener: SessionListener;
  readonly #decoders = new Decoders();
  readonly #flow = new Flow(this.outgoing);
  #frame: Frame;
  /** The server takes scancodes. */
  extendedKeys = false;
  extendedMouseButtons = false;
  /** The server is a QEMU. */
  isQemu = false;
  /** The server's screens; null: it cannot be asked for another size. */
  screens: readonly wire.Screen[] | null = null;
  #wholeDue = false;
  /** Drawn since others had a turn. */
  #pixels = 0;

  constructor(greeted: Greeted, options: SessionOptions, listener: SessionListener) {
    this.#greeted = greeted;
    this.#options = options;
    this.#listener = listener;
    this.name = greeted.name;
    this.#inbox = new Inbox(greeted.duplex);
    this.#frame = this.#sized(greeted.width, greeted.height);
  }

  get frame(): Frame {
    return this.#frame;
  }

  /** Somebody looks: without, updates are asked for. */
  set watched(watched: boolean) {
    this.#flow.wanted = watched;
    this.#flow.follow(this.#frame);
  }

  get receivedBytes(): number {
    return this.#inbox.received;
  }

  /** Until the connection ends; rejects with why. */
  async run(): Promise<never> {
    const { duplex } = this.#greeted;
    try {
      const { encodings, flows } = this.#options;
      introduce(this.outgoing, flows ? [...encodings, ...flowEncodings] : encodings);
      this.#request(false);
      const sending = this.outgoing.run(duplex);
      return await Promise.race([
        this.#listen(),
        sending.then(() => Promise.reject(new ProtocolError("The connection was closed"))),
      ]);
    } finally {
      this.close();
    }
  }

  close(): void {
    this.outgoing.close();
    this.#greeted.duplex.close();
  }

  #request(incremental: boolean): void {
    const { width, height } = this.#frame;
    this.outgoing.say(wire.UpdateRequest, {
      type: 3,
      incremental: incremental ? 1 : 0,
      x: 0,
      y: 0,
      width,
      height,
    });
  }

  async #listen(): Promise<never> {
    const inbox = this.#inbox;
    for (;;) {
      const type = await inbox.get(u8);
      switch (type) {
        case ServerMessage.framebufferUpdate:
          await this.#update();
          break;
        case ServerMessage.setColourMapEntries: {
          await inbox.pass(3);
          await inbox.pass(6 * await inbox.get(be.u16));
          break;
        }
        case ServerMessage.bell:
          break;
        case ServerMessage.serverCutText:
          await this.#cutText();
          break;
        case ServerMessage.fence:
          await this.#fence();
          break;
        case ServerMessage.endOfContinuousUpdates:
          if (!this.#flow.asks) this.#request(true);
          this.#flow.ended();
          break;
        default:
          throw new ProtocolError(`The server sends a message of type ${type}, which is unknown`);
      }
    }
  }

  async #update(): Promise<void> {
    const inbox = this.#inbox;
    await inbox.pass(1);
    const count = await inbox.get(be.u16);
    for (let i = 0; i < count; i++) {
      const head = await inbox.get(wire.RectHead);
      if (head.encoding === Encoding.lastRect) break;
      const { frame } = this;
      if (await this.#decoders.decode(inbox, head, frame)) frame.damaged(head);
      else await this.#pseudo(head);
      this.#pixels += head.width * head.height + RECT_PIXELS;
      if (this.#pixels < TURN_PIXELS) continue;
      this.#pixels = 0;
      await this.#options.turn();
    }
    const whole = this.#wholeDue;
    this.#wholeDue = false;
    await this.#listener.updated(this.#frame);
    if (whole || this.#flow.asks) this.#request(!whole);
    this.#flow.follow(this.#frame);
  }

  /** SPEC: everything here is done in its order, so whatever a fence demands is so. */
  async #fence(): Promise<void> {
    const inbox = this.#inbox, { request, blockBefore, blockAfter, syncNext } = wire.FenceFlags;
    const { flags, length } = await inbox.get(wire.FenceHead);
    if (length > MAX_FENCE) throw new ProtocolError(`The server's fence has ${length} bytes`);
    const payload = new Uint8Array(length);
    await inbox.into(payload);
    if (!(flags & request)) return;
    const known = flags & (blockBefore | blockAfter | syncNext);
    const head = { padding: 0, padding2: 0, flags: known, length };
    this.outgoing.say(wire.ClientFence, { type: 248, head }, payload);
  }

  async #pseudo(head: wire.RectHead): Promise<void> {
    const inbox = this.#inbox, listener = this.#listener;
    switch (head.encoding) {
      case Encoding.desktopSize:
        return this.#resize(head);
      case Encoding.extendedDesktopSize:
        return await this.#extendedDesktopSize(head);
      case Encoding.desktopName: {
        const length = await inbox.get(be.u32);
        if (length > MAX_NAME) throw new ProtocolError(`The server's name has ${length} bytes`);
        const name = new Uint8Array(length);
        await inbox.into(name);
        return listener.renamed(textOf(name));
      }
      case Encoding.cursor:
      case Encoding.xCursor:
      case Encoding.alphaCursor: {
        const shape = await this.#decoders.cursor(inbox, head, this.isQemu);
        return shape ? listener.cursor(shape) : undefined;
      }
      case Encoding.pointerPosition:
      case Encoding.vmwareCursorPosition:
        return listener.cursorMoved(head.x, head.y);
      case Encoding.pointerType:
        this.isQemu = true;
        return listener.absolute(head.x !== 0);
      case Encoding.extendedKeys:
        this.extendedKeys = true;
        return;
      case Encoding.extendedMouseButtons:
        this.extendedMouseButtons = true;
        return;
      case Encoding.audio:
        this.isQemu = true;
        return;
      case Encoding.ledState:
        return listener.leds(await inbox.get(u8) & 7);
    }
    throw new ProtocolError(
      `The server sends a rectangle in encoding ${head.encoding}, which nobody asked for`,
    );
  }

  /** x: who asked, 1 for us; y: what became of it. SPEC: QEMU says 4, that it asked the guest. */
  async #extendedDesktopSize(head: wire.RectHead): Promise<void> {
    const inbox = this.#inbox;
    const count = await inbox.get(u8);
    await inbox.pass(3);
    const screens: wire.Screen[] = [];
    for (let i = 0; i < count; i++) screens.push(await inbox.get(wire.Screen));
    const { x: who, y: status } = head;
    this.screens = screens;
    if (who !== 1 || status === 0) return this.#resize(head);
    if (status !== 4) this.#listener.resizeRefused(status);
  }

  #resize({ width, height }: { width: number; height: number }): void {
    if (width === this.#frame.width && height === this.#frame.height) return;
    this.#frame = this.#sized(width, height);
    this.#flow.resized(this.#frame);
    this.#wholeDue = true;
  }

  #sized(width: number, height: number): Frame {
    const { maxBytes } = this.#options;
    if (width * height * 4 > maxBytes) {
      throw new ProtocolError(
        `The server's picture of ${width}×${height} needs ${width * height * 4} bytes; ` +
          `the card has ${maxBytes}: make its vgamem larger`,
      );
    }
    return this.#listener.resized(width, height);
  }

  async #cutText(): Promise<void> {
    const inbox = this.#inbox;
    const { length } = await inbox.get(wire.CutTextHead);
    const extended = length < 0, size = Math.abs(length);
    if (size > MAX_CUT_TEXT) throw new ProtocolError(`The server's cut text has ${size} bytes`);
    if (extended && size < 4) throw new ProtocolError("The server's clipboard has no flags");
    const flags = extended ? await inbox.get(be.u32) : 0;
    const data = new Uint8Array(extended ? size - 4 : size);
    await inbox.into(data);
    if (extended) this.#listener.clipboard(flags, data);
    else this.#listener.cutText(new TextDecoder("latin1").decode(data));
    // a few packed bytes may have been a MiB, and the next ones are in the same read
    await this.#options.turn();
  }
}
