/// <reference lib="dom" />
/**
 * A recorded session: what the server said on each channel, byte for byte, and when. No keys, no
 * passwords and nothing of the guest's agent, its clipboard, are in it, only where the pointer was.
 *
 *     FileHead, then Entry and its bytes, again and again
 */
import { enumOf, u32, u8 } from "../../core/binary/cell.ts";
import { decode, encode, type Value } from "../../core/binary/codec.ts";
import { struct } from "../../core/binary/struct.ts";

/** "SPICESES" as two little-endian numbers. */
const MAGIC = { magic: 0x43495053, more: 0x53455345 } as const;
const VERSION = 1;

const FileHead = struct("FileHead", {
  magic: u32,
  more: u32,
  version: u32,
  /** How long it is. */
  ms: u32,
});

/** What happened. linked: a channel begins (anew). data: it brought bytes. pointer: PointerAt. */
const EntryKind = enumOf(u8, { linked: 0, data: 1, pointer: 2 });

const Entry = struct("Entry", {
  /** Since the beginning. */
  ms: u32,
  kind: EntryKind,
  /** ChannelType; and which of them. */
  channelType: u8,
  channelId: u8,
  /** 1: its messages have small headers. */
  mini: u8,
  /** Bytes that follow. */
  size: u32,
});
export type Entry = Value<typeof Entry>;

/** Where the pointer of this client was, in pixels of the display. */
export const PointerAt = struct("PointerAt", { x: u32, y: u32 });

const FILE_TYPE = "application/x-spice-session";
export const FILE_ENDING = ".spice-session";
const FILE_HEAD_BYTES = 16;
const ENTRY_BYTES = 12;
/** A file beyond it would be of no use to anybody. */
const MOST_BYTES = 2 ** 31;
/** Bytes that are kept in memory before the browser may put them on a disk. */
const PART_BYTES = 4 << 20;

export class Recorder {
  readonly #now: () => number;
  readonly #start: number;
  readonly #parts: Blob[] = [];
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #waitingBytes = 0;
  bytes = FILE_HEAD_BYTES;

  /** now: milliseconds of any clock. */
  constructor(now: () => number) {
    this.#now = now;
    this.#start = now();
  }

  get ms(): number {
    return Math.round(this.#now() - this.#start);
  }

  /** No more is taken. */
  get full(): boolean {
    return this.bytes >= MOST_BYTES;
  }

  linked(channelType: number, channelId: number, mini: boolean): void {
    this.#note("linked", channelType, channelId, mini, new Uint8Array());
  }

  data(channelType: number, channelId: number, bytes: Uint8Array): void {
    this.#note("data", channelType, channelId, false, bytes.slice());
  }

  pointer(x: number, y: number): void {
    this.#note("pointer", 0, 0, false, encode(PointerAt, { x, y }));
  }

  /** The file so far. */
  file(): Blob {
    this.#pack();
    const head = encode(FileHead, { ...MAGIC, version: VERSION, ms: this.ms });
    return new Blob([head, ...this.#parts], { type: FILE_TYPE });
  }

  #note(
    kind: Entry["kind"],
    channelType: number,
    channelId: number,
    mini: boolean,
    bytes: Uint8Array<ArrayBuffer>,
  ): void {
    if (this.full) return;
    const size = bytes.length;
    const entry = { ms: this.ms, kind, channelType, channelId, mini: mini ? 1 : 0, size };
    this.#waiting.push(encode(Entry, entry), bytes);
    this.#waitingBytes += ENTRY_BYTES + size;
    this.bytes += ENTRY_BYTES + size;
    if (this.#waitingBytes > PART_BYTES) this.#pack();
  }

  #pack(): void {
    this.#parts.push(new Blob(this.#waiting));
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

/** Reads a file from its beginning, a window at a time. */
export class SessionFile {
  readonly #file: Blob;
  #window: Uint8Array<ArrayBuffer> = new Uint8Array();
  #at = 0;
  /** Of the file, where the window ends. */
  #read = 0;

  private constructor(file: Blob, readonly ms: number) {
    this.#file = file;
  }

  /** Rejects with a RangeError when it is no such file. */
  static async open(file: Blob): Promise<SessionFile> {
    const bytes = await bytesOf(file, 0, FILE_HEAD_BYTES);
    if (bytes.length < FILE_HEAD_BYTES) throw new RangeError("This file is no recorded session");
    const { magic, more, version, ms } = decode(FileHead, bytes);
    if (magic !== MAGIC.magic || more !== MAGIC.more) {
      throw new RangeError("This file is no recorded session");
    }
    if (version !== VERSION) {
      throw new RangeError(`This recording has version ${version}; this console reads ${VERSION}`);
    }
    const opened = new SessionFile(file, ms);
    opened.rewind();
    return opened;
  }

  rewind(): void {
    this.#window = new Uint8Array();
    this.#at = 0;
    this.#read = FILE_HEAD_BYTES;
  }

  /** The next entry with its bytes; null: the end. RangeError: the file is cut off there. */
  async next(): Promise<{ entry: Entry; bytes: Uint8Array } | null> {
    const left = this.#window.length - this.#at + this.#file.size - this.#read;
    if (left === 0) return null;
    const entry = decode(Entry, await this.#take(ENTRY_BYTES));
    return { entry, bytes: await this.#take(entry.size) };
  }

  async #take(size: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#window.length - this.#at < size) await this.#more(size);
    return this.#window.subarray(this.#at, this.#at += size);
  }

  async #more(size: number): Promise<void> {
    const rest = this.#window.length - this.#at;
    const from = this.#read - rest;
    if (this.#file.size - from < size) throw new RangeError("The recording is cut off");
    const to = Math.min(this.#file.size, from + Math.max(size, PART_BYTES));
    this.#window = await bytesOf(this.#file, from, to);
    this.#at = 0;
    this.#read = to;
  }
}

const bytesOf = async (file: Blob, from: number, to: number) =>
  new Uint8Array(await file.slice(from, to).arrayBuffer());
