import type { BorrowedDrawing } from "../../core/guest.ts";
import type { VideoCodecType } from "../../core/protocol/display.ts";
import type { Clip, Drawing, Rect } from "../../core/protocol/drawing.ts";
import { isOpaque } from "../../core/raster/opaque.ts";
import { areaOf, covers, intersection, overlap } from "../../core/raster/rect.ts";
import { Region } from "../../core/raster/region.ts";
import type { Coder } from "./coder.ts";
import type { StreamRate } from "./stream_rate.ts";
import type { Video } from "./video.ts";

/** Rects that may lie over a stream as drawings of their own; more of them, and they are shown in its frames. */
const MOST_COVERS = 24;
/** A fill of this share of the region is a part of its frames. */
const GREAT_SHARE = 0.5;

/** A frame on its way from a coder to the client. */
export interface CodedFrame {
  readonly data: Uint8Array;
  readonly rect: Rect;
  readonly stamp: number;
  /** What of it is to be seen, to be asked for when it leaves; null: the same as before. */
  readonly clip: () => Clip | null;
}

/**
 * One region shown to one client as a stream: its place, and what lies over it. What is drawn over the
 * video is sent as a drawing and cut out of the stream: clients show frames late, and would otherwise
 * show those from before on top of it.
 */
export class Stream {
  /** The client was told of it. */
  created = false;
  /** As the client was told when it was created. */
  createdRect: Rect;
  /** What the video's picture was when the last frame was taken. */
  shownDamage = -1;
  /** A frame of it is being encoded. */
  busy = false;
  /** Encodes them, unless that is done here; null: not yet. */
  coder: Coder | null = null;
  /** It is to keep to a lower rate than it would need. */
  held = false;
  /** A frame that is encoded and shall leave. */
  ready: CodedFrame | null = null;
  /** The drawing whose pixels the coder is reading. */
  loan: BorrowedDrawing | null = null;
  /** Since when commands that wait hold its next frame up; null: none do. */
  heldMs: number | null = null;
  /** It is over: frames still being encoded are of no use. */
  ended = false;
  /** What left, and its bytes. */
  frames = 0;
  bytes = 0;
  /** Looks in a row that saw text where there had been photographs. */
  plainLooks = 0;
  lookedMs = 0;
  /** Drawn over the video, and not by it since. */
  readonly #covers = new Region();
  /** The same since the frame was taken that is being encoded. */
  readonly #later = new Region();
  #clip = "";
  #grown = false;
  /** It was elsewhere before: frames from there, which the client may still have to show, are cut off. */
  #moved = false;

  constructor(
    /** Below 64. */
    readonly id: number,
    public video: Video,
    readonly rate: StreamRate,
    /** What it showed when it began. */
    readonly gradual: boolean,
    /** As what its frames are encoded. */
    readonly codec: VideoCodecType,
    /** The client heeds clips; if not, its frames hide all that is drawn there. */
    readonly clips: boolean,
  ) {
    this.createdRect = video.rect;
  }

  /** The coder has read its picture, or is to do without. */
  letGo(): void {
    this.loan?.release();
    this.loan = null;
  }

  get dirty(): boolean {
    return this.video.damage !== this.shownDamage;
  }

  /** The client shows frames there, rather than what was drawn. */
  lossyAt(rect: Rect): boolean {
    const part = intersection(rect, this.video.rect);
    return overlap(rect, this.video.rect) && !this.#covers.contains(part);
  }

  /** All that the client shows as frames. */
  get lossy(): readonly Rect[] {
    const region = new Region([this.video.rect]);
    region.subtractAll(this.#covers);
    return region.rects;
  }

  /** true: the next frame shows the drawing, and nothing else needs to. Otherwise it is to be drawn, too. */
  takes(drawing: Drawing, area: readonly Rect[]): boolean {
    const { rect } = this.video;
    const opaque = isOpaque(drawing);
    const inside = area.every((each) => covers(rect, each));
    if (inside) {
      let pixels = 0;
      for (const each of area) pixels += areaOf(each);
      const content = opaque
        ? drawing.kind === "drawCopy" || pixels >= GREAT_SHARE * areaOf(rect)
        : !area.every((each) => this.#covers.contains(each));
      if (content) { for (const each of area) this.#covers.subtract(each); }
      if (content || !opaque) return content;
    }
    if (opaque) this.#cover(area);
    return false;
  }

  #cover(area: readonly Rect[]): void {
    if (!this.clips) return;
    for (const each of area) {
      if (!overlap(each, this.video.rect)) continue;
      const part = intersection(each, this.video.rect);
      if (!this.#covers.contains(part)) this.#grown = true;
      this.#covers.add(part);
      this.#later.add(part);
    }
    if (this.#covers.rects.length > MOST_COVERS) this.#covers.clear();
    if (this.#later.rects.length > MOST_COVERS) this.#later.clear();
  }

  /** Something was drawn over it that frames already sent must not hide: the new clip; null: nothing was. */
  grownClip(): Clip | null {
    if (!this.#grown || !this.created) return null;
    this.#grown = false;
    return this.#changed(this.#covers);
  }

  /** A frame is taken: comes back with its clip, to be asked for when it leaves; null: the same as before. */
  take(): () => Clip | null {
    const then = this.#covers.clone();
    this.#later.clear();
    return () => {
      then.addAll(this.#later);
      then.intersect(this.video.rect);
      return this.#changed(then);
    };
  }

  #changed(hidden: Region): Clip | null {
    const clip = clipOf(this.video.rect, hidden, this.#moved);
    const text = JSON.stringify(clip);
    if (text === this.#clip) return null;
    this.#clip = text;
    return clip;
  }

  /** The clip that goes with its creation. */
  firstClip(): Clip {
    const clip = clipOf(this.video.rect, this.#covers, this.#moved);
    this.#clip = JSON.stringify(clip);
    return clip;
  }

  /** Its region is now that of another video; what the client shows as frames and will not any more. */
  move(to: Video): readonly Rect[] {
    const left = new Region(this.lossy);
    left.subtract(to.rect);
    this.video = to;
    this.shownDamage = -1;
    this.#covers.intersect(to.rect);
    if (this.clips && (this.created || this.busy)) this.#moved = this.#grown = true;
    return left.rects;
  }
}

/** bounded: nothing is to be seen beyond the rect either. */
function clipOf(rect: Rect, hidden: Region, bounded = false): Clip {
  if (!hidden.overlaps(rect)) return bounded ? { type: "rects", rects: [rect] } : { type: "none" };
  const region = new Region([rect]);
  region.subtractAll(hidden);
  return { type: "rects", rects: [...region.rects] };
}
