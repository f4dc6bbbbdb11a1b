/** In the browser's audio thread: one processor plays what comes by its port, the other says what the microphone hears. */
import { JitterBuffer } from "./jitter_buffer.ts";

/** What this scope has, of which TypeScript's DOM knows nothing. */
declare const registerProcessor: (name: string, processor: new () => Processor) => void;
declare const AudioWorkletProcessor: new () => { readonly port: MessagePort };

interface Processor {
  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}

/** To the page, twice a second: how it goes. */
export interface SpeakerReport {
  readonly gaps: number;
  readonly left: number;
  readonly targetMs: number;
  readonly waitingMs: number;
}

/** Quanta of 128 frames between two reports. */
const REPORT_EVERY = 187;

/** Gets `{ port }`; through that come samples, or null when there are no more for now. */
class Speaker extends AudioWorkletProcessor implements Processor {
  readonly #buffer = new JitterBuffer();
  #quanta = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<{ port: MessagePort }>) => {
      data.port.onmessage = ({ data: samples }: MessageEvent<Float32Array | null>) => {
        if (samples) this.#buffer.push(samples);
        else this.#buffer.end();
      };
    };
  }

  process(_: Float32Array[][], [[left, right]]: Float32Array[][]): boolean {
    this.#buffer.pull(left, right ?? new Float32Array(left.length));
    if (++this.#quanta % REPORT_EVERY === 0) {
      const { gaps, left, targetMs, waitingMs } = this.#buffer;
      this.port.postMessage({ gaps, left, targetMs, waitingMs } satisfies SpeakerReport);
    }
    return true;
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
