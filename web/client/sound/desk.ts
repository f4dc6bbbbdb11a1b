/// <reference lib="dom" />
/**
 * The engine's side of sound: which of the two channels are wanted, and the ports that lead to the
 * audio thread. A channel is linked only while the page wants it; that it cannot be had ends nothing else.
 */
import type { Channel, Table } from "../../../core/protocol/channel.ts";
import type { Capabilities } from "../../../core/protocol/capabilities.ts";
import type { ChannelId } from "../../../core/protocol/main.ts";
import { Playback } from "../../../core/protocol/playback.ts";
import { RecordChannel } from "../../../core/protocol/record.ts";
import { playback, playbackCaps, type PlaybackHost } from "../channels/playback.ts";
import { recordCaps, RecordLine } from "../channels/record.ts";
import type { Line } from "../line.ts";
import type { News } from "../orders.ts";
import { Heard } from "./heard.ts";

/** What the desk needs of a session. */
export interface SoundSession {
  /** Links a channel whose end is told to nobody but `ended`. */
  link<C extends Table, S extends Table>(
    channel: Channel<C, S>,
    caps: Capabilities,
    ended: () => void,
  ): Promise<Line<C, S>>;
  readonly base: PlaybackHost["base"];
}

/** One channel that comes and goes. */
interface Slot {
  line: { close(): void } | null;
  /** Counts up when what is under way is not wanted any more. */
  turn: number;
}

export class SoundDesk {
  readonly heard = new Heard(() => performance.timeOrigin + performance.now());
  readonly #tell: (news: News) => void;
  #session: SoundSession | null = null;
  #offered = { playback: false, record: false };
  #ears: MessagePort | null = null;
  #mouth: MessagePort | null = null;
  readonly #playback: Slot = { line: null, turn: 0 };
  readonly #record: Slot = { line: null, turn: 0 };
  #recording: RecordLine | null = null;

  constructor(tell: (news: News) => void) {
    this.#tell = tell;
  }

  /** port: where samples go; null: nobody listens. */
  listen(port: MessagePort | null): void {
    this.#ears?.close();
    this.#ears = port;
    this.heard.stops();
    this.#drop(this.#playback);
    this.#openPlayback();
  }

  /** port: where the microphone's samples come from; null: it is off. */
  speak(port: MessagePort | null): void {
    this.#mouth?.close();
    this.#mouth = port;
    if (port) {
      port.onmessage = ({ data }: MessageEvent<Float32Array<ArrayBuffer>>) =>
        this.#recording?.spoken(data);
    }
    this.#drop(this.#record);
    this.#openRecord();
  }

  /** A session stands, and its server has these channels. */
  begin(session: SoundSession, list: readonly ChannelId[]): void {
    this.#session = session;
    const has = (type: number) => list.some((channel) => channel.type === type);
    this.#offered = { playback: has(Playback.id), record: has(RecordChannel.id) };
    this.#tell({ news: "sound", ...this.#offered });
    this.#openPlayback();
    this.#openRecord();
  }

  /** The server of the session that stands has these channels, too: another client let go of the microphone. */
  more(list: readonly ChannelId[]): void {
    const record = list.some(({ type }) => type === RecordChannel.id);
    if (!this.#session || !record || this.#offered.record) return;
    this.#offered = { ...this.#offered, record };
    this.#tell({ news: "sound", ...this.#offered });
    this.#openRecord();
  }

  /** The session is over. */
  end(): void {
    this.#session = null;
    this.#offered = { playback: false, record: false };
    this.#drop(this.#playback);
    this.#drop(this.#record);
  }

  #openPlayback(): void {
    const session = this.#session, ears = this.#ears;
    if (!session || !ears || !this.#offered.playback) return;
    this.#open(this.#playback, async (ended) => {
      const line = await session.link(Playback, playbackCaps, ended);
      const stop = playback(line, {
        base: session.base,
        play: (sounding) => ears.postMessage(sounding, sounding ? [sounding.samples.buffer] : []),
        volume: (volume) => this.#tell({ news: "guestVolume", volume }),
        mute: (muted) => this.#tell({ news: "guestMute", muted }),
        cannot: (why) => this.#tell({ news: "notice", text: `Sound: ${why}` }),
      });
      return {
        close() {
          stop();
          line.close();
        },
      };
    });
  }

  #openRecord(): void {
    const session = this.#session;
    if (!session || !this.#mouth || !this.#offered.record) return;
    this.#open(this.#record, async (ended) => {
      const line = await session.link(RecordChannel, recordCaps, ended);
      const recording = this.#recording = new RecordLine(line, {
        base: session.base,
        wanted: (wanted) => this.#tell({ news: "microphone", wanted }),
        cannot: (why) => this.#tell({ news: "notice", text: `Microphone: ${why}` }),
      });
      return {
        close: () => {
          if (this.#recording === recording) this.#recording = null;
          recording.close();
          line.close();
          this.#tell({ news: "microphone", wanted: false });
        },
      };
    });
  }

  async #open(
    slot: Slot,
    link: (ended: () => void) => Promise<{ close(): void }>,
  ): Promise<void> {
    const turn = ++slot.turn;
    try {
      const line = await link(() => {
        if (slot.turn === turn) this.#drop(slot);
      });
      if (slot.turn === turn) slot.line = line;
      else line.close();
    } catch {
      // another client may have it, or the session is going: the picture matters more
    }
  }

  #drop(slot: Slot): void {
    slot.turn++;
    slot.line?.close();
    slot.line = null;
  }
}
