/**
 * QEMU's monitor: lines of JSON. Sources of truth: docs/interop/qmp-spec.rst, qapi/run-state.json and
 * qapi/char.json of QEMU.
 */
import { ProtocolError } from "../../../core/binary/error.ts";
import { bytesOfText } from "../../../core/binary/text.ts";
import type { Clock } from "../../../core/clock.ts";
import type { Duplex } from "../../../core/link/duplex.ts";
import { writeAll } from "../../../core/link/exact.ts";

/** What QEMU tells unasked. */
export interface QmpEvent {
  /** `STOP`, `RESUME`, `VSERPORT_CHANGE`, … */
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A monitor as those who use it see it. */
export interface Monitor {
  /** A QEMU is there and listens. */
  readonly connected: boolean;
  /** What QEMU answers; rejects when it refuses, does not answer, or is not there. */
  execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Called with every event, and with `CONNECTED` and `DISCONNECTED`, which are ours. */
  onEvent(listener: (event: QmpEvent) => void): void;
}

/** No line of QEMU's is longer. */
const MAX_LINE = 1 << 20;
/** Commands that wait for their answers. */
const MAX_WAITING = 64;
/** So long QEMU may take to answer; what comes later is passed over. */
const ANSWER_MS = 5000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A monitor behind a socket that may come and go. */
export class Qmp implements Monitor {
  readonly #listeners: ((event: QmpEvent) => void)[] = [];
  readonly #connect: () => Promise<Duplex>;
  readonly #rest: () => Promise<void>;
  readonly #clock: Clock;
  #duplex: Duplex | null = null;
  #ready = false;
  #closed = false;
  #nextId = 0;
  #waiting = new Map<number, Waiting>();
  #writing: Promise<void> = Promise.resolve();

  /** rest: what to wait for between two connections. */
  constructor(connect: () => Promise<Duplex>, rest: () => Promise<void>, clock: Clock) {
    this.#connect = connect;
    this.#rest = rest;
    this.#clock = clock;
  }

  get connected(): boolean {
    return this.#ready;
  }

  onEvent(listener: (event: QmpEvent) => void): void {
    this.#listeners.push(listener);
  }

  async execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    if (!this.#ready) throw new Error(`Cannot do ${command}: QEMU's monitor is not there`);
    return await this.#say(command, args);
  }

  /** Until closed. */
  async run(): Promise<void> {
    while (!this.#closed) {
      try {
        const duplex = this.#duplex = await this.#connect();
        if (!this.#closed) await this.#converse(duplex);
      } catch {
        // it comes back, or the guest's pictures say that it does not
      }
      this.#lost();
      if (!this.#closed) await this.#rest();
    }
  }

  close(): void {
    this.#closed = true;
    this.#duplex?.close();
  }

  async #converse(duplex: Duplex): Promise<void> {
    const buffer = new Uint8Array(16 << 10);
    const decoder = new TextDecoder();
    let line = "";
    for (;;) {
      const n = await duplex.read(buffer);
      if (n === null) return;
      const pieces = (line + decoder.decode(buffer.subarray(0, n), { stream: true })).split("\n");
      line = pieces.pop()!;
      if (line.length > MAX_LINE) {
        throw new ProtocolError(`QEMU's monitor sends a line of more than ${MAX_LINE} characters`);
      }
      for (const piece of pieces) if (piece.trim() !== "") this.#hear(piece);
    }
  }

  #hear(line: string): void {
    const message = JSON.parse(line);
    if (typeof message !== "object" || message === null) {
      throw new ProtocolError("QEMU's monitor sends something that is no object");
    }
    if ("QMP" in message) {
      this.#say("qmp_capabilities", {}).then(() => {
        this.#ready = true;
        this.#tell({ event: "CONNECTED", data: {} });
      }).catch(() => this.#duplex?.close());
    } else if ("event" in message) {
      this.#tell({ event: String(message.event), data: message.data ?? {} });
    } else {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if ("return" in message) waiting?.resolve(message.return);
      else waiting?.reject(new Error(`QEMU refuses: ${message.error?.desc ?? line}`));
    }
  }

  #say(execute: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    const duplex = this.#duplex;
    if (!duplex || this.#waiting.size >= MAX_WAITING) {
      return Promise.reject(new Error(`Cannot do ${execute}: QEMU's monitor does not answer`));
    }
    const id = this.#nextId++;
    const bytes = bytesOfText(JSON.stringify({ execute, arguments: args, id }) + "\n");
    this.#writing = this.#writing.then(() => writeAll(duplex, bytes)).catch(() => duplex.close());
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    const patience = this.#clock.after(ANSWER_MS, () => {
      this.#waiting.delete(id);
      reject(new Error(`QEMU's monitor does not answer ${execute} within ${ANSWER_MS} ms`));
    });
    return promise.finally(patience);
  }

  #tell(event: QmpEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #lost(): void {
    this.#duplex?.close();
    this.#duplex = null;
    for (const { reject } of this.#waiting.values()) {
      reject(new Error("The connection to QEMU's monitor was lost"));
    }
    this.#waiting.clear();
    this.#writing = Promise.resolve();
    if (!this.#ready) return;
    this.#ready = false;
    this.#tell({ event: "DISCONNECTED", data: {} });
  }
}
