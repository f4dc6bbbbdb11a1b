/**
 * What the guest plays, for all who listen: cut into packets of 10 ms and encoded once.
 * Source of truth: spice.proto, PlaybackChannel; sound.cpp, PlaybackChannelClient and snd_playback_*.
 */
import type { Cancel } from "../core/clock.ts";
import { OPUS_CHANNELS, OPUS_FRAMES, OPUS_RATE, OpusEncoder } from "../core/codecs/opus/mod.ts";
import type { GuestSound, SoundListener } from "../core/guest.ts";
import { Outbox } from "../core/link/outbox.ts";
import { Peer } from "../core/link/peer.ts";
import { Capabilities, PlaybackCap } from "../core/protocol/capabilities.ts";
import { Playback } from "../core/protocol/playback.ts";
import { baseAnswers } from "./base.ts";
import type { Client } from "./client.ts";
import type { Linked } from "./link_stage.ts";
import type { MmClock } from "./mm_clock.ts";
import type { Conversation, Service } from "./service.ts";
import { SoundStamps } from "./sound_stamps.ts";

const PACKET_MS = OPUS_FRAMES * 1000 / OPUS_RATE;
const NOTHING = new Uint8Array(0);
/** All that a client is told beside the sound itself is small; who reads none of it is gone. */
const OUTBOX_BYTES = 1 << 20;
/** With more on its way a client lags: sound waits. Two packets as they are, many of Opus. */
const AHEAD_BYTES = 4 << 10;
/** So much may wait, 200 ms; then the oldest is left out. */
const MAX_WAITING = 20;

/** 10 ms of sound and the moment of its first sample. */
interface Packet {
  readonly time: number;
  readonly raw: Uint8Array;
  /** Encoded when the first client wants it so. */
  readonly opus: () => Uint8Array;
}

export class PlaybackService implements Service, SoundListener {
  readonly name = "playback";
  readonly type = Playback.id;
  readonly id = 0;
  readonly capabilities = Capabilities.of(PlaybackCap.volume, PlaybackCap.opus);
  readonly #conversations = new Set<PlaybackConversation>();
  readonly #frame = new Int16Array(OPUS_FRAMES * OPUS_CHANNELS);
  #filled = 0;
  #stamps: SoundStamps | null = null;
  #encoder: OpusEncoder | null = null;
  #volume: readonly number[] | null = null;
  #muted = false;

  /** compress: clients that can get Opus. */
  constructor(readonly sound: GuestSound, readonly mmClock: MmClock, readonly compress: boolean) {}

  /** Something is played right now. */
  get playing(): boolean {
    return this.#stamps !== null;
  }

  open(client: Client, linked: Linked): Conversation {
    const opus = this.compress && linked.channelCaps.has(PlaybackCap.opus);
    const conversation = new PlaybackConversation(this, client, linked, opus, () => {
      this.#conversations.delete(conversation);
      if (this.#conversations.size === 0) this.#fallSilent();
    });
    this.#conversations.add(conversation);
    conversation.volume(this.#volume, this.#muted);
    if (this.playing) conversation.start();
    if (this.#conversations.size === 1) this.sound.attach(this);
    return conversation;
  }

  started(): void {
    if (this.#conversations.size === 0 || this.playing) return;
    this.#stamps = new SoundStamps(this.mmClock.clock.now());
    this.#filled = 0;
    this.#encoder?.reset();
    this.mmClock.pause();
    for (const conversation of this.#conversations) conversation.start();
  }

  played(samples: Int16Array): void {
    if (!this.playing) return;
    const frame = this.#frame;
    for (let at = 0; at < samples.length;) {
      const part = Math.min(frame.length - this.#filled, samples.length - at);
      frame.set(samples.subarray(at, at + part), this.#filled);
      at += part;
      this.#filled += part;
      if (this.#filled === frame.length) this.#send();
    }
  }

  stopped(): void {
    if (!this.playing) return;
    if (this.#filled > 0) {
      this.#frame.fill(0, this.#filled);
      this.#send();
    }
    this.#stamps = null;
    for (const conversation of this.#conversations) conversation.stop();
    this.mmClock.resume();
  }

  volumeChanged(volume: readonly number[], muted: boolean): void {
    this.#volume = volume;
    this.#muted = muted;
    for (const conversation of this.#conversations) conversation.volume(volume, muted);
  }

  /** Nobody listens any more. */
  #fallSilent(): void {
    this.sound.attach(null);
    this.stopped();
    this.#encoder?.[Symbol.dispose]();
    this.#encoder = null;
  }

  #send(): void {
    this.#filled = 0;
    const moment = this.#stamps!.take(this.mmClock.clock.now(), PACKET_MS);
    if (moment === null) return;
    // SPEC: little-endian, as every machine that Deno runs on
    const samples = this.#frame.slice();
    let opus: Uint8Array | null = null;
    const packet: Packet = {
      time: this.mmClock.at(moment),
      raw: new Uint8Array(samples.buffer),
      opus: () => opus ??= (this.#encoder ??= new OpusEncoder()).encode(samples),
    };
    for (const conversation of this.#conversations) conversation.play(packet);
  }
}

class PlaybackConversation implements Conversation {
  readonly #service: PlaybackService;
  readonly #client: Client;
  readonly #peer;
  readonly #capabilities: Capabilities;
  readonly #opus: boolean;
  readonly #endings: Cancel[];
  readonly #waiting: { readonly time: number; readonly data: Uint8Array }[] = [];
  #playing = false;

  constructor(
    service: PlaybackService,
    client: Client,
    linked: Linked,
    opus: boolean,
    onClosed: () => void,
  ) {
    this.#service = service;
    this.#client = client;
    this.#capabilities = linked.channelCaps;
    this.#opus = opus;
    this.#peer = new Peer({
      incoming: Playback.client,
      outgoing: Playback.server,
      mini: linked.mini,
      limitBytes: 4096,
      outbox: new Outbox(OUTBOX_BYTES),
    });
    this.#peer.answer(baseAnswers(client, this.#peer));
    const { mmClock } = service;
    this.#endings = [onClosed, mmClock.onLatency(client, (latencyMs) => this.#latency(latencyMs))];
    this.outbox.onRoom = () => this.#flush();
    // SPEC: before `start`, at which spice-gtk makes its decoder
    this.#peer.send.mode({ time: mmClock.now, mode: opus ? "opus" : "raw", data: NOTHING });
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
    for (const end of this.#endings) end();
  }

  start(): void {
    if (this.#playing) return;
    this.#playing = true;
    const { mmClock } = this.#service;
    this.#peer.send.start({
      channels: OPUS_CHANNELS,
      format: "s16",
      frequency: OPUS_RATE,
      time: mmClock.now,
    });
    // SPEC: `start` sets spice-gtk back to 200 ms
    const demanded = mmClock.demandedBy(this.#client);
    if (demanded !== null) this.#latency(demanded);
  }

  play({ time, raw, opus }: Packet): void {
    this.#waiting.push({ time, data: this.#opus ? opus() : raw });
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    this.#flush();
  }

  stop(): void {
    if (!this.#playing) return;
    this.#playing = false;
    this.#flush();
    this.#waiting.length = 0;
    this.#peer.send.stop();
  }

  /** null: the guest has said nothing of it. */
  volume(volume: readonly number[] | null, muted: boolean): void {
    if (volume === null || !this.#capabilities.has(PlaybackCap.volume)) return;
    this.#peer.send.volume({ volume: [...volume] });
    this.#peer.send.mute({ mute: muted ? 1 : 0 });
  }

  #latency(latencyMs: number): void {
    if (!this.#playing || !this.#capabilities.has(PlaybackCap.latency)) return;
    this.#peer.send.latency({ latencyMs });
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.outbox.waitingBytes < AHEAD_BYTES) {
      this.#peer.send.data(this.#waiting.shift()!);
    }
  }
}
