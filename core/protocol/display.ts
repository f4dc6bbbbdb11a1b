import { bytes, list } from "../binary/bytes.ts";
import { enumOf, flagsOf, i32, i64, u16, u32, u64, u8 } from "../binary/cell.ts";
import type { Value } from "../binary/codec.ts";
import { lengthOf, struct } from "../binary/struct.ts";
import { ChannelWait, Data } from "./base.ts";
import { channel } from "./channel.ts";
import * as drawing from "./drawing.ts";

const { Clip, DisplayBase, Point, Rect } = drawing;

/** spice.proto: enum32 surface_fmt. Names start with a letter here: a1 is 1_A. */
export const SurfaceFormat = enumOf(u32, {
  invalid: 0,
  a1: 1,
  a8: 8,
  rgb555: 16,
  xrgb32: 32,
  rgb565: 80,
  argb32: 96,
});
export type SurfaceFormat = Value<typeof SurfaceFormat>;

/** spice.proto: flags32 surface_flags */
export const SurfaceFlags = flagsOf(u32, { primary: 0, streamingMode: 1 });
/** spice.proto: flags8 stream_flags */
export const StreamFlags = flagsOf(u8, { topDown: 0 });
/** spice.proto: enum8 video_codec_type */
export const VideoCodecType = enumOf(u8, { mjpeg: 1, vp8: 2, h264: 3, vp9: 4, h265: 5 });
export type VideoCodecType = Value<typeof VideoCodecType>;
/** spice.proto: enum8 image_compression. A wish that is not known is invalid, and no more than a wish. */
export const ImageCompression = enumOf(u8, {
  invalid: 0,
  off: 1,
  autoGlz: 2,
  autoLz: 3,
  quic: 4,
  glz: 5,
  lz: 6,
  lz4: 7,
}, "invalid");
export type ImageCompression = Value<typeof ImageCompression>;
/** spice.proto: flags32 gl_scanout_flags */
export const GlScanoutFlags = flagsOf(u32, { y0top: 0 });

/** spice.proto: struct ResourceID; the only type there is: pixmap, 1. */
export const ResourceId = struct("ResourceId", { type: u8, id: u64 });
export type ResourceId = Value<typeof ResourceId>;

/** spice.proto: struct Head */
export const Head = struct("Head", {
  monitorId: u32,
  surfaceId: u32,
  width: u32,
  height: u32,
  x: u32,
  y: u32,
  flags: u32,
});
export type Head = Value<typeof Head>;

/** spice.proto: struct StreamDataHeader */
export const StreamDataHeader = struct("StreamDataHeader", { id: u32, multiMediaTime: u32 });

/** spice.proto: channel DisplayChannel */
export const Display = channel({
  name: "display",
  id: 2,
  server: {
    mode: [101, { xRes: u32, yRes: u32, bits: u32 }],
    mark: [102, {}],
    reset: [103, {}],
    copyBits: [104, { base: DisplayBase, srcPos: Point }],
    invalList: [105, { resources: list(u16, ResourceId) }],
    invalAllPixmaps: [106, { waitList: list(u8, ChannelWait) }],
    invalPalette: [107, { id: u64 }],
    invalAllPalettes: [108, {}],
    streamCreate: [122, {
      surfaceId: u32,
      id: u32,
      flags: StreamFlags,
      codecType: VideoCodecType,
      stamp: u64,
      streamWidth: u32,
      streamHeight: u32,
      srcWidth: u32,
      srcHeight: u32,
      dest: Rect,
      clip: Clip,
    }],
    streamData: [123, {
      base: StreamDataHeader,
      dataSize: lengthOf(u32, "data"),
      data: bytes("dataSize"),
    }],
    streamClip: [124, { id: u32, clip: Clip }],
    streamDestroy: [125, { id: u32 }],
    streamDestroyAll: [126, {}],
    drawFill: [302, { base: DisplayBase, data: drawing.Fill }],
    drawOpaque: [303, { base: DisplayBase, data: drawing.Opaque }],
    drawCopy: [304, { base: DisplayBase, data: drawing.Copy }],
    drawBlend: [305, { base: DisplayBase, data: drawing.Blend }],
    drawBlackness: [306, { base: DisplayBase, data: drawing.Blackness }],
    drawWhiteness: [307, { base: DisplayBase, data: drawing.Whiteness }],
    drawInvers: [308, { base: DisplayBase, data: drawing.Invers }],
    drawRop3: [309, { base: DisplayBase, data: drawing.Rop3 }],
    drawStroke: [310, { base: DisplayBase, data: drawing.Stroke }],
    drawText: [311, { base: DisplayBase, data: drawing.Text }],
    drawTransparent: [312, { base: DisplayBase, data: drawing.Transparent }],
    drawAlphaBlend: [313, { base: DisplayBase, data: drawing.AlphaBlend }],
    surfaceCreate: [314, {
      surfaceId: u32,
      width: u32,
      height: u32,
      format: SurfaceFormat,
      flags: SurfaceFlags,
    }],
    surfaceDestroy: [315, { surfaceId: u32 }],
    streamDataSized: [316, {
      base: StreamDataHeader,
      width: u32,
      height: u32,
      dest: Rect,
      dataSize: lengthOf(u32, "data"),
      data: bytes("dataSize"),
    }],
    monitorsConfig: [317, {
      count: lengthOf(u16, "heads"),
      maxAllowed: u16,
      heads: list("count", Head),
    }],
    drawComposite: [318, { base: DisplayBase, data: drawing.Composite }],
    streamActivateReport: [319, {
      streamId: u32,
      uniqueId: u32,
      maxWindowSize: u32,
      timeoutMs: u32,
    }],
    /** The descriptor travels beside the bytes (SCM_RIGHTS) and takes none of them. */
    glScanoutUnix: [320, {
      width: u32,
      height: u32,
      stride: u32,
      drmFourccFormat: u32,
      flags: GlScanoutFlags,
    }],
    glDraw: [321, { x: u32, y: u32, w: u32, h: u32 }],
    qualityIndicator: [322, Data],
  },
  client: {
    init: [101, {
      pixmapCacheId: u8,
      /** In pixels. */
      pixmapCacheSize: i64,
      glzDictionaryId: u8,
      /** In pixels. */
      glzDictionaryWindowSize: i32,
    }],
    streamReport: [102, {
      streamId: u32,
      uniqueId: u32,
      startFrameMmTime: u32,
      endFrameMmTime: u32,
      numFrames: u32,
      numDrops: u32,
      lastFrameDelay: i32,
      audioDelay: u32,
    }],
    preferredCompression: [103, { imageCompression: ImageCompression }],
    glDrawDone: [104, {}],
    /** Numbers of VideoCodecType, the dearest first: a newer client may know more of them. */
    preferredVideoCodecType: [105, { codecs: list(u8, u8) }],
  },
});
