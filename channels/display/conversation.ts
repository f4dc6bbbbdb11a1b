import { ProtocolError } from "../../core/binary/error.ts";
import type { BorrowedDrawing } from "../../core/guest.ts";
import type { Cancel, Clock } from "../../core/clock.ts";
import { Peer } from "../../core/link/peer.ts";
import type { Outbox } from "../../core/link/outbox.ts";
import { Display, SurfaceFlags, type SurfaceFormat } from "../../core/protocol/display.ts";
import { type Drawing, type Rect, Ropd } from "../../core/protocol/drawing.ts";
import type { Surface } from "../../core/raster/surface.ts";
import { baseAnswers } from "../base.ts";
import type { Client } from "../client.ts";
import { Heartbeat } from "../heartbeat.ts";
import type { Linked } from "../link_stage.ts";
import type { Conversation } from "../service.ts";
import { Ability } from "./ability.ts";
import { Arrears } from "./arrears.ts";
import { cropped } from "./crop.ts";
import { ImageWire } from "./image_wire.ts";
import { PixmapCache } from "./pixmap_cache.ts";
import { Queue } from "./queue.ts";
import { pictureOf } from "./refresh.ts";
import type { DisplayHub } from "./hub.ts";

/** Bytes that may wait for the socket; commands wait in the queue, where they can still be merged. */
const BATCH_BYTES = 256 << 10;
/**
 * What leaves at once; a guest that draws more in one tick than this is shown tick by tick, with
 * what was hidden meanwhile left out. A screen shows no more pictures than these in a second.
 */
const BURST_BYTES = 1 << 20;
const TICK_MS = 16;
/** Pixels of a refresh that leave at once. */
const REFRESH_PIXELS = 128 << 10;
/**
 * The same for the first picture of a surface. libspice sends it whole, and there are clients that
 * take what the first drawing shows for all there is (spicy-screenshot).
 */
const FIRST_PIXELS = 4 << 20;
/** libspice: NARROW_CLIENT_ACK_WINDOW, WIDE_CLIENT_ACK_WINDOW */
const ACK_WINDOW = { usual: 20, lowBandwidth: 40 };

/** A surface as it was when the client got it, and in which format the client has it. */
interface Known {
  readonly surface: Surface;
  readonly format: SurfaceFormat;
}

/** One client's display channel: what it knows, what it is owed, and when it is sent. */
export class DisplayConversation implements Conversation {
  readonly #peer: Peer<typeof Display.client.table, typeof Display.server.table>;
  readonly #heartbeat: Heartbeat;
  readonly #ability: Ability;
  readonly #arrears = new Arrears();
  readonly #queue: Queue;
  /** Surfaces that the client has as of the last message sent. */
  readonly #theirs = new Map<number, Known>();
  /** The same, once all that is queued will have been sent. */
  #promised = new Map<number, Known>();
  /** The client is brought up to date by pictures; nothing is queued meanwhile. */
  #behind = false;
  #wire: ImageWire | null = null;
  /** Surfaces that were created on the client and not painted yet. */
  readonly #fresh = new Set<number>();
  #monitorsDue = false;
  #markDue = false;
  #planned = false;
  #tickStart = 0;
  /** Bytes that may still leave in this tick. */
  #allowance = 0;
  #cancelTick: Cancel | null = null;
  #ended = false;

  constructor(
    readonly hub: DisplayHub,
    readonly client: Client,
    linked: Linked,
    readonly clock: Clock,
  ) {
    this.#ability = new Ability(linked.channelCaps);
    this.capabilities = linked.channelCaps;
    this.#queue = new Queue(hub.limits);
    this.#peer = new Peer({
      incoming: Display.client,
      outgoing: Display.server,
      mini: linked.mini,
      limitBytes: 4096,
    });
    this.#heartbeat = new Heartbeat(client, this.#peer);
    this.#peer.answer({
      ...baseAnswers(client, this.#peer, this.#heartbeat),
      ack: () => {
        this.#peer.acks.ack();
        this.#drain();
      },
      ackSync: ({ generation }) => {
        this.#peer.acks.sync(generation);
        this.#drain();
      },
      init: (body) => this.#begin(body),
      streamReport: () => this.#initialised(),
      preferredCompression: ({ imageCompression }) => {
        const wire = this.#initialised();
        wire.compress = hub.compressFor(this.#ability, imageCompression);
      },
      glDrawDone: () => {
        throw new ProtocolError("glDrawDone came, but no scanout was ever sent");
      },
      preferredVideoCodecType: () => this.#initialised(),
    });
    this.#peer.outbox.onRoom = () => {
      this.#drain();
      hub.progressed();
    };
  }

  readonly capabilities: Linked["channelCaps"];

  get outbox(): Outbox {
    return this.#peer.outbox;
  }

  get serial(): bigint {
    return this.#peer.serial;
  }

  /** INIT came: the client is a viewer. */
  get ready(): boolean {
    return this.#wire !== null && !this.#ended;
  }

  /** Everything so far has been sent. */
  get drained(): boolean {
    return !this.ready || this.#queue.length === 0 && !this.#behind && this.outbox.empty;
  }

  /** Bytes of guest memory borrowed for this client. */
  get borrowedBytes(): number {
    return this.#queue.bytes;
  }

  receive(bytes: Uint8Array): void {
    this.#peer.receive(bytes);
  }

  closed(): void {
    this.#ended = true;
    this.#heartbeat.stop();
    this.#cancelTick?.();
    this.#queue.clear(() => {});
    this.#arrears.clear();
    this.hub.left(this);
  }

  draw(command: BorrowedDrawing): void {
    if (!this.ready) return;
    const { drawing } = command;
    if (!this.#behind && this.#ability.draws(drawing, this.#has)) {
      const now = this.hub.nowMs;
      this.#queue.draw(command, now);
      if (this.#queue.overfull(now)) this.merge();
    } else {
      const surface = this.hub.display.surfaces.get(drawing.base.surfaceId);
      if (!surface || this.#ability.surfaceFormat(surface.format) === null) return;
      this.merge();
      this.#fallBehind();
      this.#arrears.owe(drawing, surface);
    }
    this.#plan();
  }

  surfaceCreated(id: number, surface: Surface, blank: boolean): void {
    if (!this.ready) return;
    const format = this.#ability.surfaceFormat(surface.format);
    if (format === null) return;
    if (!this.#behind && blank && id !== 0 && !this.#promised.has(id)) {
      this.#promised.set(id, { surface, format });
      this.#queue.create(id, surface, this.hub.nowMs);
    } else {
      this.merge();
      this.#fallBehind();
      this.#arrears.oweAll(id, surface);
    }
    this.#plan();
  }

  surfaceDestroyed(id: number): void {
    if (!this.ready) return;
    if (this.#behind) this.#arrears.forget(id);
    else if (this.#promised.delete(id)) {
      this.#queue.destroy(id, this.hub.nowMs);
    }
    this.#plan();
  }

  monitorsChanged(): void {
    if (!this.ready) return;
    this.#monitorsDue = true;
    this.#plan();
  }

  /** Turns all queued commands into regions that are owed, and so gives guest memory back. */
  merge(): void {
    if (this.#queue.length === 0) return;
    const { surfaces } = this.hub.display;
    this.#queue.clear((drawing) =>
      this.#arrears.owe(drawing, surfaces.get(drawing.base.surfaceId))
    );
    this.#fallBehind();
    for (const [id, surface] of surfaces) {
      if (this.#theirs.get(id)?.surface !== surface) this.#arrears.oweAll(id, surface);
    }
    this.#plan();
  }

  #fallBehind(): void {
    if (this.#behind) return;
    this.#behind = true;
    this.#promised.clear();
  }

  readonly #has = (surfaceId: number): boolean => {
    const known = this.#promised.get(surfaceId);
    return known !== undefined && known.format === known.surface.format;
  };

  #initialised(): ImageWire {
    if (!this.#wire) throw new ProtocolError("a display message came before init");
    return this.#wire;
  }

  #begin(init: { pixmapCacheId: number; pixmapCacheSize: bigint }): void {
    if (this.#wire) throw new ProtocolError("init came twice");
    const cache = this.client.shared(
      `pixmap cache ${init.pixmapCacheId}`,
      () => new PixmapCache(init.pixmapCacheSize),
    );
    this.#wire = new ImageWire(this.hub.display.id, cache);
    this.#wire.compress = this.hub.compressFor(this.#ability, null);
    const window = this.client.lowBandwidth ? ACK_WINDOW.lowBandwidth : ACK_WINDOW.usual;
    this.#peer.send.setAck(this.#peer.acks.restart(window));
    this.#peer.send.invalAllPalettes();
    this.#fallBehind();
    for (const [id, surface] of this.hub.display.surfaces) this.#arrears.oweAll(id, surface);
    this.#monitorsDue = true;
    this.hub.joined(this);
    this.#plan();
  }

  /** Sends at the end of this turn: what the guest does in one go leaves in one write. */
  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      this.#drain();
    });
  }

  #drain(): void {
    if (!this.ready) return;
    const { acks, outbox } = this.#peer;
    this.#tick();
    while (this.#allowance > 0) {
      const before = outbox.waitingBytes;
      if (before >= BATCH_BYTES || !acks.open || outbox.closed || !this.#step()) break;
      this.#allowance -= outbox.waitingBytes - before;
    }
    if (this.drained) this.hub.progressed();
  }

  /** A new tick, when it is time: what has gathered may leave, and a burst on top. */
  #tick(): void {
    const now = this.hub.nowMs = this.clock.now();
    const left = this.#tickStart + TICK_MS - now;
    if (left <= 0) {
      this.#tickStart = now;
      this.#allowance = BURST_BYTES + this.#queue.bytes + this.#arrears.pixels * 4;
    } else if (this.#allowance <= 0) {
      this.#cancelTick ??= this.clock.after(left, () => {
        this.#cancelTick = null;
        this.#drain();
      });
    }
  }

  /** Sends the next thing; false: there is none. */
  #step(): boolean {
    if (this.#behind) return this.#catchUp();
    if ((this.#monitorsDue || this.#markDue) && this.#theirs.has(0)) this.#sendMonitors();
    const item = this.#queue.shift();
    if (item === undefined) return false;
    switch (item.kind) {
      case "draw":
        try {
          this.#sendDrawing(item.drawing);
        } finally {
          item.command.release();
        }
        break;
      case "create":
        this.#sendCreate(item.id, item.surface);
        break;
      case "destroy":
        this.#sendDestroy(item.id);
    }
    return true;
  }

  /** One step towards the picture of this moment: surfaces first, then pixels. */
  #catchUp(): boolean {
    const { surfaces } = this.hub.display;
    for (const [id, { surface }] of this.#theirs) {
      if (surfaces.get(id) !== surface) this.#sendDestroy(id);
    }
    for (const [id, surface] of surfaces) {
      if (this.#theirs.has(id)) continue;
      if (this.#ability.surfaceFormat(surface.format) === null) this.#arrears.forget(id);
      else {
        this.#sendCreate(id, surface);
        this.#fresh.add(id);
      }
    }
    const owed = this.#arrears.take((id) => this.#fresh.delete(id) ? FIRST_PIXELS : REFRESH_PIXELS);
    if (owed === null) {
      this.#behind = false;
      this.#promised = new Map(this.#theirs);
      return true;
    }
    const surface = surfaces.get(owed.surfaceId);
    if (surface) this.#sendPicture(owed.surfaceId, surface, owed.rect);
    return true;
  }

  #sendCreate(id: number, surface: Surface): void {
    const { width, height } = surface;
    const format = this.#ability.surfaceFormat(surface.format)!;
    const flags = id === 0 ? SurfaceFlags.primary : 0;
    this.#theirs.set(id, { surface, format });
    this.#peer.send.surfaceCreate({ surfaceId: id, width, height, format, flags });
    if (id === 0) this.#monitorsDue = this.#markDue = true;
  }

  #sendDestroy(id: number): void {
    this.#theirs.delete(id);
    this.#peer.send.surfaceDestroy({ surfaceId: id });
  }

  /** When all pixels are there: how heads lie on them, and that the picture may be shown. */
  #sendMonitors(): void {
    const { heads, maxAllowed } = this.hub.display.monitors;
    if (this.#monitorsDue && this.#ability.monitorsConfig && heads.length > 0) {
      this.#peer.send.monitorsConfig({ maxAllowed, heads: [...heads] });
    }
    if (this.#markDue) this.#peer.send.mark();
    this.#monitorsDue = this.#markDue = false;
  }

  #sendPicture(surfaceId: number, surface: Surface, rect: Rect): void {
    this.hub.display.settle();
    const image = pictureOf(surface, rect, this.#theirs.get(surfaceId)!.format);
    const small = this.#wire!.compress?.(image);
    this.#peer.send.drawCopy({
      base: { surfaceId, box: rect, clip: { type: "none" } },
      data: {
        srcBitmap: small ?? image,
        srcArea: { top: 0, left: 0, bottom: image.height, right: image.width },
        ropDescriptor: Ropd.opPut,
        scaleMode: "nearest",
        mask: { flags: 0, pos: { x: 0, y: 0 }, bitmap: null },
      },
    });
  }

  #sendDrawing(drawing: Drawing): void {
    const wire = this.#wire!;
    const { send } = this.#peer;
    const ready = wire.drawing(cropped(drawing));
    for (const id of wire.droppedPalettes.splice(0)) send.invalPalette({ id });
    const before = wire.plan.before();
    if (before !== null) {
      if (before.waits.length > 0) send.waitForChannels({ waitList: before.waits });
      if (before.drops.length > 0) send.invalList({ resources: before.drops });
    }
    if (ready.kind === "copyBits") send.copyBits(ready);
    else (send[ready.kind] as (body: unknown) => void)(ready);
    wire.plan.sent(this.#peer.serial);
  }
}
