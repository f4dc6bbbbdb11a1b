import type {
  Audience,
  BorrowedDrawing,
  CursorCommand,
  GuestDisplay,
  MonitorsConfig,
} from "../../core/guest.ts";
import type { Clock } from "../../core/clock.ts";
import { Capabilities, DisplayCap } from "../../core/protocol/capabilities.ts";
import { Display, type VideoCodecType } from "../../core/protocol/display.ts";
import type { Surface } from "../../core/raster/surface.ts";
import type { Client } from "../client.ts";
import { MmClock } from "../mm_clock.ts";
import type { Linked } from "../link_stage.ts";
import type { Conversation, Service } from "../service.ts";
import type { Coders } from "./coder.ts";
import { chooseCodec, type ChooseFor } from "./choose_codec.ts";
import { DisplayConversation } from "./conversation.ts";
import type { GlzWorks } from "./glz_encoder.ts";
import { InlineEncoder } from "./inline_encoder.ts";
import { type Encoder, Encodings } from "./encoder.ts";
import { NewsDesk } from "./news_desk.ts";
import type { QueueLimits } from "./queue.ts";
import { newTally } from "./tally.ts";
import { Videos } from "./videos.ts";

/** QXLRom.client_capabilities */
const QXL_CAPABILITY_BYTES = 58;

/** One display of the guest and everybody who watches it. */
export class DisplayHub implements Audience, Service {
  readonly name = "display";
  readonly type = Display.id;
  readonly capabilities = Capabilities.of(
    DisplayCap.monitorsConfig,
    DisplayCap.streamReport,
    DisplayCap.prefCompression,
    DisplayCap.prefVideoCodecType,
  );
  /**
   * How far a client may lag before pictures of the moment take the place of commands. However long
   * it sleeps, it costs no more than `bytes` of guest memory, on loan until the guest wants it back, and
   * for `ageMs` what of its latest pictures is kept to be compared with the next, `shownBytes`;
   * 256 KiB and one message in its outbox, twice, as one half flies while the other is filled; and
   * in the system's socket buffers what it has not acknowledged: 1 MiB, or 20 messages of any size
   * (40 on slow lines). The largest messages are first pictures of surfaces, up to 16 MiB.
   */
  readonly limits: QueueLimits;
  readonly chooseFor: ChooseFor;
  readonly encodings: Encodings;
  readonly desk = new NewsDesk();
  readonly works: GlzWorks & Encoder;
  /** Its moving regions; null: nothing is streamed. */
  readonly videos: Videos | null;
  /** What they are encoded as, the dearest first. */
  readonly codecs: readonly VideoCodecType[];
  readonly coders: Coders | null;
  readonly mmClock: MmClock;
  readonly #conversations = new Set<DisplayConversation>();
  readonly #cursorListeners = new Set<(command: CursorCommand) => void>();
  /** The time, as of a few drawings ago. */
  nowMs: number;
  readonly tally = newTally();
  #draws = 0;
  #waiting: { done: () => boolean; resolve: () => void }[] = [];

  constructor(
    readonly display: GuestDisplay,
    readonly clock: Clock,
    options: {
      chooseFor?: ChooseFor;
      encoder?: Encoder & GlzWorks;
      limits?: Partial<QueueLimits>;
      /** `streaming-video`; off if not said. */
      streaming?: "off" | "all" | "filter";
      /** `video-codecs`, the dearest first; MJPEG if not said. */
      codecs?: readonly VideoCodecType[];
      /** null: MJPEG only. */
      coders?: Coders | null;
      mmClock?: MmClock;
    } = {},
  ) {
    this.chooseFor = options.chooseFor ?? chooseCodec("off");
    this.works = options.encoder ?? new InlineEncoder();
    this.encodings = new Encodings(this.works);
    const { streaming = "off" } = options;
    this.videos = streaming === "off" ? null : new Videos(display, clock, streaming);
    // whatever happens to coders, MJPEG is made here
    this.codecs = [...new Set([...options.codecs ?? [], "mjpeg" as const])];
    this.coders = options.coders ?? null;
    this.mmClock = options.mmClock ?? new MmClock(clock);
    this.limits = {
      items: 4096,
      bytes: Math.min(32 << 20, display.ramBytes >> 1),
      shownBytes: Math.min(32 << 20, display.ramBytes >> 2),
      ageMs: 2000,
      ...options.limits,
    };
    this.nowMs = clock.now();
    display.attach(this);
  }

  get id(): number {
    return this.display.id;
  }

  open(client: Client, linked: Linked): Conversation {
    const conversation = new DisplayConversation(this, client, linked, this.clock);
    this.#conversations.add(conversation);
    return conversation;
  }

  /** Drawings of the guest since the start. */
  get draws(): number {
    return this.#draws;
  }

  /** Bytes of guest memory that queues borrow. */
  get borrowedBytes(): number {
    let bytes = 0;
    for (const each of this.#conversations) bytes += each.borrowedBytes;
    return bytes;
  }

  /** Calls on every change of the cursor; comes back with how to stop. */
  onCursor(listener: (command: CursorCommand) => void): () => void {
    this.#cursorListeners.add(listener);
    return () => this.#cursorListeners.delete(listener);
  }

  draw(command: BorrowedDrawing): void {
    // asking the clock costs more than a small drawing's place in a queue
    if ((++this.#draws & 31) === 0) this.nowMs = this.clock.now();
    if (this.videos?.audience.size) this.videos.drawn(command, this.clock.now());
    for (const each of this.#conversations) each.draw(command);
  }

  surfaceCreated(id: number, surface: Surface, blank: boolean): void {
    if (id === 0) this.videos?.reset();
    for (const each of this.#conversations) each.surfaceCreated(id, surface, blank);
  }

  surfaceDestroyed(id: number): void {
    if (id === 0) this.videos?.reset();
    for (const each of this.#conversations) each.surfaceDestroyed(id);
  }

  monitorsChanged(_: MonitorsConfig): void {
    for (const each of this.#conversations) each.monitorsChanged();
  }

  cursorChanged(command: CursorCommand): void {
    for (const listener of this.#cursorListeners) listener(command);
  }

  memoryLow(): void {
    this.encodings.abandon();
    this.videos?.letGo();
    for (const each of this.#conversations) each.letGo();
  }

  get viewers(): number {
    let count = 0;
    for (const each of this.#conversations) if (each.ready) count++;
    return count;
  }

  whenViewers(count: number): Promise<void> {
    return this.#when(() => this.viewers >= count);
  }

  drained(): Promise<void> {
    return this.#when(() => {
      for (const each of this.#conversations) if (!each.drained) return false;
      return true;
    });
  }

  /** A conversation's INIT came. */
  joined(_: DisplayConversation): void {
    this.#tellGuest();
    this.progressed();
  }

  /** A conversation ended. */
  left(conversation: DisplayConversation): void {
    this.#conversations.delete(conversation);
    this.#tellGuest();
    this.progressed();
  }

  /** Something was sent, or somebody came or went: those who wait look again. */
  progressed(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each.done() ? each.resolve() : this.#waiting.push(each);
  }

  #when(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ done, resolve }));
  }

  /** The guest's driver is told what every client can do. */
  #tellGuest(): void {
    const all = new Uint8Array(QXL_CAPABILITY_BYTES).fill(0xff);
    let present = false;
    for (const { ready, capabilities } of this.#conversations) {
      if (!ready) continue;
      present = true;
      for (let i = 0; i < all.length; i++) {
        all[i] &= (capabilities.words[i >> 2] ?? 0) >>> (i & 3) * 8;
      }
    }
    this.display.clientCapabilities(present, present ? all : all.fill(0));
  }
}
