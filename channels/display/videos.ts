import type { Cancel, Clock } from "../../core/clock.ts";
import type { BorrowedDrawing, GuestDisplay } from "../../core/guest.ts";
import { areaOf as areaOfDrawing } from "../../core/raster/opaque.ts";
import {
  areaOf,
  around,
  covers,
  intersection,
  overlap,
  type Rect,
} from "../../core/raster/rect.ts";
import { Motion } from "./motion.ts";
import { Video } from "./video.ts";

/** How often moving regions are looked for, while anything is drawn. */
const LOOK_MS = 100;
/** A region at rest for so long is none any more: libspice, RED_STREAM_TIMEOUT. */
const REST_MS = 1000;
/** Regions at a time: far below the 64 that clients have numbers for. */
const MOST = 16;
/** A region's new size must have been seen so often in a row. */
const STEADY_LOOKS = 3;
/** Pixels by which edges may differ from look to look and be the same. */
const SLACK = 4;

/** Who is told of a display's moving regions. */
export interface VideoAudience {
  videoBegan(video: Video): void;
  /** Is now `to`: old and new are of the same motion. */
  videoMoved(from: Video, to: Video): void;
  /** gone: with the surface that it was on. */
  videoEnded(video: Video, gone: boolean): void;
}

/** The regions of one display's primary surface where pictures move. */
export class Videos {
  readonly all = new Set<Video>();
  readonly audience = new Set<VideoAudience>();
  #motion: Motion | null = null;
  #lookedMs = -Infinity;
  #cancel: Cancel | null = null;
  /** New edges of a region, and in how many looks they were the same. */
  readonly #news = new WeakMap<Video, { rect: Rect; looks: number }>();

  /** setting: filter wants photographic pictures only; all any that stream well. */
  constructor(
    readonly display: GuestDisplay,
    readonly clock: Clock,
    readonly setting: "all" | "filter",
  ) {}

  /** Before the command is handed to anybody. */
  drawn(command: BorrowedDrawing, nowMs: number): void {
    const surface = this.display.surfaces.get(0);
    if (command.drawing.base.surfaceId !== 0 || !surface) return;
    if (this.#motion?.width !== surface.width || this.#motion.height !== surface.height) {
      this.#motion = new Motion(surface.width, surface.height);
    }
    const area = areaOfDrawing(command.drawing);
    for (const rect of area) this.#motion.drawn(rect, nowMs);
    for (const video of this.all) video.drawn(command, area, nowMs);
    if (nowMs - this.#lookedMs >= LOOK_MS) this.#look(nowMs);
  }

  /** The primary surface is gone. */
  reset(): void {
    for (const video of this.all) this.#end(video, true);
    this.#motion = null;
    this.#cancel?.();
    this.#cancel = null;
  }

  /** The guest needs its memory. */
  letGo(): void {
    for (const video of this.all) video.release();
  }

  #look(nowMs: number): void {
    this.#lookedMs = nowMs;
    for (const video of this.all) if (nowMs - video.aliveMs >= REST_MS) this.#end(video);
    for (const rect of this.#motion?.moving(nowMs) ?? []) this.#found(rect, nowMs);
    this.#watch(nowMs);
  }

  /** Looks again when the first region may have come to rest: nothing else happens while nothing is drawn. */
  #watch(nowMs: number): void {
    if (this.#cancel !== null) return;
    let restMs = Infinity;
    for (const video of this.all) restMs = Math.min(restMs, video.aliveMs + REST_MS);
    if (restMs === Infinity) return;
    this.#cancel = this.clock.after(Math.max(1, restMs - nowMs), () => {
      this.#cancel = null;
      this.#look(this.clock.now());
    });
  }

  #found(rect: Rect, nowMs: number): void {
    let known: Video | null = null;
    for (const video of this.all) {
      if (!overlap(video.rect, rect)) continue;
      if (known === null || shared(video.rect, rect) > shared(known.rect, rect)) known = video;
    }
    if (known === null) {
      if (this.all.size < MOST) this.#begin(new Video(rect, nowMs));
      return;
    }
    // parts of it may rest for a while: it shrinks only when it is another one
    if (covers(known.rect, rect) && areaOf(rect) * 2 > areaOf(known.rect)) {
      return void this.#news.delete(known);
    }
    const same = shared(known.rect, rect) * 2 > Math.max(areaOf(known.rect), areaOf(rect));
    const wanted = same ? around(known.rect, rect) : rect;
    const news = this.#news.get(known);
    const looks = news && alike(news.rect, wanted) ? news.looks + 1 : 1;
    if (looks < STEADY_LOOKS) return void this.#news.set(known, { rect: wanted, looks });
    this.#move(known, wanted, nowMs);
  }

  #begin(video: Video): void {
    this.all.add(video);
    for (const each of this.audience) each.videoBegan(video);
  }

  #move(from: Video, rect: Rect, nowMs: number): void {
    const to = new Video(rect, nowMs);
    to.framesPerSecond = from.framesPerSecond;
    this.#forget(from);
    for (const other of this.all) if (overlap(other.rect, rect)) this.#end(other);
    this.all.add(to);
    for (const each of this.audience) each.videoMoved(from, to);
  }

  #end(video: Video, gone = false): void {
    this.#forget(video);
    for (const each of this.audience) each.videoEnded(video, gone);
  }

  #forget(video: Video): void {
    this.all.delete(video);
    video.release();
  }
}

const shared = (a: Rect, b: Rect): number => areaOf(intersection(a, b));

const alike = (a: Rect, b: Rect): boolean =>
  Math.abs(a.left - b.left) <= SLACK && Math.abs(a.top - b.top) <= SLACK &&
  Math.abs(a.right - b.right) <= SLACK && Math.abs(a.bottom - b.bottom) <= SLACK;
