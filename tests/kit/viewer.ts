import { assert, assertEquals } from "@std/assert";
import { GlzWindow } from "../../core/codecs/glz/mod.ts";
import { decodeJpeg, decodeJpegAlpha } from "../../core/codecs/jpeg/mod.ts";
import { decodeLz } from "../../core/codecs/lz/mod.ts";
import { decodeLz4 } from "../../core/codecs/lz4/mod.ts";
import { decodeQuic, pixelBytes } from "../../core/codecs/quic/mod.ts";
import { inflate } from "../../core/codecs/zlib/inflate.ts";
import { Peer } from "../../core/link/peer.ts";
import type { Answers, Table } from "../../core/protocol/channel.ts";
import { Display, type Head } from "../../core/protocol/display.ts";
import type { Clip, Drawing, Rect } from "../../core/protocol/drawing.ts";
import {
  type Bitmap,
  BitmapFormat,
  type Image,
  ImageFlags,
  type ImageOf,
  type Palette,
} from "../../core/protocol/image.ts";
import { drawOn } from "../../core/raster/canvas.ts";
import { createSurface, type Surface } from "../../core/raster/surface.ts";
import type { FakeClock } from "./fake_clock.ts";
import type { Conversation } from "../../channels/service.ts";

/** What each client keeps for GLZ. */
const GLZ_PIXELS = 1 << 18;

/** A video stream as a client knows it. */
export interface ViewedStream {
  readonly surfaceId: number;
  readonly codecType: string;
  readonly streamWidth: number;
  readonly streamHeight: number;
  readonly dest: Rect;
  clip: Clip;
  frames: number;
  /** Where the last frame was. */
  lastDest?: Rect;
  reportId?: number;
}

/** What the display channels of one client share: spice-gtk's session. */
export class ViewerSession {
  readonly pixmaps = new Map<bigint, Bitmap>();
  /** Those of them that have lost something. */
  readonly lossy = new Set<bigint>();
  readonly viewers = new Map<number, Viewer>();
  readonly glz = new GlzWindow(GLZ_PIXELS);
  /** Highest number of pixels that were cached at once. */
  mostPixels = 0;

  note(): void {
    let pixels = 0;
    for (const { width, height } of this.pixmaps.values()) pixels += width * height;
    this.mostPixels = Math.max(this.mostPixels, pixels);
  }

  /** Somebody got further: who waited looks again. */
  progressed(): void {
    for (const viewer of this.viewers.values()) viewer.work();
  }
}

/**
 * A display channel's client for tests: draws what it is sent, keeps caches as it is told, and
 * fails on whatever would hang or crash a real client.
 */
export class Viewer {
  readonly surfaces = new Map<number, Surface>();
  readonly palettes = new Map<bigint, Palette>();
  readonly counts: Record<string, number> = {};
  readonly imageTypes: Record<string, number> = {};
  readonly peer: Peer<typeof Display.server.table, typeof Display.client.table>;
  /** Video streams by their numbers. */
  readonly streams = new Map<number, ViewedStream>();
  /** Called with each message before it is done. */
  // deno-lint-ignore no-explicit-any
  onMessage: ((name: string, body: any) => void) | null = null;
  /** Heeds the clips of streams; spice-html5 does not. */
  clipsStreams = true;
  /** Answers pings. */
  pongs = true;
  marked = false;
  heads: Head[] = [];
  serial = 0n;
  /** Acknowledges what it is sent. */
  acks = true;
  /** Draws what it is sent; otherwise it looks at nothing but what keeps the protocol going. */
  draws = true;
  #window = 0;
  #unacked = 0;
  #work: { name: string; body: unknown }[] = [];
  #working = false;

  constructor(
    readonly conversation: Conversation,
    readonly clock: FakeClock,
    readonly id = 0,
    readonly session = new ViewerSession(),
    cachePixels = 20n << 20n,
  ) {
    session.viewers.set(id, this);
    this.peer = new Peer({
      incoming: Display.server,
      outgoing: Display.client,
      mini: true,
      limitBytes: 1 << 30,
    });
    const answers: Record<string, (body: unknown) => void> = {};
    for (const name in Display.server.byName) {
      // a body is a view of bytes that the next one may overwrite: what can be done is done now
      answers[name] = (body) => {
        this.#work.push({ name, body });
        this.work();
      };
    }
    this.peer.answer(answers as unknown as Answers<typeof Display.server.table & Table>);
    this.peer.send.init({
      pixmapCacheId: 1,
      pixmapCacheSize: cachePixels,
      glzDictionaryId: 1,
      glzDictionaryWindowSize: GLZ_PIXELS,
    });
    this.speak();
  }

  /** What this client says reaches the server. */
  speak(): void {
    const { outbox } = this.peer;
    for (let bytes; (bytes = outbox.take()) !== null; outbox.landed()) {
      this.conversation.receive(bytes.slice());
    }
  }

  /** Takes one write of the server's; false: there is none. */
  listen(): boolean {
    const { outbox } = this.conversation;
    const bytes = outbox.take();
    if (bytes === null) {
      // what another channel's progress let it do may have made it speak
      this.speak();
      return false;
    }
    this.peer.receive(bytes.slice());
    outbox.landed();
    this.work();
    this.speak();
    return true;
  }

  /** Does what came, up to a message that must wait for another channel. */
  work(): void {
    if (this.#working) return;
    this.#working = true;
    try {
      while (this.#work.length > 0 && this.#do(this.#work[0])) this.#work.shift();
    } finally {
      this.#working = false;
    }
  }

  /** Acknowledges what it is sent from now on, and what it was sent before. */
  resumeAcks(): void {
    this.acks = true;
    this.#acknowledge();
    this.speak();
  }

  #acknowledge(): void {
    if (this.#window === 0) return;
    for (; this.#unacked >= this.#window; this.#unacked -= this.#window) this.peer.send.ack();
  }

  #do({ name, body }: { name: string; body: unknown }): boolean {
    if (name === "waitForChannels") {
      const { waitList } = body as {
        waitList: { channelType: number; channelId: number; messageSerial: bigint }[];
      };
      for (const { channelType, channelId, messageSerial } of waitList) {
        assertEquals(channelType, Display.id);
        if ((this.session.viewers.get(channelId)?.serial ?? 0n) < messageSerial) return false;
      }
    }
    if (name.startsWith("draw") && !this.#glzImages(body)) return false;
    this.onMessage?.(name, body);
    this.serial++;
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    this.#handle(name, body);
    this.#unacked++;
    if (this.acks) this.#acknowledge();
    this.session.progressed();
    return true;
  }

  // deno-lint-ignore no-explicit-any
  #handle(name: string, body: any): void {
    switch (name) {
      case "setAck":
        this.#window = body.window;
        this.#unacked = 0;
        return this.peer.send.ackSync({ generation: body.generation });
      case "ping":
        if (this.pongs) this.peer.send.pong({ id: body.id, timestamp: body.timestamp });
        return;
      case "surfaceCreate":
        assert(!this.surfaces.has(body.surfaceId), `surface ${body.surfaceId} is there already`);
        this.surfaces.set(body.surfaceId, createSurface(body.format, body.width, body.height));
        return;
      case "surfaceDestroy":
        assert(this.surfaces.delete(body.surfaceId), `no surface ${body.surfaceId} to destroy`);
        return;
      case "mark":
        assert(this.surfaces.has(0), "marked without a primary surface");
        this.marked = true;
        return;
      case "monitorsConfig":
        assert(body.heads.length >= 1 && body.heads.length <= body.maxAllowed);
        this.heads = body.heads;
        return;
      case "invalList":
        for (const { id } of this.draws ? body.resources : []) {
          assert(this.session.pixmaps.delete(id), `pixmap ${id} to drop is not there`);
        }
        return;
      case "invalPalette":
        assert(
          this.palettes.delete(body.id) || !this.draws,
          `palette ${body.id} to drop is not there`,
        );
        return;
      case "invalAllPalettes":
        return this.palettes.clear();
      case "waitForChannels":
        return;
      case "streamCreate":
        assert(body.id < 64 && !this.streams.has(body.id), `stream ${body.id} is there already`);
        assert(this.marked && this.surfaces.has(body.surfaceId), "a stream before its surface");
        this.streams.set(body.id, { ...body, frames: 0 });
        return;
      case "streamActivateReport":
        assert(this.streams.has(body.streamId), `no stream ${body.streamId} to report on`);
        this.streams.get(body.streamId)!.reportId = body.uniqueId;
        return;
      case "streamClip":
        assert(this.streams.has(body.id), `no stream ${body.id} to clip`);
        this.streams.get(body.id)!.clip = body.clip;
        return;
      case "streamDestroy":
        assert(this.streams.delete(body.id), `no stream ${body.id} to destroy`);
        return;
      case "streamData":
      case "streamDataSized":
        return this.#frame(body);
      case "copyBits":
        return this.#draw({ kind: "copyBits", ...body });
      default:
        assert(name.startsWith("draw"), `unexpected ${name}`);
        this.#draw({ kind: name, ...body });
    }
  }

  // deno-lint-ignore no-explicit-any
  #frame(body: any): void {
    const stream = this.streams.get(body.base.id);
    assert(stream, `a frame of stream ${body.base.id}, which is not there`);
    assert(body.base.multiMediaTime !== 0, "spice-gtk takes a stamp of 0 for an error");
    const { streamWidth, streamHeight, dest, clip, surfaceId } = stream!;
    const size = "dest" in body ? body : { width: streamWidth, height: streamHeight };
    const box = "dest" in body ? body.dest : dest;
    assertEquals([box.right - box.left, box.bottom - box.top], [size.width, size.height]);
    stream!.frames++;
    stream!.lastDest = box;
    if (!this.draws) return;
    const { width, height, data } = decodeJpeg(body.data, size);
    this.#draw({
      kind: "drawCopy",
      base: { surfaceId, box, clip: this.clipsStreams ? clip : { type: "none" } },
      data: {
        srcBitmap: {
          ...{ type: "bitmap", id: 0n, flags: 0, width, height, format: "bit32", bitmapFlags: 4 },
          ...{ x: width, y: height, stride: width * 4, palette: null, data },
        },
        srcArea: { top: 0, left: 0, bottom: height, right: width },
        ropDescriptor: 8,
        scaleMode: "nearest",
        mask: { flags: 0, pos: { x: 0, y: 0 }, bitmap: null },
      },
    });
  }

  #draw(drawing: Drawing): void {
    if (!this.draws) return;
    const surface = this.surfaces.get(drawing.base.surfaceId);
    assert(surface, `${drawing.kind} on surface ${drawing.base.surfaceId}, which is not there`);
    const kept: [bigint, Bitmap][] = [];
    this.#images(drawing, kept);
    drawOn(surface!, drawing, {
      surface: (id) => {
        const found = this.surfaces.get(id);
        assert(found, `drawing from surface ${id}, which is not there`);
        return found;
      },
      picture: (image) => this.#picture(image),
      palette: (id) => {
        const palette = this.palettes.get(id);
        assert(palette, `palette ${id} is not there`);
        return palette;
      },
    });
    for (const [id, bitmap] of kept) this.session.pixmaps.set(id, bitmap);
    this.session.note();
  }

  readonly #glzDecoded = new WeakMap<Image, Bitmap>();

  /** Decodes the message's GLZ images; false: one refers to a picture that has not come yet. */
  #glzImages(value: unknown): boolean {
    if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return true;
    const image = value as Image;
    if (image.type !== "glzRgb" && image.type !== "zlibGlzRgb") {
      return Object.values(value).every((inner) => this.#glzImages(inner));
    }
    if (this.#glzDecoded.has(image)) return true;
    const data = image.type === "glzRgb" ? image.data : inflate(image.data, image.glzDataSize);
    const picture = this.session.glz.decode(data, image.width * image.height);
    if ("missing" in picture) return false;
    this.#glzDecoded.set(image, {
      ...plainHead(image),
      format: picture.format === "rgba" ? "rgba" : "bit32",
      bitmapFlags: picture.topDown ? 4 : 0,
      stride: image.width * 4,
      palette: null,
      data: picture.pixels.slice(),
    });
    return true;
  }

  /** Walks all images of the drawing: counts, caches, checks. */
  #images(value: unknown, kept: [bigint, Bitmap][]): void {
    if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return;
    if ("id" in value && "type" in value && "width" in value) {
      this.#image(value as unknown as Image, kept);
    } else for (const inner of Object.values(value)) this.#images(inner, kept);
  }

  #image(image: Image, kept: [bigint, Bitmap][]): void {
    this.imageTypes[image.type] = (this.imageTypes[image.type] ?? 0) + 1;
    if (
      (image.type === "bitmap" || image.type === "lzPlt") && image.palette && image.bitmapFlags & 1
    ) {
      this.palettes.set(image.palette.unique, image.palette);
    }
    const { pixmaps, lossy } = this.session;
    const loses = image.type === "jpeg" || image.type === "jpegAlpha";
    if (image.flags & ImageFlags.cacheReplaceMe) {
      assert(!loses && lossy.delete(image.id), `pixmap ${image.id} is replaced, but not lossy`);
    } else if (!(image.flags & ImageFlags.cacheMe)) return;
    else assert(!pixmaps.has(image.id), `pixmap ${image.id} is cached twice`);
    if (loses) lossy.add(image.id);
    const bitmap = image.type === "bitmap" ? image : this.#picture(image);
    kept.push([image.id, { ...bitmap!, data: bitmap!.data.slice(), ...this.#inlined(bitmap!) }]);
  }

  /** A cached image must not depend on the palette cache. */
  #inlined(bitmap: Bitmap): Partial<Bitmap> {
    if (bitmap.paletteId === undefined) return {};
    return {
      palette: this.palettes.get(bitmap.paletteId) ?? null,
      bitmapFlags: bitmap.bitmapFlags & ~2,
    };
  }

  #picture(image: Image): Bitmap | undefined {
    if (image.type === "fromCache") {
      const found = this.session.pixmaps.get(image.id);
      assert(found, `pixmap ${image.id} is not in the cache: a real client would hang`);
      return found;
    }
    if (image.type === "fromCacheLossless") {
      assert(!this.session.lossy.has(image.id), `pixmap ${image.id} is lossy: a client would wait`);
      return this.#picture({ ...image, type: "fromCache" });
    }
    if (image.type === "glzRgb" || image.type === "zlibGlzRgb") return this.#glzDecoded.get(image);
    if (image.type === "jpeg" || image.type === "jpegAlpha") return jpegPicture(image);
    if (image.type === "quic") return quicPicture(image);
    if (image.type === "lzRgb" || image.type === "lzPlt") return this.#lzPicture(image);
    if (image.type !== "lz4") return undefined;
    const pixelBytes: Record<number, number> = { 6: 2, 7: 3, 8: 4, 9: 4 };
    const { width, height } = image;
    const { format, topDown, rows } = decodeLz4(
      image.data,
      (f) => width * height * pixelBytes[f],
    );
    const name = Object.entries(BitmapFormat.values).find(([, n]) => n === format)![0];
    return {
      type: "bitmap",
      id: image.id,
      flags: 0,
      width,
      height,
      format: name as Bitmap["format"],
      bitmapFlags: topDown ? 4 : 0,
      x: width,
      y: height,
      stride: width * pixelBytes[format],
      palette: null,
      data: rows,
    };
  }

  #lzPicture(image: ImageOf<"lzRgb" | "lzPlt">): Bitmap {
    const { width, height } = image;
    const rows = decodeLz(image.data, width * height);
    assertEquals([rows.width, rows.height], [width, height]);
    const palette = image.type === "lzPlt"
      ? image.palette ?? this.palettes.get(image.paletteId!) ?? null
      : null;
    assertEquals(palette !== null, image.type === "lzPlt", "a palette is not there");
    return {
      ...plainHead(image),
      format: rows.format as Bitmap["format"],
      bitmapFlags: rows.topDown ? 4 : 0,
      stride: rows.stride,
      palette,
      data: rows.data.slice(),
    };
  }
}

const plainHead = ({ id, width, height }: Image) =>
  ({ type: "bitmap", id, flags: 0, width, height, x: width, y: height }) as const;

function jpegPicture(image: ImageOf<"jpeg" | "jpegAlpha">): Bitmap {
  const { data } = image.type === "jpeg"
    ? decodeJpeg(image.data, image)
    : decodeJpegAlpha({ ...image, topDown: (image.alphaFlags & 1) !== 0 }, image, decodeLz);
  return {
    ...plainHead(image),
    format: image.type === "jpeg" ? "bit32" : "rgba",
    bitmapFlags: 4,
    stride: image.width * 4,
    palette: null,
    data: data.slice(),
  };
}

function quicPicture(image: ImageOf<"quic">): Bitmap {
  const { format, data } = decodeQuic(image.data, image);
  const names = { gray: "bit8A", rgb16: "bit16", rgb24: "bit24", rgb32: "bit32", rgba: "rgba" };
  return {
    ...plainHead(image),
    format: names[format] as Bitmap["format"],
    bitmapFlags: 4,
    stride: image.width * pixelBytes(format),
    palette: null,
    data: data.slice(),
  };
}
