/**
 * A recording of libspice-server (`SPICE_REPLAY 1`) as events, read while it arrives.
 * Source of truth: server/red-record-qxl.cpp of spice 0.15; enum RedWorkerMessage in red-worker.h.
 */
import type { CursorCommand } from "../../../core/guest.ts";
import type { SurfaceFormat } from "../../../core/protocol/display.ts";
import type { Drawing, Rect } from "../../../core/protocol/drawing.ts";
import { commandOf, messageOf } from "./recorded_commands.ts";
import type { DrawOptions } from "./recorded_drawing.ts";
import { type Inflate, key, RecordText, shortage } from "./record_text.ts";

export { type Inflate, RecordingError } from "./record_text.ts";
export type { DrawOptions } from "./recorded_drawing.ts";

/** What the guest did. Bytes in it are views of the recording: right until the next read. */
export type RecordedAction =
  | { kind: "draw"; drawing: Drawing; options: DrawOptions }
  /** QXL_DRAW_NOP */
  | { kind: "nop" }
  | { kind: "update"; surfaceId: number; area: Rect }
  | { kind: "cursor"; command: CursorCommand }
  /** QXL_CMD_MESSAGE: the driver's log line. */
  | { kind: "message"; text: Uint8Array }
  | {
    kind: "surfaceCreate";
    id: number;
    format: SurfaceFormat;
    width: number;
    height: number;
    /** Negative: the bottom row lies first. */
    stride: number;
    /** As they lie in memory; null: the contents are of no interest. */
    pixels: Uint8Array | null;
  }
  | { kind: "surfaceDestroy"; id: number }
  | {
    kind: "primaryCreate";
    width: number;
    height: number;
    /** Negative: the bottom row lies first. */
    stride: number;
    format: SurfaceFormat;
    position: number;
    mouseMode: number;
    flags: number;
    type: number;
    /** |stride| × height bytes as they lie in memory. */
    pixels: Uint8Array;
  }
  | { kind: "primaryDestroy" }
  /** QXL_IO_DESTROY_ALL_SURFACES: the primary too. */
  | { kind: "surfacesDestroy" }
  /** Memory slots, wake-ups, start and stop: nothing to be seen. message: RED_WORKER_MESSAGE_*. */
  | { kind: "worker"; message: number };

export interface RecordedEvent {
  /** The event's own counter. */
  readonly number: number;
  /** Nanoseconds of the recorder's monotonic clock. */
  readonly timeNs: number;
  /** From the command or cursor ring, and not from an I/O port. */
  readonly command: boolean;
  readonly action: RecordedAction;
}

const headKey = key("SPICE_REPLAY "), eventKey = key("event ");

/** Bytes in, events out: `push` until `next` has something, `end` after the last byte. */
export class RecordingReader {
  #text: RecordText;
  #begun = false;
  #line = new Float64Array(4);

  /** name: for errors. inflate: only needed for recordings whose bodies are packed one by one. */
  constructor(name: string, inflate?: Inflate) {
    this.#text = new RecordText(name, inflate);
  }

  /** The chunk is not to change until the next push. */
  push(chunk: Uint8Array): void {
    this.#text.push(chunk);
  }

  end(): void {
    this.#text.end();
  }

  /** Bytes that the reader holds beside the last piece: some more than the largest event has. */
  get held(): number {
    return this.#text.held;
  }

  /** The next event; null: push more, or all was read. Throws RecordingError. */
  next(): RecordedEvent | null {
    const text = this.#text;
    if (!text.promising) return null;
    try {
      if (!this.#begun) this.#head();
      if (text.over) return null;
      const event = this.#event();
      text.accept();
      return event;
    } catch (error) {
      if (error !== shortage) throw error;
      text.retreat();
      return null;
    }
  }

  #head(): void {
    const version = this.#text.number(headKey);
    if (version !== 1) this.#text.fail(`version ${version}, and only 1 is known`);
    this.#text.accept();
    this.#begun = true;
  }

  #event(): RecordedEvent {
    const [number, what, type, timeNs] = this.#text.numbers(eventKey, this.#line);
    this.#text.event = number;
    if (what !== 0 && what !== 1) {
      this.#text.fail(`an event that is ${what}, neither command (0) nor port (1)`);
    }
    const action = what === 0 ? commandOf(this.#text, type) : messageOf(this.#text, type);
    return { number, timeNs, command: what === 0, action };
  }
}

/** All events of a recording that is in memory. */
export function* readRecording(
  bytes: Uint8Array,
  name: string,
  inflate?: Inflate,
): Generator<RecordedEvent, void, undefined> {
  const reader = new RecordingReader(name, inflate);
  reader.push(bytes);
  reader.end();
  for (let event = reader.next(); event; event = reader.next()) yield event;
}
