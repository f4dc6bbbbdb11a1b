/**
 * What the client's microphone hears, for the guest: only while something inside it records.
 * Source of truth: spice.proto, RecordChannel; sound.cpp, RecordChannelClient::handle_message.
 */
import { ProtocolError } from "../core/binary/error.ts";
import type { Cancel } from "../core/clock.ts";
import { OPUS_CHANNELS, OPUS_RATE, OpusDecoder } from "../core/codecs/opus/mod.ts";
import type { GuestMicrophone } from "../core/guest.ts";
import { Outbox } from "../core/link/outbox.ts";
import { Peer } from "../core/link/peer.ts";
import { Capabilities, RecordCap } from "../core/protocol/capabilities.ts";
import type { Answers } from "../core/protocol/channel.ts";
import type { AudioDataMode } from "../core/protocol/playback.ts";
import { RecordChannel } from "../core/protocol/record.ts";
import { baseAnswers } from "./base.ts";
import type { Client } from "./client.ts";
import type { Linked } from "./link_stage.ts";
import type { Conversation, Service } from "./service.ts";

/** A third of a second as it is; sound.cpp has 16 KiB. */
const LIMIT_BYTES = 1 << 16;
const OUTBOX_BYTES = 1 << 16;
const FRAME_BYTES = 2 * OPUS_CHANNELS;

/** One microphone at a time. */
export class RecordService implements Service {
  readonly name = "record";
  readonly type = RecordChannel.id;
  readonly id = 0;
  readonly capabilities = Capabilities.of(RecordCap.volume, RecordCap.opus);
  readonly exclusive = true;
  #current: RecordConversation | null = null;

  constructor(readonly microphone: GuestMicrophone) {
    microphone.onWanted((wanted) => this.#current?.want(wanted));
  }

  open(client: Client, linked: Linked): Conversation {
    const conversation = new RecordConversation(this.microphone, client, linked, () => {
      if (this.#current === conversation) this.#current = null;
    });
    return this.#current = conversation;
  }
}

class RecordConversation implements Conversation {
  readonly #microphone: GuestMicrophone;
  readonly #peer;
  readonly #onClosed: Cancel;
  #mode: AudioDataMode = "raw";
  #decoder: OpusDecoder | null = null;
  #recording = false;

  constructor(microphone: GuestMicrophone, client: Client, linked: Linked, onClosed: Cancel) {
    this.#microphone = microphone;
    this.#onClosed = onClosed;
    this.#peer = new Peer({
      incoming: RecordChannel.client,
      outgoing: RecordChannel.server,
      mini: linked.mini,
      limitBytes: LIMIT_BYTES,
      outbox: new Outbox(OUTBOX_BYTES),
    });
    this.#peer.answer({ ...baseAnswers(client, this.#peer), ...this.#answers() });
    // SPEC: not before: at `start` clients ask the person for the microphone
    if (microphone.wanted) this.want(true);
  }

  get serial(): bigint {
    return this.#peer.serial;
  }

  get outbox() {
    return this.#peer.outbox;
  }

  receive(bytes: Uint8Array): void {
    this.#peer.receive(bytes);
  }

  closed(): void {
    this.#onClosed();
    this.#decoder?.[Symbol.dispose]();
    this.#decoder = null;
  }

  /** The guest begins or ends to record. */
  want(wanted: boolean): void {
    if (wanted === this.#recording) return;
    this.#recording = wanted;
    if (!wanted) return this.#peer.send.stop();
    this.#peer.send.start({ channels: OPUS_CHANNELS, format: "s16", frequency: OPUS_RATE });
  }

  #answers(): Omit<
    Answers<typeof RecordChannel.client.table>,
    keyof ReturnType<typeof baseAnswers>
  > {
    return {
      mode: ({ mode }) => {
        if (mode !== "raw" && mode !== "opus") {
          throw new ProtocolError(`the client records as ${mode}; here are raw and Opus`);
        }
        this.#mode = mode;
        this.#decoder?.[Symbol.dispose]();
        this.#decoder = null;
      },
      startMark: () => {},
      data: ({ data }) => {
        // what is still on its way when the guest ends is nobody's
        if (this.#recording) this.#microphone.spoken(this.#samples(data));
      },
    };
  }

  #samples(data: Uint8Array): Int16Array {
    if (this.#mode === "opus") {
      try {
        return (this.#decoder ??= new OpusDecoder()).decode(data);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new ProtocolError(`the client's sound cannot be decoded: ${error.message}`);
      }
    }
    if (data.length % FRAME_BYTES !== 0) {
      throw new ProtocolError(
        `${data.length} bytes of sound are not whole frames of ${FRAME_BYTES}`,
      );
    }
    // a copy: the bytes may begin anywhere
    return new Int16Array(data.slice().buffer);
  }
}
