/// <reference lib="dom" />
/** Plays a recorded session through the same channels that drew it when it was live. */
import type { ChannelWait } from "../../core/protocol/base.ts";
import { CursorChannel } from "../../core/protocol/cursor.ts";
import { Display } from "../../core/protocol/display.ts";
import { Main } from "../../core/protocol/main.ts";
import { decode } from "../../core/binary/codec.ts";
import { cursor } from "./channels/cursor.ts";
import { display } from "./channels/display.ts";
import { main } from "./channels/main.ts";
import type { Running, SessionHost } from "./connect.ts";
import { Line, type LineHost, type LineSocket } from "./line.ts";
import type { Scene } from "./scene.ts";
import { type Entry, PointerAt, SessionFile } from "./session_file.ts";
import type { SessionWork } from "./stats.ts";
import { Streams } from "./streams.ts";

export interface PlaybackHost {
  /** A fresh scene, as for a new session. */
  scene(): Scene;
  session(scene: Scene): SessionHost;
  told(ms: number, ofMs: number, paused: boolean, speed: number): void;
  pointer(x: number, y: number): void;
}

/** How often its place is told. */
const TELL_MS = 250;
/** So long it reads before others have their turn. */
const TURN_MS = 12;
/** More messages than these that wait for a picture of a video: it is waited for too. */
const MOST_WAITING = 64;

/** What a recorded channel is fed with; what it says goes nowhere. */
class Feed implements LineSocket {
  onBytes: (bytes: Uint8Array) => void = () => {};
  flow(onBytes: (bytes: Uint8Array) => void): void {
    this.onBytes = onBytes;
  }
  send(): void {}
  close(): void {}
}

export class Playback implements Running, LineHost {
  readonly inputs = null;
  readonly agent = null;
  readonly origin = { x: 0, y: 0 };
  readonly place = (x: number, y: number) => ({ x, y, displayId: 0 });
  readonly #file: Blob;
  readonly #host: PlaybackHost;
  // deno-lint-ignore no-explicit-any
  #lines = new Map<string, { line: Line<any, any>; feed: Feed }>();
  readonly #streams = new Set<Streams>();
  #session: SessionHost | null = null;
  #waiting: { list: readonly ChannelWait[]; go: () => void }[] = [];
  #over = false;
  #failure: unknown = null;
  /** Where it is, in the recording's milliseconds, at a moment of the clock. */
  #ms = 0;
  #at = performance.now();
  #paused = false;
  #speed = 1;
  #rewind = false;
  /** Everything was shown: who plays on plays it again. */
  #ended = false;
  /** When its place was told last. */
  #told = -Infinity;
  #wake = () => {};

  constructor(file: Blob, host: PlaybackHost) {
    this.#file = file;
    this.#host = host;
  }

  get work(): SessionWork {
    let receivedBytes = 0, busyMs = 0;
    for (const { line } of this.#lines.values()) {
      receivedBytes += line.receivedBytes;
      busyMs += line.busyMs;
    }
    return { receivedBytes, sentBytes: 0, busyMs };
  }

  /** Plays until it is closed; stops at the end, from where it can be sent back. */
  async run(): Promise<void> {
    const file = await SessionFile.open(this.#file);
    this.#at = performance.now();
    this.#begin();
    this.#session?.up();
    let turn = performance.now();
    for (let next = await file.next(); !this.#over;) {
      if (this.#failure) throw this.#failure;
      const now = performance.now(), read = next === null && !this.#rewind;
      if (now - this.#told >= TELL_MS) this.#tell(file.ms, read);
      if (this.#rewind) {
        this.#rewind = false;
        file.rewind();
        this.#begin();
        next = await file.next();
      } else if (next && next.entry.ms <= this.#place(file.ms)) {
        this.#play(next.entry, next.bytes);
        next = await file.next();
        if (now - turn < TURN_MS && !this.#late()) continue;
        await this.#pause(0);
        turn = performance.now();
      } else {
        const soon = next && !this.#paused ? (next.entry.ms - this.#ms) / this.#speed : TELL_MS;
        await this.#pause(Math.min(soon, TELL_MS));
        turn = performance.now();
      }
    }
  }

  adjust({ paused, speed, seekMs }: { paused?: boolean; speed?: number; seekMs?: number }): void {
    this.#place(Infinity);
    if (paused === false && this.#ended) seekMs ??= 0;
    if (seekMs !== undefined) {
      this.#rewind ||= seekMs < this.#ms;
      this.#ms = Math.max(0, seekMs);
    }
    if (paused !== undefined) this.#paused = paused;
    if (speed !== undefined) this.#speed = Math.min(64, Math.max(1 / 16, speed));
    this.#ended = false;
    this.#told = -Infinity;
    this.#wake();
  }

  close(): void {
    this.#over = true;
    this.#end();
    this.#wake();
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
    this.#session?.settled();
  }

  ended(name: string, error: unknown): void {
    this.#failure = error ?? new RangeError(`The recorded ${name} channel ended`);
    this.#wake();
  }

  #reached(list: readonly ChannelWait[]): boolean {
    return list.every(({ channelType, channelId, messageSerial }) => {
      const known = this.#lines.get(`${channelType}:${channelId}`);
      return known === undefined || known.line.serial >= messageSerial;
    });
  }

  /** Moves on to now; where that is. */
  #place(endMs: number): number {
    const now = performance.now();
    if (!this.#paused) this.#ms += (now - this.#at) * this.#speed;
    this.#at = now;
    return this.#ms = Math.min(this.#ms, endMs);
  }

  #late(): boolean {
    return [...this.#lines.values()].some(({ line }) => line.waiting > MOST_WAITING);
  }

  /** At the end it pauses, once the last picture is drawn. */
  #tell(ofMs: number, read: boolean): void {
    const ms = this.#place(ofMs);
    if (ms >= ofMs && read && ![...this.#lines.values()].some(({ line }) => line.busy)) {
      this.#paused = this.#ended = true;
    }
    this.#told = performance.now();
    this.#host.told(ms, ofMs, this.#paused, this.#speed);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((wake) => {
      const timer = setTimeout(wake, ms);
      this.#wake = () => {
        clearTimeout(timer);
        wake();
      };
    });
  }

  /** Lets go of everything that plays, the browser's video decoders too. */
  #end(): void {
    for (const { line } of this.#lines.values()) line.close();
    for (const streams of this.#streams) streams.destroyAll();
    this.#lines.clear();
    this.#streams.clear();
    this.#waiting = [];
  }

  #begin(): void {
    this.#end();
    this.#session = this.#host.session(this.#host.scene());
  }

  #play({ kind, channelType, channelId, mini }: Entry, bytes: Uint8Array): void {
    switch (kind) {
      case "linked":
        return this.#link(channelType, channelId, mini !== 0);
      case "pointer": {
        const { x, y } = decode(PointerAt, bytes);
        return this.#host.pointer(x, y);
      }
      case "data":
        this.#lines.get(`${channelType}:${channelId}`)?.feed.onBytes(bytes);
    }
  }

  #link(type: number, id: number, mini: boolean): void {
    // the session of that time began anew here
    if (type === Main.id && this.#lines.size > 0) this.#begin();
    const session = this.#session!, feed = new Feed();
    const { scene } = session;
    const nothing = { migrate: () => {}, disconnecting: () => {}, notify: () => {} };
    // deno-lint-ignore no-explicit-any
    const keep = (line: Line<any, any>) => this.#lines.set(`${type}:${id}`, { line, feed });
    if (type === Main.id) {
      const line = new Line(Main, { mini }, feed, this);
      keep(line);
      main(line, {
        base: nothing,
        begun: () => {},
        channels: () => {},
        // whoever looks on does not move the pointer
        mouseMode: () => session.mouseMode("server"),
        guestName: (name) => session.guestName(name),
        mmTime: () => {},
        agent: null,
        migrates: () => {},
      });
    } else if (type === Display.id) {
      const line = new Line(Display, { mini }, feed, this);
      keep(line);
      const streams = new Streams(scene, {
        cannot: () => {},
        report: () => {},
        until: () => 0,
        untilHeard: () => 0,
      });
      this.#streams.add(streams);
      display(line, {
        base: nothing,
        scene,
        streams,
        heads: () => {},
      });
    } else if (type === CursorChannel.id) {
      const line = new Line(CursorChannel, { mini }, feed, this);
      keep(line);
      cursor(line, {
        base: nothing,
        shape: (shape) => session.cursorShape(shape),
        moved: (x, y) => session.cursorMoved(x, y),
      });
    }
  }
}
