/**
 * A PulseAudio server's sound, or PipeWire's: what is played into a sink is heard from its monitor; the
 * microphone is played into another, from whose monitor programs record.
 * Source of truth: pulseaudio src/pulse/context.c and stream.c.
 */
import type { Cancel, Clock } from "../../core/clock.ts";
import { ProtocolError } from "../../core/binary/error.ts";
import type { GuestMicrophone, GuestPort, GuestPortUser, GuestSound } from "../../core/guest.ts";
import type { Log } from "../../core/log.ts";
import * as wire from "../../core/pulse/commands.ts";
import { decode } from "../../core/binary/codec.ts";
import { PcmSound } from "./pcm.ts";
import { Inquiry } from "./inquiry.ts";
import { PulseEar } from "./pulse_ear.ts";
import * as questions from "./pulse_questions.ts";
import { PulseStream } from "./pulse_stream.ts";
import { PulseTalk } from "./pulse_talk.ts";
import { Surplus } from "./surplus.ts";

const { Command, Subject } = wire;

/** pulse/def.h: PA_SUBSCRIPTION_EVENT_TYPE_MASK, and what it holds of something new. */
const HAPPENED = 0x30, MADE = 0;

const FRAME_BYTES = 4, BYTES_PER_SECOND = 48_000 * FRAME_BYTES;
/** So much waits at the server, and here, at most; then the sound begins anew. */
const MOST_WAITING_BYTES = BYTES_PER_SECOND;
/** A server that has not told all that is needed by then is asked anew. */
const PATIENCE_MS = 10_000;

export interface PulseNames {
  /** The sink that is heard; null: the default one. */
  readonly sink: string | null;
  /** The sink that the microphone is played into; null: there is no microphone. */
  readonly ear: string | null;
}

export class Pulse implements GuestPortUser {
  readonly sound: GuestSound;
  readonly #names: PulseNames;
  readonly #port: GuestPort;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #pcm: PcmSound;
  readonly #surplus = new Surplus(BYTES_PER_SECOND / 1000);
  readonly #ear: PulseEar | null;
  readonly #heard: PulseStream;
  readonly #spoken: PulseStream;
  #cookie = new Uint8Array(wire.COOKIE_BYTES);
  #talk: PulseTalk | null = null;
  #deadline: Cancel | null = null;
  /** The sink that is heard, and the name of its monitor. */
  #sink: { readonly index: number; readonly source: string } | null = null;
  /** The monitor that is the microphone. */
  #monitor: number | null = null;
  /** Who records. */
  readonly #counted = new Inquiry((answered) => this.#count(answered));
  /** Which sink is the default one. */
  readonly #followed = new Inquiry((answered) => this.#follow(answered));
  /** Whose monitor the microphone is: a sink that is made anew has another. */
  readonly #foundEar = new Inquiry((answered) => this.#findEar(answered));
  /** Bytes of the microphone that the server has room for. */
  #room = 0;
  /** What went wrong last, which was told. */
  #told = "";

  constructor(names: PulseNames, port: GuestPort, clock: Clock, log: Log) {
    this.#names = names;
    this.#port = port;
    this.#clock = clock;
    this.#log = log;
    this.#heard = new PulseStream(
      (created) => this.#record(created),
      (index) => this.#end(Command.deleteRecordStream, index),
    );
    this.#spoken = new PulseStream(
      (created) => this.#play(created),
      (index) => this.#end(Command.deletePlaybackStream, index),
    );
    const pcm = this.#pcm = new PcmSound({ frequency: 48_000, channels: 2 }, clock, () => {});
    this.sound = {
      attach: (listener) => {
        pcm.attach(listener);
        this.#heard.want(listener !== null);
      },
    };
    this.#ear = names.ear === null ? null : new PulseEar((samples) => this.#speak(samples));
    this.#ear?.onWanted((wanted) => this.#spoken.want(wanted));
  }

  /** null: the guest has none. */
  get microphone(): GuestMicrophone | null {
    return this.#ear;
  }

  /** The server is there and has said all that is needed. */
  get open(): boolean {
    return this.#sink !== null;
  }

  /** Somebody hears it. */
  get used(): boolean {
    return this.#pcm.heard;
  }

  /** What the next connection says to be let in: 256 bytes; of the server's own user it is not looked at. */
  set cookie(cookie: Uint8Array<ArrayBuffer>) {
    this.#cookie = cookie;
  }

  data(bytes: Uint8Array): void {
    try {
      this.#talk?.receive(bytes);
    } catch (error) {
      this.#tell(error);
      throw error;
    }
  }

  opened(open: boolean): void {
    this.reset();
    if (!open) return;
    const talk = this.#talk = new PulseTalk(this.#port, {
      command: (command, body) => this.#command(command, body),
      samples: (stream, samples) => this.#samples(stream, samples),
    });
    this.#deadline = this.#clock.after(PATIENCE_MS, () => {
      this.#tell(new ProtocolError(`The sound server says nothing for ${PATIENCE_MS / 1000} s`));
      this.#again();
    });
    talk.ask(questions.auth, { version: wire.VERSION, cookie: this.#cookie }, ({ version }) => {
      const theirs = version & 0xffff;
      if (theirs < wire.VERSION) {
        const text = `speaks version ${theirs} of its protocol; ${wire.VERSION} is needed`;
        throw new ProtocolError(`The sound server ${text}`);
      }
      this.#introduce(talk);
    });
  }

  drained(): void {}

  /** Nothing of a server is left. */
  reset(): void {
    this.#deadline?.();
    this.#talk?.close();
    this.#deadline =
      this.#talk =
      this.#sink =
      this.#monitor =
        null;
    for (const each of [this.#counted, this.#followed, this.#foundEar]) each.reset();
    this.#heard.ready(false);
    this.#spoken.ready(false);
    this.#pcm.reset();
    this.#surplus.reset();
    this.#ear?.reset();
  }

  /** PipeWire knows its sinks when it has answered to our name. */
  #introduce(talk: PulseTalk): void {
    const properties: [string, string][] = [["application.name", "spice-appliance"]];
    talk.ask(questions.clientName, { properties }, () => this.#look(talk));
  }

  #look(talk: PulseTalk): void {
    const { ear, sink } = this.#names;
    const spoken = ear === null ? 0 : Subject.sourceOutput.mask | Subject.sink.mask;
    const mask = Subject.server.mask | spoken;
    talk.tell("to tell of changes", Command.subscribe, wire.Subscribe, { mask });
    talk.ask(questions.sinkInfo(sink), questions.byName(sink), (heard) => {
      if (ear === null) return this.#found(heard);
      talk.ask(questions.sinkInfo(ear), questions.byName(ear), (spoken) => {
        if (spoken.index === heard.index) {
          throw new ProtocolError(`The sink "${ear}" is heard; a microphone needs another`);
        }
        this.#monitor = spoken.monitor;
        this.#found(heard);
        this.#counted.ask();
      });
    });
  }

  #found({ index, monitorName: source }: questions.Sink): void {
    if (source === null) throw new ProtocolError("The sink that is to be heard has no monitor");
    this.#deadline?.();
    this.#deadline = null;
    this.#told = "";
    this.#sink = { index, source };
    this.#log.debug("sound-found", { port: this.#port.name, source });
    this.#heard.ready(true);
    this.#spoken.ready(true);
  }

  #record(created: (index: number) => void): void {
    const { source } = this.#sink!;
    const body = questions.recordFrom(source, MOST_WAITING_BYTES);
    this.#talk!.ask(questions.record(source), body, ({ index }) => created(index));
  }

  #play(created: (index: number) => void): void {
    const ear = this.#names.ear!;
    this.#talk!.ask(questions.play(ear), questions.playInto(ear), ({ index, missing }) => {
      this.#room = Math.min(missing, questions.EAR_BYTES);
      created(index);
    });
  }

  #end(command: number, index: number): void {
    this.#talk!.tell("to end a stream", command, wire.StreamIndex, { index });
  }

  #command(command: number, body: Uint8Array): void {
    switch (command) {
      case Command.request: {
        const { index, bytes } = decode(wire.Request, body);
        if (index !== this.#spoken.index) return;
        this.#room = Math.min(this.#room + bytes, questions.EAR_BYTES);
        return;
      }
      case Command.recordStreamKilled:
      case Command.playbackStreamKilled: {
        const { index } = decode(wire.StreamIndex, body);
        const { index: ours } = command === Command.recordStreamKilled ? this.#heard : this.#spoken;
        // one that we ended ourselves may end twice
        if (index === ours) throw new ProtocolError("The sound server ended our stream");
        return;
      }
      case Command.subscribeEvent: {
        const { event } = decode(wire.SubscribeEvent, body);
        if (this.#sink === null) return;
        const subject = event & 0xf;
        if (subject === Subject.sourceOutput.event) this.#counted.ask();
        else if (subject === Subject.server.event && this.#names.sink === null) {
          this.#followed.ask();
        } else if (subject === Subject.sink.event && (event & HAPPENED) === MADE) {
          this.#foundEar.ask();
        }
      }
    }
  }

  #samples(stream: number, samples: Uint8Array): void {
    if (stream !== this.#heard.index) return;
    if (samples.length % FRAME_BYTES !== 0) {
      throw new ProtocolError(`The sound server sends ${samples.length} bytes of whole frames`);
    }
    const pcm = this.#pcm;
    if (pcm.waitingBytes > MOST_WAITING_BYTES) pcm.reset();
    pcm.data(samples);
    pcm.skip(this.#surplus.of(pcm.waitingBytes, this.#clock.now()));
  }

  /** What the server has no room for is lost. */
  #speak(samples: Int16Array): void {
    const { index } = this.#spoken;
    const most = Math.min(samples.byteLength, this.#room);
    const bytes = most - most % FRAME_BYTES;
    if (index === null || bytes === 0 || this.#port.waitingBytes > questions.EAR_BYTES) return;
    this.#room -= bytes;
    this.#talk!.play(index, new Uint8Array(samples.buffer, samples.byteOffset, bytes));
  }

  #count(answered: () => void): void {
    if (this.#monitor === null) return answered();
    this.#talk!.ask(questions.recorders, {}, ({ all }) => {
      this.#ear!.recorders(all, this.#monitor!);
      answered();
    });
  }

  #follow(answered: () => void): void {
    this.#talk!.ask(questions.sinkInfo(null), questions.byName(null), ({ index }) => {
      if (index === this.#sink?.index) answered();
      else this.#again();
    });
  }

  #findEar(answered: () => void): void {
    const ear = this.#names.ear!;
    this.#talk!.ask(questions.sinkInfo(ear), questions.byName(ear), ({ monitor }) => {
      const same = monitor === this.#monitor;
      this.#monitor = monitor;
      answered();
      if (!same) this.#counted.ask();
    });
  }

  /** Begins with a new connection. */
  #again(): void {
    this.#port.attach(null);
    this.reset();
    this.#port.attach(this);
  }

  /** Once: what is tried again every few seconds fails every few seconds. */
  #tell(error: unknown): void {
    const text = error instanceof Error ? error.message : `${error}`;
    if (text === this.#told) return;
    this.#told = text;
    this.#log.warn("sound-failed", { port: this.#port.name, error });
  }
}
