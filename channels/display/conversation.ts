import { ProtocolError } from "../../core/binary/error.ts";
import type { Cancel, Clock } from "../../core/clock.ts";
import type { BorrowedDrawing } from "../../core/guest.ts";
import type { Outbox } from "../../core/link/outbox.ts";
import { Peer } from "../../core/link/peer.ts";
import type { Capabilities } from "../../core/protocol/capabilities.ts";
import type { BodyOf } from "../../core/protocol/channel.ts";
import { Display, SurfaceFlags } from "../../core/protocol/display.ts";
import { type Drawing, Ropd } from "../../core/protocol/drawing.ts";
import type { Rect } from "../../core/raster/rect.ts";
import type { Surface } from "../../core/raster/surface.ts";
import { baseAnswers } from "../base.ts";
import type { Client } from "../client.ts";
import { Heartbeat } from "../heartbeat.ts";
import type { Linked } from "../link_stage.ts";
import type { Conversation } from "../service.ts";
import { Ability } from "./ability.ts";
import { Backlog, type Step } from "./backlog.ts";
import { ClientScreen } from "./client_screen.ts";
import type { DisplayHub } from "./hub.ts";
import { GlzEncoder } from "./glz_encoder.ts";
import { ImageWire, type Travel } from "./image_wire.ts";
import { type Entry, Line } from "./line.ts";
import { Pace } from "./pace.ts";
import { PixmapCache } from "./pixmap_cache.ts";
import { pictureOf } from "./refresh.ts";
import { Streams } from "./streams.ts";
import type { Videos } from "./videos.ts";

/** Bytes that may wait for the socket; commands wait in the backlog, where they can still be merged. */
const BATCH_BYTES = 256 << 10;
/** Frames that are believed to have come late between two reports. */
const MOST_REPORTED = 1000;
/** libspice: NARROW_CLIENT_ACK_WINDOW, WIDE_CLIENT_ACK_WINDOW */
const ACK_WINDOW = { usual: 20, lowBandwidth: 40 };

/** How often lossy pixels are looked after: what has rested for that long becomes exact. */
const LOOK_MS = 500;

type PictureStep = Extract<Step, { kind: "picture" }>;

/** One client's display channel: backlog → line, where pictures are encoded → socket. */
export class DisplayConversation implements Conversation {
  readonly capabilities: Capabilities;
  readonly #peer: Peer<typeof Display.client.table, typeof Display.server.table>;
  readonly #heartbeat: Heartbeat;
  readonly #ability: Ability;
  readonly #backlog: Backlog;
  readonly #line = new Line();
  readonly #pace: Pace;
  readonly #screen: ClientScreen;
  readonly #clock: Clock;
  #cancelLook: Cancel | null = null;
  #wire: ImageWire | null = null;
  /** null: the client is shown no streams. */
  #streams: Streams | null = null;
  #monitorsDue = false;
  #markDue = false;
  #planned = false;
  #ended = false;

  constructor(readonly hub: DisplayHub, readonly client: Client, linked: Linked, clock: Clock) {
    this.capabilities = linked.channelCaps;
    this.#ability = new Ability(linked.channelCaps);
    this.#backlog = new Backlog(hub.display, this.#ability, hub.limits, hub.tally);
    this.#screen = new ClientScreen(hub.limits.shownBytes, hub.desk);
    this.#clock = clock;
    this.#pace = new Pace(clock, () => this.#backlog.gatheredBytes, () => this.#drain());
    this.#peer = new Peer({
      incoming: Display.client,
      outgoing: Display.server,
      mini: linked.mini,
      limitBytes: 4096,
    });
    this.#heartbeat = new Heartbeat(client, this.#peer);
    const base = baseAnswers(client, this.#peer, this.#heartbeat);
    this.#peer.answer({
      ...base,
      ack: (body) => {
        base.ack(body);
        this.#drain();
      },
      ackSync: (body) => {
        base.ackSync(body);
        this.#drain();
      },
      init: (body) => this.#begin(body),
      pong: (body) => {
        if (!this.#streams?.pong(body.id)) base.pong(body);
      },
      streamReport: (body) => {
        this.#initialised();
        hub.tally.lateFrames += Math.min(body.numDrops, body.numFrames, MOST_REPORTED);
        this.#streams?.report(body);
      },
      preferredCompression: ({ imageCompression }) => {
        this.#initialised().choice = hub.chooseFor(this.#ability, imageCompression);
      },
      glDrawDone: () => {
        throw new ProtocolError("glDrawDone came, but no scanout was ever sent");
      },
      preferredVideoCodecType: ({ codecs }) => {
        this.#initialised();
        this.#streams?.prefer(codecs);
      },
    });
    this.#peer.outbox.onRoom = () => {
      this.#drain();
      hub.progressed();
    };
  }

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
    return !this.ready ||
      this.#backlog.empty && this.#line.length === 0 && this.outbox.empty &&
        (this.#streams?.quiet ?? true);
  }

  /** Bytes of guest memory borrowed for this client. */
  get borrowedBytes(): number {
    return this.#backlog.borrowedBytes + this.#line.bytes + this.#screen.bytes;
  }

  receive(bytes: Uint8Array): void {
    this.#peer.receive(bytes);
  }

  closed(): void {
    this.#ended = true;
    this.#heartbeat.stop();
    this.#pace.stop();
    this.#streams?.stop();
    this.#backlog.clear();
    this.#line.clear();
    this.#screen.letGo();
    this.#cancelLook?.();
    this.hub.left(this);
  }

  draw(command: BorrowedDrawing): void {
    if (!this.ready) return;
    const way = this.#streams?.verdict(command) ?? "command";
    if (way === "pixels") this.#backlog.owe(command.drawing);
    else if (way === "command" && !this.#backlog.draw(command, this.hub.nowMs)) {
      // who sleeps keeps nothing of the guest's
      this.#screen.letGo();
    }
    this.#plan();
  }

  surfaceCreated(id: number, surface: Surface, blank: boolean): void {
    if (!this.ready) return;
    this.#backlog.surfaceCreated(id, surface, blank, this.hub.nowMs);
    this.#plan();
  }

  surfaceDestroyed(id: number): void {
    if (!this.ready) return;
    this.#backlog.surfaceDestroyed(id, this.hub.nowMs);
    this.#plan();
  }

  monitorsChanged(): void {
    if (!this.ready) return;
    this.#monitorsDue = true;
    this.#plan();
  }

  /** The guest needs its memory: what is in line leaves as it is, the rest becomes a debt of pixels. */
  letGo(): void {
    if (!this.ready) return;
    this.#line.flush();
    this.#streams?.letGo();
    this.#screen.letGo();
    this.#backlog.merge();
    this.#plan();
  }

  #initialised(): ImageWire {
    if (!this.#wire) throw new ProtocolError("a display message came before init");
    return this.#wire;
  }

  #begin(init: BodyOf<typeof Display.client.table.init>): void {
    if (this.#wire) throw new ProtocolError("init came twice");
    const { hub, client } = this;
    const cache = client.shared(
      `pixmap cache ${init.pixmapCacheId}`,
      () => new PixmapCache(init.pixmapCacheSize),
    );
    const glz = client.shared(
      `glz dictionary ${init.glzDictionaryId}`,
      () => GlzEncoder.open(hub.works, init.glzDictionaryWindowSize),
    );
    const choice = hub.chooseFor(this.#ability, null);
    const slow = () => client.lowBandwidth, viewers = () => hub.viewers;
    this.#wire = new ImageWire(hub.display.id, cache, hub.encodings, glz, choice, slow, viewers);
    const plays = hub.codecs.some((codec) => this.#ability.plays.has(codec));
    if (hub.videos !== null && plays) this.#streams = this.#openStreams(hub.videos);
    const window = client.lowBandwidth ? ACK_WINDOW.lowBandwidth : ACK_WINDOW.usual;
    this.#peer.send.setAck(this.#peer.acks.restart(window));
    this.#peer.send.invalAllPalettes();
    this.#backlog.start();
    this.#monitorsDue = true;
    hub.joined(this);
    this.#plan();
  }

  #openStreams(videos: Videos): Streams {
    return new Streams({
      client: this.client,
      ability: this.#ability,
      backlog: this.#backlog,
      outbox: this.outbox,
      send: this.#peer.send,
      encodings: this.hub.encodings,
      videos,
      codecs: this.hub.codecs,
      coders: this.hub.coders,
      mmClock: this.hub.mmClock,
      spoiled: (rect) => this.#screen.spoiled(rect),
      plan: () => this.#plan(),
    });
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

  readonly #encoded = (): void => this.#plan();

  /** INVARIANT: whoever has it called, a guest's drawing, a worker or the clock, hears nothing of its faults. */
  #drain(): void {
    if (!this.ready) return;
    try {
      this.#move();
    } catch (error) {
      this.client.failed(this.hub.type, this.hub.id, error);
    }
  }

  /** Moves what may move: from the line to the socket, from the backlog into the line. */
  #move(): void {
    const { acks, outbox } = this.#peer;
    this.#streams?.tellClips();
    this.hub.nowMs = this.#pace.look();
    while (acks.open && outbox.waitingBytes < BATCH_BYTES && !outbox.closed) {
      const before = outbox.waitingBytes;
      if (!this.#line.sendFirst() && !this.#advance()) break;
      this.#pace.spend(outbox.waitingBytes - before);
    }
    if (this.drained) this.hub.progressed();
  }

  /** Takes one step from the backlog; false: none can be taken now. */
  #advance(): boolean {
    if (!this.#pace.open || !this.#line.open) return false;
    if (this.#monitorsDue || this.#markDue) this.#sendMonitors();
    const frame = this.#streams?.next(this.#backlog.shows(0) && !this.#markDue);
    if (frame) {
      this.hub.tally.frames++;
      this.#enter(frame);
      return true;
    }
    const step = this.#backlog.next();
    if (step === null) {
      // catching up may have ended with this very call
      if (this.#monitorsDue || this.#markDue) this.#sendMonitors();
      return false;
    }
    if (step.kind === "draw" && !this.#screen.draws(step.command.drawing)) {
      this.#backlog.owe(step.command.drawing);
      step.command.release();
    } else this.#enter(this.#entryFor(step));
    return true;
  }

  #entryFor(step: Step): Entry {
    switch (step.kind) {
      case "draw":
        return this.#drawingEntry(step.command, step.bytes);
      case "picture":
        return this.#pictureEntry(step, false);
      case "create":
        if (step.id === 0) {
          const { surface: { width, height }, format } = step;
          this.#screen.begin({ width, height, format });
        }
        return plain(() => this.#sendCreate(step));
      case "destroy":
        if (step.id === 0) this.#screen.begin(null);
        return plain(() => this.#peer.send.surfaceDestroy({ surfaceId: step.id }));
    }
  }

  /** Straight to the socket when nobody is in line and nothing is to be waited for. */
  #enter(entry: Entry): void {
    const ready = entry.prepare(false);
    if (!ready || this.#line.length > 0) return this.#line.push(entry);
    try {
      entry.send();
    } finally {
      entry.release();
    }
  }

  #drawingEntry(command: BorrowedDrawing, bytes: number): Entry {
    const travels = this.#screen.take(command, this.#wire!);
    return this.#entry(command.drawing, travels, bytes, () => command.release());
  }

  /** exact: nothing of it may be lost. */
  #pictureEntry({ id, surface, format, rect }: PictureStep, exact: boolean): Entry {
    this.hub.display.settle();
    const image = pictureOf(surface, rect, format, id !== 0);
    // it may have to wait, and the surface does not
    if (this.#line.length > 0 || !this.#wire!.choice.off) image.data = image.data.slice();
    const drawing: Drawing = {
      kind: "drawCopy",
      base: { surfaceId: id, box: rect, clip: { type: "none" } },
      data: {
        srcBitmap: image,
        srcArea: { top: 0, left: 0, bottom: image.height, right: image.width },
        ropDescriptor: Ropd.opPut,
        scaleMode: "nearest",
        mask: { flags: 0, pos: { x: 0, y: 0 }, bitmap: null },
      },
    };
    const travel = this.#screen.picture(drawing, this.#wire!, exact);
    return this.#entry(drawing, [travel], image.data.length, () => {});
  }

  /** What of a drawing travels. */
  #entry(
    { base: { surfaceId, box } }: Drawing,
    travels: readonly Travel[],
    bytes: number,
    release: () => void,
  ): Entry {
    const wire = this.#wire!;
    if (!this.#screen.exact) this.#lookLater();
    return {
      bytes,
      release,
      prepare: (late) => {
        let ready = true;
        for (const each of travels) if (!wire.prepare(each, this.#encoded, late)) ready = false;
        return ready;
      },
      send: () =>
        this.#spend(surfaceId, box, () => {
          for (const each of travels) this.#sendDrawing(each);
        }),
    };
  }

  #lookLater(): void {
    this.#cancelLook ??= this.#clock.after(LOOK_MS, () => {
      this.#cancelLook = null;
      this.#makeExact();
    });
  }

  /**
   * What is lossy and has come to rest is sent as it is, when there is nothing else to do but frames. Where
   * these are, pixels are owed when they end.
   */
  #makeExact(): void {
    if (!this.ready || this.#screen.exact) return;
    this.#lookLater();
    const known = this.#backlog.theirs(0);
    const films = this.#streams?.areas ?? [];
    const idle = films.length === 0
      ? this.drained
      : this.#backlog.empty && this.#line.open && this.outbox.waitingBytes === 0;
    if (!known || !idle || !this.#peer.acks.open) return;
    for (const rect of this.#screen.rested(films)) {
      this.#enter(this.#pictureEntry({ kind: "picture", id: 0, ...known, rect }, true));
    }
  }

  #sendCreate({ id, surface, format }: Extract<Step, { kind: "create" }>): void {
    const { width, height } = surface;
    const flags = id === 0 ? SurfaceFlags.primary : 0;
    this.#peer.send.surfaceCreate({ surfaceId: id, width, height, format, flags });
    if (id === 0) this.#monitorsDue = this.#markDue = true;
  }

  /** Once all pixels are there: how heads lie on them, and that the picture may be shown. */
  #sendMonitors(): void {
    if (this.#backlog.behind || this.#line.length > 0 || !this.#backlog.shows(0)) return;
    const { heads, maxAllowed } = this.hub.display.monitors;
    if (this.#monitorsDue && this.#ability.monitorsConfig && heads.length > 0) {
      this.#peer.send.monitorsConfig({ maxAllowed, heads: [...heads] });
    }
    if (this.#markDue) this.#peer.send.mark();
    this.#monitorsDue = this.#markDue = false;
  }

  #sendDrawing(travel: Travel): void {
    const wire = this.#wire!;
    const { send } = this.#peer;
    const ready = wire.drawing(travel);
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

  /** Sends what shows this part of the primary surface, and notes what it costs. */
  #spend(surfaceId: number, box: Rect, send: () => void): void {
    const before = this.outbox.writtenBytes;
    send();
    if (surfaceId !== 0) return;
    this.#streams?.spending.spent(box, this.outbox.writtenBytes - before, this.hub.nowMs);
  }
}

/** An entry that needs no preparation and holds nothing. */
const plain = (send: () => void): Entry => ({
  bytes: 0,
  prepare: () => true,
  send,
  release: () => {},
});
