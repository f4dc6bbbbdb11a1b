/// <reference lib="dom" />
/**
 * A page's loudspeaker and microphone. Browsers want a click or key before a page may be heard, and
 * ask the person before it may listen; the guest's wish to record alone switches nothing on.
 */
import type { News, Order } from "../orders.ts";
import { RATE } from "./jitter_buffer.ts";
import { microphoneTrouble } from "./trouble.ts";
import type { SpeakerReport } from "./worklet.ts";

export interface SoundState {
  /** The guest has a loudspeaker, a microphone. */
  readonly playback: boolean;
  readonly record: boolean;
  /** The page is heard. */
  readonly on: boolean;
  readonly muted: boolean;
  readonly volume: number;
  /** The person lets the guest listen when it wants to; it does right now. */
  readonly microphone: boolean;
  readonly listening: boolean;
}

export interface SoundOptions {
  /** Where worklet.js lies. */
  readonly worklet: URL | string;
  readonly tell: (order: Order, transfer: Transferable[]) => void;
  readonly onChange?: (state: SoundState) => void;
  /** What went wrong, for the person. */
  readonly onTrouble?: (text: string) => void;
}

export class Sound {
  readonly #options: SoundOptions;
  #context: AudioContext | null = null;
  #speaker: AudioWorkletNode | null = null;
  #gain: GainNode | null = null;
  #starting: Promise<void> | null = null;
  #stream: MediaStream | null = null;
  #microphoneNode: AudioWorkletNode | null = null;
  #asking = false;
  #wanted = false;
  #guest = { volume: 1, muted: false };
  #state: SoundState = {
    playback: false,
    record: false,
    on: false,
    muted: false,
    volume: 1,
    microphone: false,
    listening: false,
  };
  /** How the audio thread does; null: it has not said. */
  report: SpeakerReport | null = null;

  constructor(options: SoundOptions) {
    this.#options = options;
  }

  get state(): SoundState {
    return this.#state;
  }

  /** For who wants to look at what is heard. */
  get output(): { readonly context: AudioContext; readonly node: AudioNode } | null {
    return this.#context && this.#gain && { context: this.#context, node: this.#gain };
  }

  /** Lets the page be heard. To be called where the person did something. May be called again. */
  async enable(): Promise<void> {
    if (this.#state.on) return void await this.#context?.resume();
    try {
      const context = await this.#start();
      const { port1, port2 } = new MessageChannel();
      const speaker = new AudioWorkletNode(context, "speaker", {
        numberOfInputs: 0,
        outputChannelCount: [2],
      });
      speaker.port.onmessage = ({ data }: MessageEvent<SpeakerReport>) => {
        this.report = data;
        const at = performance.timeOrigin + leaves(context, data.time);
        this.#options.tell({ order: "heard", stamp: data.stamp, at }, []);
      };
      speaker.port.postMessage({ port: port1 }, [port1]);
      this.#speaker = speaker;
      this.#gain = context.createGain();
      speaker.connect(this.#gain).connect(context.destination);
      this.#set({ on: true });
      this.#level();
      this.#options.tell({ order: "sound", port: port2 }, [port2]);
    } catch (error) {
      this.#options.onTrouble?.(`This browser cannot play: ${error}`);
    }
  }

  disable(): void {
    if (!this.#state.on) return;
    this.#options.tell({ order: "sound", port: null }, []);
    if (this.#speaker) {
      this.#speaker.port.onmessage = null;
      this.#speaker.disconnect();
    }
    this.#gain?.disconnect();
    this.#speaker = this.#gain = null;
    this.#set({ on: false });
    this.#rest();
  }

  set muted(muted: boolean) {
    this.#set({ muted });
    this.#level();
  }

  /** 0 to 1. */
  set volume(volume: number) {
    this.#set({ volume: Math.max(0, Math.min(1, volume)) });
    this.#level();
  }

  /** Whether the guest may listen. The browser asks when the guest first does. */
  set microphone(microphone: boolean) {
    if (microphone === this.#state.microphone) return;
    this.#set({ microphone });
    if (microphone) this.#link().catch((error) => this.#options.onTrouble?.(`${error}`));
    else {
      this.#options.tell({ order: "microphone", port: null }, []);
      this.#hush();
      this.#microphoneNode?.disconnect();
      this.#microphoneNode = null;
      this.#rest();
    }
  }

  /** What the engine says. */
  hear(news: News): void {
    if (news.news === "sound") this.#set({ playback: news.playback, record: news.record });
    else if (news.news === "guestVolume") this.#guest.volume = news.volume;
    else if (news.news === "guestMute") this.#guest.muted = news.muted;
    else if (news.news === "microphone") {
      this.#wanted = news.wanted;
      if (news.wanted) this.#ask();
      else this.#hush();
      return;
    } else return;
    this.#level();
  }

  async #start(): Promise<AudioContext> {
    const context = this.#context ??= new AudioContext({
      sampleRate: RATE,
      latencyHint: "interactive",
    });
    await (this.#starting ??= context.audioWorklet.addModule(this.#options.worklet));
    // a context that may not play yet says so by never resuming: it is not waited for
    context.resume().catch(() => {});
    return context;
  }

  /** Gets the way for samples ready; the microphone itself is asked for when the guest wants it. */
  async #link(): Promise<void> {
    const context = await this.#start();
    if (!this.#state.microphone) return;
    const { port1, port2 } = new MessageChannel();
    const node = this.#microphoneNode = new AudioWorkletNode(context, "microphone", {
      numberOfOutputs: 0,
      channelCount: 2,
    });
    node.port.postMessage({ port: port1 }, [port1]);
    this.#options.tell({ order: "microphone", port: port2 }, [port2]);
  }

  async #ask(): Promise<void> {
    if (this.#stream || this.#asking) return;
    this.#asking = true;
    try {
      const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
      const stream = await navigator.mediaDevices.getUserMedia({ audio });
      const context = this.#context, node = this.#microphoneNode;
      // the person or the guest may have changed its mind while the question stood
      if (!this.#wanted || !context || !node) {
        return stream.getTracks().forEach((track) => track.stop());
      }
      this.#stream = stream;
      context.createMediaStreamSource(stream).connect(node);
      this.#set({ listening: true });
    } catch (error) {
      this.#options.onTrouble?.(microphoneTrouble(error));
      this.microphone = false;
    } finally {
      this.#asking = false;
    }
  }

  /** The microphone's light goes out. */
  #hush(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#set({ listening: false });
  }

  /** An audio thread that nobody needs sleeps. */
  #rest(): void {
    if (!this.#state.on && !this.#state.microphone) this.#context?.suspend().catch(() => {});
  }

  #level(): void {
    const { muted, volume } = this.#state;
    const guest = this.#guest.muted ? 0 : this.#guest.volume;
    this.#gain?.gain.setTargetAtTime(muted ? 0 : volume * guest, this.#context!.currentTime, 0.01);
  }

  #set(change: Partial<SoundState>): void {
    this.#state = { ...this.#state, ...change };
    this.#options.onChange?.(this.#state);
  }
}

/** When what the audio thread makes at a moment of its clock leaves the loudspeaker, by the page's. */
function leaves(context: AudioContext, time: number): number {
  const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp?.() ?? {};
  // before anything was played it knows of nothing
  return contextTime > 0
    ? performanceTime + (time - contextTime) * 1000
    : performance.now() + (time - context.currentTime) * 1000;
}
