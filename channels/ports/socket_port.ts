/**
 * A guest's port at the other end of a socket: what QEMU has as a chardev. It is opened again, with
 * ever longer pauses, when it ends or cannot be had.
 */
import type { Clock } from "../../core/clock.ts";
import type { GuestPort, GuestPortKind, GuestPortUser } from "../../core/guest.ts";
import type { Duplex } from "../../core/link/duplex.ts";
import { Gate } from "../../core/link/gate.ts";
import { Outbox } from "../../core/link/outbox.ts";
import { pump } from "../../core/link/pump.ts";
import type { Log } from "../../core/log.ts";

/** Where streams come from: connecting, or a socket that listens. */
export interface StreamSource {
  /** The next stream. Rejects when it cannot be had now, or when nobody waits for it any more. */
  next(signal: AbortSignal): Promise<Duplex>;
  /** Opens nothing more. May be called again. */
  close(): void;
}

export interface SocketPortOptions {
  readonly kind: GuestPortKind;
  readonly name: string;
  readonly source: StreamSource;
  /** Only while somebody uses it: the guest sees a device plugged in as long as the socket is open. */
  readonly lazy: boolean;
  /** The longest pause between two tries; null: the end of the first stream is the end. */
  readonly longestPauseMs: number | null;
  /** A stream that is ended can be had again at once. */
  readonly renewable?: boolean;
  /** Nobody has it any more. */
  readonly onFreed?: () => void;
  /** Calls whenever a program inside the guest opens or closes it; not there: nobody knows. */
  readonly watch?: (listener: (open: boolean | null) => void) => () => void;
  readonly clock: Clock;
  readonly log: Log;
}

const SHORTEST_PAUSE_MS = 100;
/** A stream that lasted less long was no success. */
const PROPER_MS = 1000;
/** So long the last words of who had a card reader may take: QEMU's keeps the card when its socket just closes. */
const LAST_WORDS_MS = 1000;
/** More than any proper user has waiting. */
const OUTBOX_BYTES = 64 << 20;

export class SocketPort implements GuestPort {
  readonly kind: GuestPortKind;
  readonly name: string;
  readonly #options: SocketPortOptions;
  #user: GuestPortUser | null = null;
  #gate = new Gate();
  #outbox = new Outbox(OUTBOX_BYTES);
  #stream: Duplex | null = null;
  /** Ends the present life of the socket. */
  #life: AbortController | null = null;
  #closed = false;
  /** A program inside the guest has it open; null: nobody knows. */
  #inside: boolean | null = null;
  readonly #unwatch: () => void;

  constructor(options: SocketPortOptions) {
    this.#options = options;
    this.kind = options.kind;
    this.name = options.name;
    this.#renew();
    this.#unwatch = options.watch?.((open) => this.#watched(open)) ?? (() => {});
    if (!options.lazy) this.#live();
  }

  get open(): boolean {
    return this.#stream !== null && this.#inside !== false;
  }

  /** Somebody has it. */
  get used(): boolean {
    return this.#user !== null;
  }

  get waitingBytes(): number {
    return this.#outbox.waitingBytes;
  }

  attach(user: GuestPortUser | null): void {
    if (user === this.#user) return;
    const had = this.#user !== null;
    this.#user = null;
    // who comes after somebody else begins anew, and so does the far end
    if (had) this.#die();
    this.#user = user;
    if (user !== null || !this.#options.lazy) this.#live();
    if (user === null) this.#options.onFreed?.();
  }

  write(bytes: Uint8Array): void {
    if (this.#outbox.closed || bytes.length === 0) return;
    const { writer } = this.#outbox;
    writer.put(bytes);
    this.#outbox.filled();
  }

  flow(on: boolean): void {
    if (on) this.#gate.open();
    else this.#gate.shut();
  }

  /** May be called again. */
  close(): void {
    this.#closed = true;
    this.#user = null;
    this.#unwatch();
    this.#die();
    this.#options.source.close();
  }

  /** What the machine tells, which may be that a program has it open anew. */
  #watched(inside: boolean | null): void {
    const was = this.open, anew = inside === true && this.#inside === true;
    this.#inside = inside;
    if (was && (anew || !this.open)) {
      this.#user?.opened(false);
      // what is on its way was for a program that is gone: a new stream begins without it
      if (this.#options.renewable) {
        this.#die();
        if (this.#user !== null || !this.#options.lazy) this.#live();
      } else if (this.open) this.#user?.opened(true);
    } else if (!was && this.open) this.#user?.opened(true);
  }

  #die(): void {
    this.#life?.abort();
    this.#life = null;
    this.#stream = null;
    this.#renew();
  }

  /** What was written for a stream that is gone is void; a card reader's still leaves. */
  #renew(): void {
    this.#outbox.close();
    this.#gate.open();
    this.#gate = new Gate();
    this.#outbox = new Outbox(OUTBOX_BYTES);
    const outbox = this.#outbox;
    outbox.onRoom = () => {
      if (outbox === this.#outbox) this.#user?.drained();
    };
  }

  #live(): void {
    if (this.#life || this.#closed) return;
    this.#life = new AbortController();
    this.#run(this.#life.signal);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { source, clock, longestPauseMs } = this.#options;
    let pauseMs = SHORTEST_PAUSE_MS, told = false;
    while (!signal.aborted) {
      const since = clock.now();
      let stream: Duplex | null = null;
      try {
        stream = await source.next(signal);
      } catch (error) {
        // once: a guest that is off for the night is no news every ten seconds
        if (!told && !signal.aborted) this.#log("info", "port-waits", { error });
        told = true;
      }
      if (signal.aborted) return stream?.close();
      if (stream) {
        await this.#carry(stream, signal);
        if (signal.aborted) return;
        told = false;
        if (longestPauseMs === null) return this.#log("warn", "port-ended", {});
        if (clock.now() - since >= PROPER_MS) pauseMs = SHORTEST_PAUSE_MS;
      }
      await pause(clock, pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs ?? Infinity);
    }
  }

  async #carry(stream: Duplex, signal: AbortSignal): Promise<void> {
    const outbox = this.#outbox, { clock } = this.#options;
    let late = () => {};
    const end = () => {
      if (this.kind !== "smartcard") return stream.close();
      late = clock.after(LAST_WORDS_MS, () => stream.close());
    };
    signal.addEventListener("abort", end);
    this.#stream = stream;
    this.#log("debug", "port-opened", {});
    if (this.open) this.#user?.opened(true);
    let failure: unknown;
    try {
      if (this.#stream !== stream) return;
      await pump(stream, {
        outbox,
        gate: this.#gate,
        receive: (bytes) => {
          if (this.#stream === stream) this.#user?.data(bytes);
        },
      });
    } catch (error) {
      failure = error;
    } finally {
      late();
      signal.removeEventListener("abort", end);
      stream.close();
    }
    this.#log("debug", "port-closed", failure === undefined ? {} : { error: failure });
    if (signal.aborted || this.#stream !== stream) return;
    const was = this.open;
    this.#stream = null;
    this.#renew();
    if (was) this.#user?.opened(false);
  }

  #log(level: "debug" | "info" | "warn", event: string, fields: Record<string, unknown>): void {
    this.#options.log[level](event, { port: this.name, ...fields });
  }
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal.addEventListener("abort", done);
  });
}
