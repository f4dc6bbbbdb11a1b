import type { Cancel } from "../../core/clock.ts";
import type { BorrowedDrawing } from "../../core/guest.ts";
import type { Outbox } from "../../core/link/outbox.ts";
import type { BodyOf, Sender } from "../../core/protocol/channel.ts";
import { type Display, StreamFlags, VideoCodecType } from "../../core/protocol/display.ts";
import type { Drawing } from "../../core/protocol/drawing.ts";
import type { Bitmap } from "../../core/protocol/image.ts";
import { areaOf as areaOfDrawing, otherRead, ownReads } from "../../core/raster/opaque.ts";
import { areaOf, covers, type Rect } from "../../core/raster/rect.ts";
import type { Client } from "../client.ts";
import { microseconds } from "../heartbeat.ts";
import type { MmClock } from "../mm_clock.ts";
import type { Ability } from "./ability.ts";
import type { Backlog } from "./backlog.ts";
import type { Coder, Coders } from "./coder.ts";
import type { Codec, Encodings } from "./encoder.ts";
import { Flight } from "./flight.ts";
import type { Entry } from "./line.ts";
import { Spending } from "./spending.ts";
import { type CodedFrame, Stream } from "./stream.ts";
import { StreamRate } from "./stream_rate.ts";
import type { Video } from "./video.ts";
import type { VideoAudience, Videos } from "./videos.ts";

/** A frame that comes in pieces is waited for: so long after a piece, and so long after the first. */
const PIECE_MS = 6, PIECES_MS = 20;
/** A drawing waits so long for its turn before a frame takes it along as pixels. */
const PATIENCE_MS = 150;
/** A stream must cost less than this share of what the pictures cost. */
const WORTH = 0.8;
/** One frame in so many is followed by a probe, where the way is wide. */
const PROBE_FRAMES = 4;
/** What frames of a region would take is tried again after so long, and text in a stream looked for once in so long. */
const AGAIN_MS = 1000;
/** What its pictures cost is looked at so often: those of a film that clients have in their caches become dear at once. */
const PRICE_MS = 100;
const PLAIN_LOOKS = 3;
/** libspice: RED_STREAM_CLIENT_REPORT_WINDOW and _TIMEOUT. */
const REPORT = { frames: 5, ms: 1000 };
/** spice-gtk's word for a stream that it cannot show. */
const CANNOT = 0xffff_ffff;
/** Farthest that clients' clocks may lie behind for the sake of late frames. */
const MOST_LATENCY_MS = 2000;

/** A coder is given at most so many bits for a pixel, and so much of what the way carries. */
const MOST_BITS_PER_PIXEL = 1, CODED_SHARE = 0.8;
/** It is replaced, with a key frame, when its rate changed by more than this, and not more often. */
const CODED_CHANGE = 0.3, CODED_LEAST_MS = 5000;

const NOTHING = new Uint8Array(0);

/** What streams are made of: the rest of the conversation. */
export interface StreamsOptions {
  readonly client: Client;
  readonly ability: Ability;
  readonly backlog: Backlog;
  readonly outbox: Outbox;
  readonly send: Sender<typeof Display.server.table>;
  readonly encodings: Encodings;
  readonly videos: Videos;
  /** What it may be encoded as, the dearest first. */
  readonly codecs: readonly VideoCodecType[];
  /** null: nothing is encoded elsewhere. */
  readonly coders: Coders | null;
  readonly mmClock: MmClock;
  /** The client does not show there any more what it was sent. */
  readonly spoiled: (rect: Rect) => void;
  /** There may be something to send. */
  readonly plan: () => void;
}

type Report = BodyOf<typeof Display.client.table.streamReport>;

/** A region that may become a stream, once it is known what it costs otherwise. */
interface Candidate {
  readonly video: Video;
  againMs: number;
  busy: boolean;
  /** What a frame would take. */
  trial: Trial | null;
}

interface Trial {
  readonly bytes: number;
  readonly rate: StreamRate;
  readonly gradual: boolean;
  readonly atMs: number;
}

/** The video streams of one client's display channel. */
export class Streams implements VideoAudience {
  readonly spending = new Spending();
  readonly #o: StreamsOptions;
  readonly #candidates = new Map<Video, Candidate>();
  readonly #streams = new Map<Video, Stream>();
  readonly #flight: Flight;
  #reports = 0;
  readonly #reportIds = new Map<number, number>();
  /** In which order they are tried. */
  #codecs: readonly VideoCodecType[];
  #timer: Cancel | null = null;
  #timerMs = 0;
  #latencyAskedMs = -Infinity;

  constructor(options: StreamsOptions) {
    this.#o = options;
    this.#codecs = options.codecs.filter((codec) => options.ability.plays.has(codec));
    this.#flight = new Flight(
      options.outbox.writtenBytes,
      options.client.latencyMs ?? Infinity,
      this.#now,
    );
    options.videos.audience.add(this);
    for (const video of options.videos.all) this.videoBegan(video);
  }

  get #now(): number {
    return this.#o.client.clock.now();
  }

  /** Nothing is shown as frames: the client has, or will be sent, the very pixels. */
  get quiet(): boolean {
    return this.#streams.size === 0;
  }

  /** Where they are shown. */
  get areas(): Rect[] {
    return Array.from(this.#streams.values(), ({ video }) => video.rect);
  }

  /** Ends all without a word. */
  stop(): void {
    this.#o.videos.audience.delete(this);
    this.#timer?.();
    for (const stream of this.#streams.values()) this.#leave(stream);
    this.#candidates.clear();
  }

  videoBegan(video: Video): void {
    if (this.#codecs.length === 0) return;
    this.#candidates.set(video, { video, againMs: -Infinity, busy: false, trial: null });
  }

  videoMoved(from: Video, to: Video): void {
    this.#candidates.delete(from);
    const stream = this.#streams.get(from);
    if (!stream) return this.videoBegan(to);
    if (stream.created && !this.#o.ability.sizedStream) {
      this.#end(stream);
      this.#begin(to, stream.rate, stream.gradual);
      return;
    }
    this.#streams.delete(from);
    this.#streams.set(to, stream);
    const { client } = this.#o;
    client.log.debug("stream-moved", { client: client.connectionId, id: stream.id, ...to.rect });
    from.watchers--;
    to.watchers++;
    this.#o.backlog.oweRects(0, stream.move(to));
    this.#o.plan();
  }

  videoEnded(video: Video, gone: boolean): void {
    this.#candidates.delete(video);
    const stream = this.#streams.get(video);
    if (stream) this.#end(stream, !gone);
  }

  /** How a drawing reaches the client: in a frame, as itself, or as pixels. Before any backlog has it. */
  verdict({ drawing }: BorrowedDrawing): "frame" | "command" | "pixels" {
    for (const candidate of this.#candidates.values()) this.#consider(candidate);
    if (this.#streams.size === 0) return "command";
    let verdict: "frame" | "command" | "pixels" = "command";
    if (drawing.base.surfaceId === 0) {
      const area = areaOfDrawing(drawing);
      for (const stream of this.#streams.values()) {
        if (stream.takes(drawing, area)) verdict = "frame";
      }
    }
    if (verdict === "command" && this.#readsFrames(drawing)) verdict = "pixels";
    this.#o.plan();
    return verdict;
  }

  #readsFrames(drawing: Drawing): boolean {
    const other = otherRead(drawing);
    const reads = drawing.base.surfaceId === 0 ? ownReads(drawing) : null;
    for (const stream of this.#streams.values()) {
      if (other === 0 || other === -2 || reads !== null && stream.lossyAt(reads)) return true;
    }
    return false;
  }

  /** What was said of clips must be heard before frames that are on their way. */
  tellClips(): void {
    for (const stream of this.#streams.values()) {
      const clip = stream.grownClip();
      if (clip !== null) this.#o.send.streamClip({ id: stream.id, clip });
    }
  }

  /** A frame to be sent now; null: none is due, or the way is full. shown: the client has the surface's first picture. */
  next(shown: boolean): Entry | null {
    if (!shown || this.#streams.size === 0) return null;
    const { backlog } = this.#o;
    const now = this.#now;
    const under = this.#flight.under(this.#o.outbox.writtenBytes);
    let waitMs = Infinity;
    for (const stream of this.#streams.values()) {
      if (stream.ready !== null) return this.#codedEntry(stream, stream.ready);
      if (stream.busy || !stream.dirty) continue;
      if (backlog.empty || backlog.behind) stream.heldMs = null;
      const due = Math.max(stream.rate.waitMs(now), piecesMs(stream.video, now));
      if (due > 0) waitMs = Math.min(waitMs, due);
      else if (!stream.rate.mayFly(under, this.#flight.shortestMs)) continue;
      else if (backlog.empty || backlog.behind) {
        if (stream.codec === "mjpeg") return this.#frame(stream, now);
        this.#code(stream, now);
      } else {
        // a command that waits is older than the frame: it would be drawn over it
        stream.heldMs ??= now;
        const left = stream.heldMs + PATIENCE_MS - now;
        if (left <= 0) backlog.merge();
        else waitMs = Math.min(waitMs, left);
      }
    }
    this.#wake(waitMs);
    return null;
  }

  #wake(waitMs: number): void {
    const atMs = this.#now + waitMs;
    if (waitMs === Infinity || this.#timer !== null && this.#timerMs <= atMs) return;
    this.#timer?.();
    this.#timerMs = atMs;
    this.#timer = this.#o.client.clock.after(waitMs, () => {
      this.#timer = null;
      this.#o.plan();
    });
  }

  #frame(stream: Stream, nowMs: number): Entry | null {
    const surface = this.#o.videos.display.surfaces.get(0);
    if (!surface) return null;
    const { video, rate } = stream;
    this.#look(stream, nowMs);
    if (stream.ended) return null;
    const { bitmap, loan } = video.frame(surface, this.#settle);
    loan?.retain();
    const clip = stream.take();
    const { rect, damage } = video;
    this.#o.spoiled(rect);
    const quality = rate.quality;
    // whoever does not know the standard's tables by heart keeps those of the first frame
    const codec: Codec = stream.created ? `mjpeg${quality}` : `jpeg${quality}`;
    const stamp = this.#o.mmClock.now;
    stream.shownDamage = damage;
    stream.busy = true;
    rate.source(video.framesPerSecond);
    return {
      bytes: 0,
      prepare: () => this.#o.encodings.get(bitmap, codec, this.#o.plan) !== undefined,
      send: () => {
        stream.busy = false;
        if (stream.ended) return;
        const image = this.#o.encodings.peek(bitmap, codec);
        // its pixels went before they were encoded
        if (image?.type !== "jpeg") return void (stream.shownDamage = -1);
        this.#send(stream, { data: image.data, rect, stamp, clip: clip() });
        rate.sent(image.data.length, quality, this.#now);
        stream.frames++;
        stream.bytes += image.data.length;
      },
      release: () => {
        stream.busy = false;
        loan?.release();
      },
    };
  }

  /** Hands the picture of the moment to the stream's coder; its frame leaves when it is there: others do not wait for it. */
  #code(stream: Stream, nowMs: number): void {
    const surface = this.#o.videos.display.surfaces.get(0);
    if (!surface) return;
    const { video, rate } = stream;
    this.#look(stream, nowMs);
    if (stream.ended) return;
    const { rect, damage } = video;
    // a codec that knows earlier pictures begins anew with another size
    if (stream.created && !sameSize(rect, stream.createdRect)) return this.#again(stream);
    const coder = this.#coderOf(stream, nowMs);
    if (coder === null) return this.#again(stream);
    const { bitmap, loan } = video.frame(surface, this.#settle);
    loan?.retain();
    stream.loan = loan;
    const clip = stream.take();
    const stamp = this.#o.mmClock.now;
    this.#o.spoiled(rect);
    stream.shownDamage = damage;
    stream.busy = true;
    rate.source(video.framesPerSecond);
    coder.encode(bitmap, (data) => {
      if (stream.ended) return;
      if (data === null) return this.#again(stream);
      stream.ready = { data, rect, stamp, clip };
      this.#o.plan();
    }, () => stream.letGo());
  }

  /** The guest needs its memory: a picture that is being read there may become another, so its frame is made once more. */
  letGo(): void {
    for (const stream of this.#streams.values()) {
      if (stream.loan === null) continue;
      stream.letGo();
      stream.shownDamage = -1;
    }
  }

  /** The coder that makes the stream's next frame; null: none can be had. */
  #coderOf(stream: Stream, nowMs: number): Coder | null {
    const { video: { rect, framesPerSecond: fps }, rate, coder, codec } = stream;
    const framesPerSecond = Math.min(30, Math.max(1, fps));
    const wanted = areaOf(rect) * framesPerSecond * MOST_BITS_PER_PIXEL;
    const bitsPerSecond = Math.min(wanted, rate.bytesPerSecond * 8 * CODED_SHARE);
    stream.held = bitsPerSecond < wanted;
    if (coder !== null) {
      const { setting, startedMs } = coder;
      const change = Math.abs(bitsPerSecond / setting.bitsPerSecond - 1);
      const young = nowMs - startedMs < CODED_LEAST_MS;
      // one that works is not given away for one that may not be begun
      if (change <= CODED_CHANGE || young || this.#o.coders?.rests(codec)) return coder;
      coder.close();
    }
    const width = rect.right - rect.left, height = rect.bottom - rect.top;
    const setting = { codec, width, height, framesPerSecond, bitsPerSecond };
    stream.coder = this.#o.coders?.open(setting) ?? null;
    const { client } = this.#o;
    client.log.debug("coder-opened", { client: client.connectionId, id: stream.id, ...setting });
    return stream.coder;
  }

  #codedEntry(stream: Stream, frame: CodedFrame): Entry {
    stream.ready = null;
    return {
      bytes: 0,
      prepare: () => true,
      send: () => {
        stream.busy = false;
        if (stream.ended) return;
        const { data } = frame;
        this.#send(stream, { ...frame, clip: frame.clip() });
        stream.rate.coded(data.length, stream.held, this.#now);
        stream.frames++;
        stream.bytes += data.length;
      },
      release: () => {},
    };
  }

  #send(
    stream: Stream,
    frame: { data: Uint8Array; rect: Rect; stamp: number; clip: ReturnType<Stream["grownClip"]> },
  ): void {
    const { send, ability, outbox } = this.#o;
    const { id } = stream;
    const { rect, data } = frame;
    const width = rect.right - rect.left, height = rect.bottom - rect.top;
    if (!stream.created) {
      stream.created = true;
      stream.createdRect = rect;
      send.streamCreate({
        surfaceId: 0,
        id,
        flags: StreamFlags.topDown,
        codecType: stream.codec,
        stamp: 0n,
        streamWidth: width,
        streamHeight: height,
        srcWidth: width,
        srcHeight: height,
        dest: rect,
        clip: stream.firstClip(),
      });
      if (ability.streamReport) this.#askReports(id);
    } else if (frame.clip !== null) send.streamClip({ id, clip: frame.clip });
    const base = { id, multiMediaTime: frame.stamp };
    if (sameRect(rect, stream.createdRect)) send.streamData({ base, data });
    else send.streamDataSized({ base, width, height, dest: rect, data });
    // where the way is wide there is little to learn
    if (!stream.rate.short && stream.frames % PROBE_FRAMES !== 0) return;
    const probe = this.#flight.probe(outbox.writtenBytes, this.#now);
    if (probe !== null) {
      send.ping({ id: probe, timestamp: microseconds(this.#now), data: NOTHING });
    }
  }

  #askReports(streamId: number): void {
    const uniqueId = ++this.#reports;
    this.#reportIds.set(streamId, uniqueId);
    this.#o.send.streamActivateReport({
      streamId,
      uniqueId,
      maxWindowSize: REPORT.frames,
      timeoutMs: REPORT.ms,
    });
  }

  /** false: it is not the answer to one of our pings. */
  pong(id: number): boolean {
    const now = this.#now;
    const landing = this.#flight.landed(id, now);
    if (landing === null) return false;
    for (const stream of this.#streams.values()) stream.rate.landed(landing, now);
    this.#o.plan();
    return true;
  }

  report({ streamId, uniqueId, numFrames, numDrops, lastFrameDelay }: Report): void {
    const stream = [...this.#streams.values()].find(({ id }) => id === streamId);
    if (!stream?.created) return;
    if (numFrames === 0 && numDrops === CANNOT) {
      const { client } = this.#o;
      client.log.info(`client-plays-no-${stream.codec}`, { client: client.connectionId });
      this.#codecs = this.#codecs.filter((codec) => codec !== stream.codec);
      for (const each of this.#streams.values()) if (each.codec === stream.codec) this.#again(each);
      if (this.#codecs.length === 0) this.#candidates.clear();
      return;
    }
    // of an earlier stream with the same number
    if (uniqueId !== this.#reportIds.get(streamId)) return;
    const now = this.#now;
    stream.rate.reported(numFrames, numDrops, now);
    if (numDrops > 0 && lastFrameDelay < 0 && now - this.#latencyAskedMs > REPORT.ms) {
      this.#latencyAskedMs = now;
      const { mmClock, client } = this.#o;
      const latencyMs = mmClock.latencyOf(client) + Math.min(500, 50 - lastFrameDelay);
      mmClock.demandLatency(client, Math.min(MOST_LATENCY_MS, latencyMs));
    }
  }

  /** The client would rather have these, the dearest first: numbers of codecs, which need not be known here. */
  prefer(numbers: readonly number[]): void {
    const rank = (codec: VideoCodecType) => {
      const at = numbers.indexOf(VideoCodecType.values[codec]);
      return at < 0 ? numbers.length : at;
    };
    this.#codecs = this.#codecs.toSorted((a, b) => rank(a) - rank(b));
  }

  /** The codec of a stream that begins now; null: none can be had. */
  #codec(): VideoCodecType | null {
    const { coders } = this.#o;
    return this.#codecs.find((codec) => codec === "mjpeg" || coders?.offers(codec)) ?? null;
  }

  readonly #settle = (): void => this.#o.videos.display.settle();

  /** Whether a region becomes a stream: when its pictures cost more than frames would. */
  #consider(candidate: Candidate): void {
    const { video } = candidate;
    const now = this.#now;
    if (candidate.busy || now < candidate.againMs) return;
    const surface = this.#o.videos.display.surfaces.get(0);
    const spent = this.spending.perPixel(video.rect, now);
    if (!surface || spent === null || this.#streams.size >= 32 || this.#codec() === null) return;
    candidate.againMs = now + PRICE_MS;
    const { trial } = candidate;
    if (trial !== null && now - trial.atMs < AGAIN_MS) return this.#weigh(candidate, trial, spent);
    const gradual = video.gradual(surface, this.#settle, now);
    if (this.#o.videos.setting === "filter" && !gradual) return;
    const rate = new StreamRate(this.#o.client, now);
    candidate.busy = true;
    const { bitmap } = video.frame(surface, this.#settle);
    const codec: Codec = `jpeg${rate.quality}`;
    this.#whenEncoded(bitmap, codec, (bytes) => {
      candidate.busy = false;
      if (this.#candidates.get(video) !== candidate) return;
      candidate.trial = { bytes: bytes ?? Infinity, rate, gradual, atMs: now };
      this.#weigh(candidate, candidate.trial, spent);
    });
  }

  /** spent: what a pixel of it costs as pictures. */
  #weigh({ video }: Candidate, { bytes, rate, gradual }: Trial, spent: number): void {
    if (bytes >= WORTH * spent * areaOf(video.rect)) return;
    this.#candidates.delete(video);
    this.#begin(video, rate, gradual);
  }

  #whenEncoded(bitmap: Bitmap, codec: Codec, call: (bytes: number | null) => void): void {
    const { encodings } = this.#o;
    const look = (): void => {
      const image = encodings.peek(bitmap, codec);
      if (image !== undefined) call(image?.type === "jpeg" ? image.data.length : null);
    };
    if (encodings.get(bitmap, codec, look) !== undefined) look();
  }

  #begin(video: Video, rate: StreamRate, gradual: boolean): void {
    const codec = this.#codec();
    if (codec === null) return this.videoBegan(video);
    const used = new Set([...this.#streams.values()].map(({ id }) => id));
    let id = 0;
    while (used.has(id)) id++;
    video.watchers++;
    const { client } = this.#o;
    client.log.debug("stream-began", { client: client.connectionId, id, codec, ...video.rect });
    this.#streams.set(video, new Stream(id, video, rate, gradual, codec, this.#o.ability.clips));
    this.#o.plan();
  }

  /** A stream whose photographs became text is not one any more. */
  #look(stream: Stream, nowMs: number): void {
    if (!stream.gradual || nowMs - stream.lookedMs < AGAIN_MS) return;
    stream.lookedMs = nowMs;
    const surface = this.#o.videos.display.surfaces.get(0)!;
    if (stream.video.gradual(surface, this.#settle, nowMs)) stream.plainLooks = 0;
    else if (++stream.plainLooks >= PLAIN_LOOKS) {
      this.#end(stream);
      this.videoBegan(stream.video);
    }
  }

  /** It goes on as another one, of whatever codec can be had. */
  #again(stream: Stream): void {
    this.#end(stream);
    this.#begin(stream.video, stream.rate, stream.gradual);
  }

  #leave(stream: Stream): void {
    stream.ended = true;
    stream.coder?.close();
    stream.letGo();
    stream.video.watchers--;
    if (stream.video.watchers === 0) stream.video.release();
    this.#streams.delete(stream.video);
  }

  /** refresh: the client gets the very pixels of what it was shown as frames. */
  #end(stream: Stream, refresh = true): void {
    const lossy = stream.lossy;
    this.#leave(stream);
    const { client } = this.#o;
    client.log.debug("stream-ended", {
      client: client.connectionId,
      id: stream.id,
      frames: stream.frames,
      bytes: stream.bytes,
    });
    this.#reportIds.delete(stream.id);
    if (stream.created) this.#o.send.streamDestroy({ id: stream.id });
    if (refresh) this.#o.backlog.oweRects(0, lossy);
    this.#o.plan();
  }
}

/** How long the pieces of a frame are still waited for. */
function piecesMs(video: Video, nowMs: number): number {
  if (video.complete) return 0;
  return Math.min(video.damagedMs + PIECE_MS, video.frameMs + PIECES_MS) - nowMs;
}

const sameSize = (a: Rect, b: Rect): boolean =>
  a.right - a.left === b.right - b.left && a.bottom - a.top === b.bottom - b.top;
const sameRect = (a: Rect, b: Rect): boolean => covers(a, b) && covers(b, a);
