/// <reference lib="dom" />
/**
 * Video streams: frames are decoded by the browser and drawn where the stream is.
 * Source of truth: spice-gtk's channel-display.c, display_handle_stream_create and after.
 */
import { BitmapFlags } from "../../core/protocol/image.ts";
import { type Display, StreamFlags } from "../../core/protocol/display.ts";
import { type Clip, type Rect, Ropd } from "../../core/protocol/drawing.ts";
import type { BodyOf } from "../../core/protocol/channel.ts";
import { after } from "./after.ts";
import { LateFrames } from "./late_frames.ts";
import type { Scene } from "./scene.ts";
import { MOST_WAIT_MS } from "./sound/heard.ts";
import { type Report, StreamReport } from "./stream_report.ts";
import { VideoStream } from "./video.ts";

type Stream = BodyOf<(typeof Display.server.table)["streamCreate"]>;
type Activate = BodyOf<(typeof Display.server.table)["streamActivateReport"]>;
interface Sized {
  readonly width: number;
  readonly height: number;
  readonly dest: Rect;
}
/** What is known of a stream that is under way. */
interface Running {
  stream: Stream;
  readonly video: VideoStream | null;
  report: StreamReport | null;
  /** The server was told that its frames are of no use. */
  given: boolean;
  /** Frames that wait for their sound. */
  readonly late: LateFrames;
  /** Where frames belong that are being decoded, by their numbers. */
  readonly places: Map<number, Rect>;
}

export interface StreamsHost {
  /** Frames of this stream are of no use: the server should send pictures instead. */
  cannot(id: number): void;
  report(report: Report): void;
  /** Milliseconds until a moment of the server's clock. */
  until(mmTime: number): number;
  /** Milliseconds until the sound of that moment is heard; 0: it was, or there is none. */
  untilHeard(mmTime: number): number;
}

/** From a frame that is due to its pixels on the page. */
const PAINT_MS = 15;
/** display-channel.h */
const MOST_STREAMS = 64;
/** Pictures that nobody would send as a video. */
const MOST_PIXELS = 1 << 26;

const NAMES = { mjpeg: "MJPEG", vp8: "VP8", vp9: "VP9", h264: "H.264", h265: "H.265" } as const;

export class Streams {
  readonly #running = new Map<number, Running>();

  constructor(readonly scene: Scene, readonly host: StreamsHost) {}

  create(stream: Stream): void {
    if (stream.id >= MOST_STREAMS) return;
    this.destroy(stream.id);
    const { video: told } = this.scene.stats;
    let video: VideoStream | null = null;
    if (stream.codecType !== "mjpeg") {
      try {
        video = new VideoStream(
          stream.codecType,
          stream.streamHeight,
          (frame, stamp) => this.#show(running, frame, stamp),
          (why) => this.#useless(running, why),
        );
      } catch {
        this.host.cannot(stream.id);
      }
    }
    const late = new LateFrames(after);
    const places = new Map<number, Rect>();
    const running: Running = { stream, video, report: null, given: false, late, places };
    this.#running.set(stream.id, running);
    told.codec = NAMES[stream.codecType];
  }

  activateReport(asked: Activate): void {
    const running = this.#running.get(asked.streamId);
    if (running) running.report = new StreamReport(asked);
  }

  clip(id: number, clip: Clip): void {
    const running = this.#running.get(id);
    if (running) running.stream = { ...running.stream, clip };
  }

  destroy(id: number): void {
    const running = this.#running.get(id);
    running?.late.close();
    running?.video?.close();
    this.#running.delete(id);
  }

  destroyAll(): void {
    for (const id of [...this.#running.keys()]) this.destroy(id);
  }

  /** Resolves when the frame is drawn, or waits for its sound: what comes after it must be drawn over it. */
  async frame(id: number, mmTime: number, data: Uint8Array, sized?: Sized): Promise<void> {
    const running = this.#running.get(id);
    if (!running) return;
    const report = running.report?.frame(mmTime, this.host.until(mmTime), performance.now());
    if (report) this.host.report(report);
    const dest = sized?.dest ?? running.stream.dest;
    const kept = data.slice(), latest = performance.now() + MOST_WAIT_MS;
    await running.late.push({
      bytes: data.length,
      wait: () => Math.min(this.host.untilHeard(mmTime) - PAINT_MS, latest - performance.now()),
      show: () => this.#decode(running, kept, dest),
      skip: running.video ? null : () => this.#broken("a frame was too late"),
    });
  }

  async #decode(running: Running, data: Uint8Array<ArrayBuffer>, dest: Rect): Promise<void> {
    const { stream, video, places } = running;
    if (video) {
      places.set(video.next, dest);
      return await video.decode(data);
    }
    if (stream.codecType !== "mjpeg") return;
    let image: ImageBitmap;
    try {
      image = await createImageBitmap(new Blob([data], { type: "image/jpeg" }));
    } catch (error) {
      return this.#broken(`a frame is no JPEG: ${error}`);
    }
    const { width, height } = image;
    const pixels = bgrx(image, width, height);
    image.close();
    // its stream ended while it was decoded: what it covers is somebody else's
    if (this.#running.get(stream.id) !== running) return;
    this.#draw(running, pixels, width, height, width * 4, dest);
  }

  async #show(running: Running, frame: VideoFrame, stamp: number): Promise<void> {
    const dest = running.places.get(stamp);
    running.places.delete(stamp);
    const { displayWidth: width, displayHeight: height } = frame;
    // its stream may end while it is read: what it covers is then somebody else's
    const over = () => this.#running.get(running.stream.id) !== running;
    if (!dest || width * height > MOST_PIXELS || over()) return;
    const rect = frame.visibleRect;
    if (rect && rect.width === width && rect.height === height) {
      try {
        const layout = { format: "BGRX", rect } as VideoFrameCopyToOptions;
        const pixels = new Uint8Array(frame.allocationSize(layout));
        const [{ stride }] = await frame.copyTo(pixels, layout);
        if (over()) return;
        return this.#draw(running, pixels, width, height, stride, dest);
      } catch { /* an older browser copies in its own format alone */ }
    }
    if (!over()) this.#draw(running, bgrx(frame, width, height), width, height, width * 4, dest);
  }

  #draw(
    { stream }: Running,
    data: Uint8Array,
    width: number,
    height: number,
    stride: number,
    dest: Rect,
  ): void {
    this.scene.stats.video.frames++;
    this.scene.draw({
      kind: "drawCopy",
      base: { surfaceId: stream.surfaceId, box: dest, clip: stream.clip },
      data: {
        srcBitmap: {
          type: "bitmap",
          id: 0n,
          flags: 0,
          width,
          height,
          format: "bit32",
          bitmapFlags: stream.flags & StreamFlags.topDown ? BitmapFlags.topDown : 0,
          x: width,
          y: height,
          stride,
          palette: null,
          data,
        },
        srcArea: { top: 0, left: 0, bottom: height, right: width },
        ropDescriptor: Ropd.opPut,
        scaleMode: "interpolate",
        mask: { flags: 0, pos: { x: 0, y: 0 }, bitmap: null },
      },
    });
    this.scene.screen.wake();
  }

  /** A decoder that failed would need a whole picture, which no message asks for. */
  #useless(running: Running, why: string): void {
    this.#broken(why);
    if (running.given) return;
    running.given = true;
    this.host.cannot(running.stream.id);
  }

  #broken(why: string): void {
    const { stats } = this.scene;
    stats.video.dropped++;
    stats.droppedWhy = why;
  }
}

let scratch: OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D | null = null;

/** The picture's pixels in the order of bit32. */
function bgrx(image: ImageBitmap | VideoFrame, width: number, height: number): Uint8Array {
  scratch ??=
    (typeof OffscreenCanvas === "undefined"
      ? document.createElement("canvas")
      : new OffscreenCanvas(width, height)).getContext("2d", { willReadFrequently: true }) as never;
  const { canvas } = scratch!;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  scratch!.drawImage(image, 0, 0, width, height);
  const { data } = scratch!.getImageData(0, 0, width, height);
  const words = new Int32Array(data.buffer);
  for (let i = 0; i < words.length; i++) {
    const p = words[i];
    words[i] = (p & 0xff) << 16 | p & 0xff00 | p >> 16 & 0xff;
  }
  return new Uint8Array(data.buffer);
}
