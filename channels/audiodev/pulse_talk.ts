/**
 * A conversation with a PulseAudio server, or PipeWire's: commands and their answers, and frames of
 * samples. Source of truth: pulseaudio src/pulsecore/pdispatch.c and pstream.c.
 */
import { type Codec, decode, encode } from "../../core/binary/codec.ts";
import { ProtocolError } from "../../core/binary/error.ts";
import type { GuestPort } from "../../core/guest.ts";
import {
  Anything,
  Command,
  CommandHead,
  ErrorReply,
  errorText,
} from "../../core/pulse/commands.ts";
import { CONTROL, FrameHead, Frames } from "../../core/pulse/frames.ts";

/** Who hears what the server says of itself. */
export interface PulseEvents {
  /** body: of a command that answers nothing. */
  command(command: number, body: Uint8Array): void;
  /** The samples are the hearer's. */
  samples(stream: number, samples: Uint8Array): void;
}

/** A command, and what its answer is. what: for people, as in "refuses what". */
export interface Question<T, R> {
  readonly what: string;
  readonly command: number;
  readonly codec: Codec<T>;
  readonly reply: Codec<R>;
}

export class PulseTalk {
  readonly #port: GuestPort;
  readonly #events: PulseEvents;
  readonly #frames: Frames;
  readonly #pending = new Map<number, { what: string; answered: (body: Uint8Array) => void }>();
  #tag = 0;
  #over = false;

  /** For one connection of the port. */
  constructor(port: GuestPort, events: PulseEvents) {
    this.#port = port;
    this.#events = events;
    this.#frames = new Frames((channel, payload) => {
      if (this.#over) return;
      if (channel === CONTROL) this.#command(payload);
      else this.#events.samples(channel, payload);
    });
  }

  /** Bytes of the server. WireError, ProtocolError: the connection is over. */
  receive(bytes: Uint8Array): void {
    this.#frames.push(bytes);
  }

  /** What else comes is nobody's. */
  close(): void {
    this.#over = true;
  }

  /** then: called with the answer. An error for an answer ends the connection. */
  ask<T, R>(question: Question<T, R>, body: T, then: (reply: R) => void = () => {}): void {
    const { what, command, codec, reply } = question, tag = this.#tag++;
    this.#pending.set(tag, { what, answered: (bytes) => then(decode(reply, bytes)) });
    const head = encode(CommandHead, { command, tag }), rest = encode(codec, body);
    const whole = new Uint8Array(head.length + rest.length);
    whole.set(head);
    whole.set(rest, head.length);
    this.#send(CONTROL, whole);
  }

  /** The same, of which only an error is looked at. */
  tell<T>(what: string, command: number, codec: Codec<T>, body: T): void {
    this.ask({ what, command, codec, reply: Anything }, body);
  }

  /** Samples for a stream, behind its last. */
  play(stream: number, samples: Uint8Array): void {
    this.#send(stream, samples);
  }

  #send(channel: number, payload: Uint8Array): void {
    this.#port.write(encode(FrameHead, { length: payload.length, channel, offset: 0n, flags: 0 }));
    this.#port.write(payload);
  }

  #command(payload: Uint8Array): void {
    const { command, tag } = decode(CommandHead, payload.subarray(0, CommandHead.min));
    const body = payload.subarray(CommandHead.min);
    if (command !== Command.reply && command !== Command.error) {
      return this.#events.command(command, body);
    }
    const asked = this.#pending.get(tag);
    if (!asked) throw new ProtocolError(`The sound server answers what nobody asked (tag ${tag})`);
    this.#pending.delete(tag);
    if (command === Command.reply) return asked.answered(body);
    const { code } = decode(ErrorReply, body);
    throw new ProtocolError(`The sound server refuses ${asked.what}: ${errorText(code)}`);
  }
}
