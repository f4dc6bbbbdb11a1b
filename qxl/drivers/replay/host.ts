/** The replay's door: files and time. */
import { pipeline, type Readable, type Transform } from "node:stream";
import { createReadStream } from "node:fs";
import { createGunzip, createZstdDecompress, inflateSync } from "node:zlib";
import type { Clock } from "../../../core/clock.ts";
import type { Guest, GuestReport, Keyboard, Pointer } from "../../../core/guest.ts";
import type { CardOptions } from "../../device.ts";
import { Driver } from "../../driver.ts";
import { type Inflate, RecordingError, RecordingReader } from "./recording.ts";
import { Replay, type ReplayOptions } from "./replay.ts";
import { WatchedCard } from "../watched_card.ts";

export interface ReplayHostOptions extends ReplayOptions {
  /** .rec, .rec.zst or .rec.gz: told by its first bytes, not by its name. */
  readonly file: string;
  /** The recording plays on the first card. */
  readonly cards: readonly CardOptions[];
  /** Told to clients; the file's name if not said. */
  readonly name?: string | null;
  /** 16 bytes. */
  readonly uuid?: Uint8Array | null;
}

/** Bytes unpacked at a time. */
const chunkSize = 1 << 18;

type Packing = (() => Transform) | null;

/** How the file is packed; null: not at all. RecordingError: it is no recording. */
async function packingOf(file: string): Promise<Packing> {
  using opened = await Deno.open(file);
  const head = new Uint8Array(13);
  const n = await opened.read(head) ?? 0;
  const magic = new DataView(head.buffer).getUint32(0);
  if (n >= 4 && magic === 0x28b52ffd) return () => createZstdDecompress({ chunkSize });
  if (n >= 2 && magic >>> 16 === 0x1f8b) return () => createGunzip({ chunkSize });
  if (new TextDecoder("latin1").decode(head.subarray(0, n)) === "SPICE_REPLAY ") return null;
  throw new RecordingError(
    `Cannot read ${file}: it begins neither like a recording ("SPICE_REPLAY 1") nor like zstd or gzip`,
  );
}

/** The file from its start, unpacked, and read no faster than it is taken. */
async function* unpacked(file: string, packing: Packing): AsyncGenerator<Uint8Array> {
  const source: Readable = createReadStream(file, { highWaterMark: chunkSize });
  const stream: Readable = packing ? pipeline(source, packing(), () => {}) : source;
  try {
    for await (const chunk of stream) yield chunk;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RecordingError(`Cannot unpack ${file}: ${reason}`);
  } finally {
    source.destroy();
  }
}

const inflate: Inflate = (packed, size) =>
  inflateSync(packed, { maxOutputLength: Math.max(1, size) });

/** Keys and motions go nowhere: a recording does what it did. */
const keyboard: Keyboard = { leds: 0, scancode: () => {}, onLeds: () => {} };
const pointer: Pointer = {
  absolute: true,
  onAbsolute: () => {},
  motion: () => {},
  position: () => {},
  press: () => {},
  release: () => {},
};

const clock: Clock = {
  now: () => performance.now(),
  // SPEC: in Deno 2 only an event loop that comes to rest serves sockets well: a timer lets it,
  // while with setImmediate or a MessageChannel one turn in a hundred looks at them
  after: (ms, call) => {
    const id = setTimeout(call, ms);
    return () => clearTimeout(id);
  },
};

/** Plays a recording. Rejects when the file cannot be read; a bad event rejects `done`. */
export async function start(options: ReplayHostOptions): Promise<Guest> {
  const { file, cards } = options;
  const packing = await packingOf(file);
  const all = cards.map((settings, id) => new WatchedCard({ ...settings, id }));
  const card = all[0];
  const replay = new Replay({
    driver: new Driver(card),
    audience: () => card.audience,
    open: () => unpacked(file, packing),
    reader: () => new RecordingReader(file, inflate),
    clock,
  }, options);
  const done: Promise<GuestReport> = replay.play();
  // whoever cares looks at it later
  done.catch(() => {});
  const name = options.name ?? file.replace(/^.*[/\\]/, "").replace(/\.rec(\.zst|\.gz)?$/, "");
  const uuid = options.uuid ?? undefined;
  return { name, uuid, displays: all, keyboard, pointer, done, close: () => replay.stop() };
}
