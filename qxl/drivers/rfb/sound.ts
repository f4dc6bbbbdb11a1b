/**
 * What a QEMU plays, on a connection of its own: on one that also carries pictures QEMU drops sound
 * whenever these wait. Source of truth: audio_capture and its neighbours in QEMU's ui/vnc.c.
 */
import { be, u8 } from "../../../core/binary/cell.ts";
import { ProtocolError } from "../../../core/binary/error.ts";
import type { GuestSound, SoundListener } from "../../../core/guest.ts";
import type { Greeted } from "./handshake.ts";
import { Inbox } from "./inbox.ts";
import { Outgoing } from "./outgoing.ts";
import * as wire from "./wire.ts";

const { AudioOperation, Encoding, ServerMessage } = wire;
const CHANNELS = 2, FREQUENCY = 48000, FRAME_BYTES = CHANNELS * 2;
/** QEMU sends a timer's worth, some 10 ms; nobody sends seconds. */
const MAX_DATA = 1 << 20;
/** Samples are handed on in pieces of so many bytes. */
const PIECE_BYTES = 1 << 14;

/** Listens while somebody hears; comes back when the connection ends. */
export class Sound implements GuestSound {
  readonly #connect: () => Promise<Greeted>;
  readonly #rest: () => Promise<void>;
  #listener: SoundListener | null = null;
  #live: Greeted | null = null;
  #running = false;
  #playing = false;

  /** connect: a new connection; rest: waits before the next attempt. */
  constructor(connect: () => Promise<Greeted>, rest: () => Promise<void>) {
    this.#connect = connect;
    this.#rest = rest;
  }

  attach(listener: SoundListener | null): void {
    if (this.#listener && this.#playing) this.#stopped();
    this.#listener = listener;
    if (listener) this.#run();
    else this.#live?.duplex.close();
  }

  /** The guest is gone or closes. */
  close(): void {
    this.attach(null);
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (this.#listener) {
      try {
        const greeted = this.#live = await this.#connect();
        if (this.#listener) await this.#listen(greeted);
      } catch {
        // the head's own connection tells what is wrong with the server
      } finally {
        this.#live?.duplex.close();
        this.#live = null;
        if (this.#playing) this.#stopped();
      }
      if (this.#listener) await this.#rest();
    }
    this.#running = false;
  }

  async #listen({ duplex }: Greeted): Promise<void> {
    const outgoing = new Outgoing(), inbox = new Inbox(duplex);
    const encodings = [Encoding.raw, Encoding.audio];
    outgoing.say(wire.SetPixelFormat, { type: 0, padding: 0, padding2: 0, pixelFormat: wire.bgrx });
    outgoing.say(wire.SetEncodings, { type: 2, padding: 0, encodings });
    const sending = outgoing.run(duplex);
    // whoever hears of it is `hear`
    sending.catch(() => {});
    try {
      for (;;) await this.#message(inbox, outgoing);
    } finally {
      outgoing.close();
    }
  }

  async #message(inbox: Inbox, outgoing: Outgoing): Promise<void> {
    const type = await inbox.get(u8);
    switch (type) {
      case ServerMessage.framebufferUpdate: {
        await inbox.pass(1);
        for (let n = await inbox.get(be.u16); n > 0; n--) {
          const { encoding } = await inbox.get(wire.RectHead);
          // pictures are not asked for; what else comes has no body
          if (encoding !== Encoding.audio) {
            throw new ProtocolError(
              `The server sends encoding ${encoding} where sound was asked for`,
            );
          }
          this.#ask(outgoing);
        }
        return;
      }
      case ServerMessage.bell:
        return;
      case ServerMessage.serverCutText: {
        const { length } = await inbox.get(wire.CutTextHead);
        return await inbox.pass(Math.abs(length));
      }
      case ServerMessage.qemu:
        return await this.#audio(inbox);
    }
    throw new ProtocolError(`The server sends a message of type ${type} where sound was asked for`);
  }

  #ask(outgoing: Outgoing): void {
    const head = { type: 255, subtype: 1 };
    outgoing.say(wire.AudioSetFormat, {
      ...head,
      operation: 2,
      format: wire.AudioFormat.s16,
      channels: CHANNELS,
      frequency: FREQUENCY,
    });
    outgoing.say(wire.AudioEnable, { ...head, operation: 0 });
  }

  async #audio(inbox: Inbox): Promise<void> {
    const subtype = await inbox.get(u8);
    if (subtype !== 1) throw new ProtocolError(`The server sends a QEMU message ${subtype}`);
    const operation = await inbox.get(AudioOperation);
    if (operation === "begin") return this.#started();
    if (operation === "end") return this.#playing ? this.#stopped() : undefined;
    const size = await inbox.get(be.u32);
    if (size > MAX_DATA || size % FRAME_BYTES !== 0) {
      throw new ProtocolError(`The server sends ${size} bytes of sound at once`);
    }
    if (!this.#playing) this.#started();
    for (let left = size; left > 0;) {
      const n = Math.min(left, PIECE_BYTES);
      // its own buffer: samples must lie at even addresses
      const piece = new Uint8Array(n);
      await inbox.into(piece);
      this.#listener?.played(new Int16Array(piece.buffer));
      left -= n;
    }
  }

  #started(): void {
    if (this.#playing) return;
    this.#playing = true;
    this.#listener?.started();
  }

  #stopped(): void {
    this.#playing = false;
    this.#listener?.stopped();
  }
}
