/** One screen of a guest: an RFB server's picture on a card, whether the server is there or not. */
import type { Clock } from "../../../core/clock.ts";
import type { Cursor } from "../../../core/protocol/cursor.ts";
import type { Driver, WantedHead } from "../../driver.ts";
import { PixelScreen } from "../pixel_screen.ts";
import type { RemoteCard } from "./card.ts";
import { noCursor } from "./cursor_shape.ts";
import { Frame } from "./frame.ts";
import type { Greeted } from "./handshake.ts";
import { writeNotice } from "./notice.ts";
import { Nudge } from "./nudge.ts";
import type { SessionListener } from "./listener.ts";
import { Session } from "./session.ts";
import type { Turns } from "./turns.ts";
import { ExtendedKeyEvent, SetDesktopSize } from "./wire.ts";

/** What a head tells the guest that it belongs to. */
export interface HeadListener
  extends Pick<SessionListener, "leds" | "absolute" | "renamed" | "cutText" | "clipboard"> {
  /** Its server came or went. */
  connected(session: Session | null): void;
  /** A key that nobody holds comes up. */
  idleKey(): ExtendedKeyEvent;
}

export interface HeadOptions {
  readonly card: RemoteCard;
  readonly driver: Driver;
  readonly at: { readonly path: string } | { readonly host: string; readonly port: number };
  /** For people: `unix:/run/vm/vnc.sock`. */
  readonly address: string;
  /** What pixels may come as, the best first. */
  readonly encodings: readonly number[];
  /** Updates are to come without being asked for, if the server can. */
  readonly flows: boolean;
  readonly connect: () => Promise<Greeted>;
  readonly clock: Clock;
  /** Of all screens of the machine. */
  readonly turns: Turns;
  /** Told why there is no picture, once for every reason. */
  readonly log: (reason: string) => void;
}

/** So long a server that is just being replaced leaves its picture untouched. */
const GRACE_MS = 1500;
const FIRST_RETRY_MS = 100, LONGEST_RETRY_MS = 2000;
/** While nobody looks the picture is kept fresh so often. */
const UNSEEN_MS = 1000;

export class Head implements SessionListener {
  readonly #options: HeadOptions;
  readonly #listener: HeadListener;
  readonly #screen: PixelScreen;
  readonly #nudge: Nudge;
  #session: Session | null = null;
  #closed = false;
  #watched = false;
  #wake: (() => void) | null = null;
  /** The size that clients want; asked for again of every new server. */
  #wish: { width: number; height: number } | null = null;
  #wishDue = false;
  /** What this server was asked for last. */
  #asked: object | null = null;
  /** Whom a size will be asked of when it is this screen's turn. */
  #turnDue: Session | null = null;
  /** The server cannot do as we wish. */
  #refused = false;
  #cursor: Cursor | null = null;
  #cursorAt = { x: 0, y: 0 };
  #cursorDue = false;
  #reason = "";
  #noticeDue: () => void = () => {};

  constructor(options: HeadOptions, listener: HeadListener) {
    this.#options = options;
    this.#listener = listener;
    const { card, driver } = options;
    this.#screen = new PixelScreen(driver);
    this.#screen.resize(card.settings.xres || 640, card.settings.yres || 480);
    driver.onWantedHeads((heads) => this.#want(heads));
    card.onClients = (present) => {
      this.#watched = present;
      if (this.#session) this.#session.watched = present;
      this.#nudges();
      this.#awake();
    };
    this.#nudge = new Nudge(options.clock, () => {
      const { session } = this;
      // a key comes up that was not down: QEMU drops it
      if (session) session.outgoing.say(ExtendedKeyEvent, listener.idleKey());
    });
  }

  /** The connection to its server, if it is up. */
  get session(): Session | null {
    return this.#session;
  }

  /** Hands are at work, on this screen or another of the machine. */
  stirred(): void {
    this.#nudge.stirred();
  }

  #nudges(): void {
    const session = this.#session;
    this.#nudge.on = this.#watched && session !== null && session.isQemu && session.extendedKeys;
  }

  /** Until closed. */
  async run(): Promise<void> {
    const { connect, card } = this.#options;
    this.#notice();
    for (let retryMs = FIRST_RETRY_MS; !this.#closed;) {
      let reason = "";
      try {
        const greeted = await connect();
        this.#reason = "";
        retryMs = FIRST_RETRY_MS;
        const session = this.#session = this.#begin(greeted);
        if (this.#closed) return session.close();
        this.#noticeDue();
        this.#wishDue = this.#wish !== null;
        this.#asked = null;
        this.#refused = false;
        this.#listener.connected(session);
        await session.run();
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
      if (this.#session !== null) {
        this.#session.close();
        this.#session = null;
        this.#nudges();
        card.canResize = null;
        this.cursor(noCursor);
        this.#listener.connected(null);
        this.#noticeSoon();
      }
      if (this.#closed) return;
      if (reason !== this.#reason) {
        this.#reason = reason;
        this.#options.log(reason);
        if (retryMs > FIRST_RETRY_MS) this.#notice();
      }
      await this.#sleep(retryMs);
      retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
    }
  }

  /** Throws, with the connection closed, when the server's picture is none for this card. */
  #begin(greeted: Greeted): Session {
    const { encodings, flows, card } = this.#options;
    try {
      const turn = () => this.#sleep(0);
      const { vgamem: maxBytes } = card.settings;
      const session = new Session(greeted, { encodings, flows, maxBytes, turn }, this);
      session.watched = this.#watched;
      return session;
    } catch (error) {
      greeted.duplex.close();
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    this.#noticeDue();
    this.#session?.close();
    this.#awake();
  }

  // ---- what the server says

  resized(width: number, height: number): Frame {
    const screen = this.#screen;
    if (width === 0 || height === 0) return new Frame(width, height);
    if (width !== screen.width || height !== screen.height) screen.resize(width, height);
    return new Frame(width, height, screen.pixels);
  }

  async updated(frame: Frame): Promise<void> {
    const screen = this.#screen;
    if (!this.#refused) this.#options.card.canResize = (this.#session?.screens ?? null) !== null;
    if (this.#wishDue && this.#session?.screens) this.#ask();
    this.#nudges();
    if (frame.pixels !== screen.pixels) return;
    if (frame.damage.rects.length > 0) this.#nudge.stirred();
    for (const way of frame.ways.splice(0)) screen.hint(way);
    for (const rect of frame.damage.rects) screen.touch(rect);
    frame.damage.clear();
    await screen.flush();
    if (!this.#watched) await this.#sleep(UNSEEN_MS);
  }

  cursor(shape: Cursor): void {
    this.#cursor = shape;
    this.#showCursor();
  }

  cursorMoved(x: number, y: number): void {
    this.#cursorAt = { x, y };
    this.#options.driver.cursor({ kind: "move", position: this.#cursorAt });
  }

  leds(leds: number): void {
    this.#listener.leds(leds);
  }

  absolute(absolute: boolean): void {
    this.#listener.absolute(absolute);
  }

  renamed(name: string): void {
    this.#listener.renamed(name);
  }

  resizeRefused(reason: number): void {
    // 3: "invalid screen layout", QEMU's word for a card that cannot; other reasons may pass
    this.#refused = reason === 3;
    if (this.#refused) this.#options.card.canResize = false;
    this.#options.log(`it refuses another size, for reason ${reason}`);
  }

  cutText(text: string): void {
    this.#listener.cutText(text);
  }

  clipboard(flags: number, data: Uint8Array): void {
    this.#listener.clipboard(flags, data);
  }

  // ---- what clients want

  #want([head]: readonly WantedHead[]): void {
    if (!head || head.width < 1 || head.height < 1) return;
    const { width, height } = head;
    if (width * height * 4 > this.#options.card.settings.vgamem) return;
    if (this.#wish?.width !== width || this.#wish.height !== height) this.#wish = { width, height };
    this.#wishDue = true;
    if (this.#session?.screens) this.#ask();
  }

  #ask(): void {
    this.#wishDue = false;
    const session = this.#session!, wish = this.#wish!, { width, height } = wish;
    const same = session.frame.width === width && session.frame.height === height;
    // a QEMU's screen that is off shows a picture of some size, and is switched on by asking for one
    if (same && (!session.isQemu || this.#asked === wish)) return;
    this.#asked = wish;
    // one turn is enough: what is asked for then is what is wished then
    if (this.#turnDue === session) return;
    const turnMs = this.#options.turns.take(this);
    if (turnMs === 0) return this.#askNow(session);
    this.#turnDue = session;
    this.#options.clock.after(turnMs, () => {
      if (this.#turnDue !== session) return;
      this.#turnDue = null;
      if (this.#session === session) this.#askNow(session);
    });
  }

  #askNow(session: Session): void {
    const { width, height } = this.#wish!;
    const { id, flags } = session.screens?.[0] ?? { id: 0, flags: 0 };
    const screens = [{ id, x: 0, y: 0, width, height, flags }];
    session.outgoing.say(SetDesktopSize, {
      type: 251,
      padding: 0,
      width,
      height,
      count: screens.length,
      padding2: 0,
      screens,
    });
  }

  // ---- what is shown

  #showCursor(): void {
    const { driver } = this.#options;
    if (this.#cursorDue || !this.#cursor) return;
    const command = this.#cursor.header
      ? { kind: "set", position: this.#cursorAt, visible: true, shape: this.#cursor } as const
      : { kind: "hide" } as const;
    if (driver.cursor(command)) return;
    // the last of several shapes is the one that matters
    this.#cursorDue = true;
    driver.room().then(() => {
      this.#cursorDue = false;
      this.#showCursor();
    });
  }

  /** When the server is gone for longer than it takes to start another. */
  #noticeSoon(): void {
    this.#noticeDue();
    this.#noticeDue = this.#options.clock.after(GRACE_MS, () => this.#notice());
  }

  /** Over the last picture, or what there is. */
  #notice(): void {
    if (this.#session !== null || this.#closed) return;
    const lines = [`Waiting for ${this.#options.address}`];
    if (this.#reason !== "") lines.push(this.#reason);
    this.#screen.touch(writeNotice(this.#screen, "The guest is off", lines));
    this.#screen.flush();
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        this.#wake = null;
        resolve();
      };
      const cancel = this.#options.clock.after(ms, done);
      this.#wake = done;
    });
  }

  #awake(): void {
    this.#wake?.();
  }
}
