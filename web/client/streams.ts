/// <reference lib="dom" />
/**
 * Video inside a display: frames are decoded by the browser and drawn where the stream is.
 * Source of truth: spice-gtk's channel-display.c, display_handle_stream_create and after.
 */
import { BitmapFlags } from "../../core/protocol/image.ts";
import { type Display, StreamFlags } from "../../core/protocol/display.ts";
import { type Clip, type Rect, Ropd } from "../../core/protocol/drawing.ts";
import type { BodyOf } from "../../core/protocol/channel.ts";
import type { Scene } from "./scene.ts";

type Stream = BodyOf<(typeof Display.server.table)["streamCreate"]>;
interface Sized {
  readonly width: number;
  readonly height: number;
  readonly dest: Rect;
}

/** display-channel.h */
const MOST_STREAMS = 64;

export class Streams {
  readonly #streams = new Map<number, Stream>();

  /** cannot: says that frames of this stream are of no use. */
  constructor(readonly scene: Scene, readonly cannot: (id: number) => void) {}

  create(stream: Stream): void {
    if (stream.id >= MOST_STREAMS) return;
    this.#streams.set(stream.id, stream);
    if (stream.codecType !== "mjpeg") this.cannot(stream.id);
  }

  clip(id: number, clip: Clip): void {
    const stream = this.#streams.get(id);
    if (stream) this.#streams.set(id, { ...stream, clip });
  }

  destroy(id: number): void {
    this.#streams.delete(id);
  }

  destroyAll(): void {
    this.#streams.clear();
  }

  /** Resolves when the frame is drawn: what comes after it must be drawn over it. */
  async frame(id: number, data: Uint8Array, sized?: Sized): Promise<void> {
    const stream = this.#streams.get(id);
    if (!stream || stream.codecType !== "mjpeg") return;
    const file = new Blob([data.slice()], { type: "image/jpeg" });
    let image: ImageBitmap;
    try {
      image = await createImageBitmap(file);
    } catch (error) {
      return this.scene.stats.drop(`a frame is no JPEG: ${error}`);
    }
    this.scene.stats.images.mjpeg = (this.scene.stats.images.mjpeg ?? 0) + 1;
    const { width, height } = image;
    const pixels = bgrx(image);
    image.close();
    const dest = sized?.dest ?? stream.dest;
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
          stride: width * 4,
          palette: null,
          data: pixels,
        },
        srcArea: { top: 0, left: 0, bottom: height, right: width },
        ropDescriptor: Ropd.opPut,
        scaleMode: "interpolate",
        mask: { flags: 0, pos: { x: 0, y: 0 }, bitmap: null },
      },
    });
  }
}

let scratch: OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D | null = null;

/** The picture's pixels in the order of bit32. */
function bgrx(image: ImageBitmap): Uint8Array {
  const { width, height } = image;
  scratch ??=
    (typeof OffscreenCanvas === "undefined"
      ? document.createElement("canvas")
      : new OffscreenCanvas(width, height)).getContext("2d", { willReadFrequently: true }) as never;
  const { canvas } = scratch!;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  scratch!.drawImage(image, 0, 0);
  const { data } = scratch!.getImageData(0, 0, width, height);
  const words = new Int32Array(data.buffer);
  for (let i = 0; i < words.length; i++) {
    const p = words[i];
    words[i] = (p & 0xff) << 16 | p & 0xff00 | p >> 16 & 0xff;
  }
  return new Uint8Array(data.buffer);
}
