/** In the browser's audio thread: one processor plays what comes by its port, the other says what the microphone hears. */
import { JitterBuffer } from "./jitter_buffer.ts";

/** What this scope has, of which TypeScript's DOM knows nothing. */
declare const registerProcessor: (name: string, processor: new () => Processor) => void;
declare const AudioWorkletProcessor: new () => { readonly port: MessagePort };
declare const currentTime: number;

interface Processor {
  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}

/** To the page, ten times a second: how it goes. */
export interface SpeakerReport {
  readonly gaps: number;
  readonly left: number;
  readonly targetMs: number;
  readonly waitingMs: number;
  /** The guest's clock of what plays at a moment of the context's, in seconds; null: nothing plays. */
  readonly stamp: number | null;
  readonly time: number;
}

/** Through the speaker's port: samples, and the guest's clock at their end in milliseconds. */
export interface Sounding {
  readonly samples: Float32Array<ArrayBuffer>;
  readonly stamp: number;
}

/** Quanta of 128 frames between two reports. */
const REPORT_EVERY = 37;

/** Gets `{ port }`; through that comes what sounds, or null when there is no more for now. */
class Speaker extends AudioWorkletProcessor implements Processor {
  readonly #buffer = new JitterBuffer();
  #quanta = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<{ port: MessagePort }>) => {
      data.port.onmessage = ({ data: sounding }: MessageEvent<Sounding | null>) => {
        if (sounding) this.#buffer.push(sounding.samples, sounding.stamp);
        else this.#buffer.end();
      };
    };
  }

  process(_: Float32Array[][], [[left, right]]: Float32Array[][]): boolean {
    if (++this.#quanta % REPORT_EVERY === 0) this.#report();
    this.#buffer.pull(left, right ?? new Float32Array(left.length));
    return true;
  }

  #report(): void {
    const { gaps, left, targetMs, waitingMs, stamp } = this.#buffer;
    const report: SpeakerReport = { gaps, left, targetMs, waitingMs, stamp, time: currentTime };
    this.port.postMessage(report);
  }
}

/** Ten milliseconds of both channels. */
const CHUNK = 2 * 480;

/** Gets `{ port }`; says samples into it, both channels, interleaved, ten milliseconds at a time. */
class Microphone extends AudioWorkletProcessor implements Processor {
  #port: MessagePort | null = null;
  #chunk = new Float32Array(CHUNK);
  #filled = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<{ port: MessagePort }>) => this.#port = data.port;
  }

  process([channels]: Float32Array[][]): boolean {
    const [left, right = left] = channels;
    for (let i = 0; i < (left?.length ?? 0); i++) {
      this.#chunk[this.#filled++] = left[i];
      this.#chunk[this.#filled++] = right[i];
      if (this.#filled < CHUNK) continue;
      this.#port?.postMessage(this.#chunk, [this.#chunk.buffer]);
      this.#chunk = new Float32Array(CHUNK);
      this.#filled = 0;
    }
    return true;
  }
}

registerProcessor("speaker", Speaker);
registerProcessor("microphone", Microphone);
