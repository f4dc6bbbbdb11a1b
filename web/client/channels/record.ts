/// <reference lib="dom" />
/**
 * What the microphone hears, for a guest that records.
 * Source of truth: spice.proto, RecordChannel; spice-gtk's channel-record.c.
 */
import { Capabilities, RecordCap } from "../../../core/protocol/capabilities.ts";
import type { RecordChannel } from "../../../core/protocol/record.ts";
import type { ClientAnswers, Line } from "../line.ts";
import { Mending } from "../sound/mending.ts";
import { opusEncoder } from "../sound/opus.ts";

type Client = typeof RecordChannel.client.table;
type Server = typeof RecordChannel.server.table;

export const recordCaps = Capabilities.of(RecordCap.volume, RecordCap.opus);

export interface RecordHost {
  base: Pick<ClientAnswers<Server>, "migrate" | "disconnecting" | "notify">;
  /** The guest begins or ends to record. */
  wanted(wanted: boolean): void;
  cannot(why: string): void;
}

/** The client's end of the channel. */
export class RecordLine {
  #encoder: Mending<Float32Array<ArrayBuffer>> | null = null;
  #over = false;

  constructor(line: Line<Client, Server>, host: RecordHost) {
    const time = () => Math.round(performance.now()) >>> 0;
    line.attend({
      ...host.base,
      start: async () => {
        this.#drop();
        const encoded = (packet: Uint8Array) => {
          this.#encoder?.worked();
          line.send.data({ time: time(), data: packet });
          line.flush();
        };
        const encoder = await Mending.make(
          (failed) => opusEncoder(encoded, failed),
          (error) => host.cannot(`${error}`),
        );
        // it may have ended meanwhile: then nobody is to be asked for the microphone
        if (this.#over) return encoder.close();
        this.#encoder = encoder;
        line.send.mode({ time: time(), mode: "opus", data: new Uint8Array(0) });
        line.send.startMark({ time: time() });
        host.wanted(true);
      },
      stop: () => {
        this.#drop();
        host.wanted(false);
      },
      volume: () => {},
      mute: () => {},
    });
  }

  /** samples: 480 frames of both channels, interleaved. */
  spoken(samples: Float32Array<ArrayBuffer>): void {
    this.#encoder?.push(samples);
  }

  /** The channel is over. */
  close(): void {
    this.#over = true;
    this.#drop();
  }

  #drop(): void {
    this.#encoder?.close();
    this.#encoder = null;
  }
}
