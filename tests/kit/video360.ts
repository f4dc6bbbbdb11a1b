/** The recording with a film in it, and what of a client's picture is the film. */
import { zstdDecompressSync } from "node:zlib";
import type { Bitmap } from "../../core/protocol/image.ts";
import type { Rect } from "../../core/raster/rect.ts";
import type { ImageOptions, ReplayGuest } from "../../mod.ts";
import { readRecording } from "../../qxl/drivers/replay/recording.ts";
import { recording, startAppliance, type TestAppliance } from "./appliance.ts";
import { eventually } from "./desk.ts";
import type { Picture } from "./png.ts";
import { psnr } from "./psnr.ts";
import { cut } from "./reading.ts";

/** Where the film is on the screen. */
export const film: Rect = { left: 60, top: 40, right: 700, bottom: 400 };
const size = { width: film.right - film.left, height: film.bottom - film.top };

/** Plays it as fast as it was recorded, once a client is there. */
export function playFilm(
  streamingVideo: ImageOptions["streamingVideo"],
  videoCodecs: ImageOptions["videoCodecs"] = ["mjpeg"],
): Promise<TestAppliance> {
  const guest: ReplayGuest = {
    driver: "replay",
    name: null,
    uuid: null,
    file: recording("video360"),
    pace: "recorded",
    waitClients: 1,
    loop: false,
    after: "stay",
  };
  const images = { compression: "auto_glz", jpegWan: "never", zlibGlzWan: "never" } as const;
  return startAppliance({ guest, images: { ...images, streamingVideo, videoCodecs } }, "debug");
}

/** Waits until a stream began, and a second more, so that clients show it. */
export async function streaming({ log }: TestAppliance): Promise<void> {
  await eventually(() => log.some((line) => line.includes("stream-began")), "a stream began", 60);
  await new Promise((wake) => setTimeout(wake, 1000));
}

/** Frames of the streams that ended. */
export function framesOf({ log }: TestAppliance): number {
  return log.map((line) => JSON.parse(line)).filter(({ event }) => event === "stream-ended")
    .reduce((sum, { frames }) => sum + frames, 0);
}

/** What streams were encoded as, in the order in which they came up. */
export function codecsOf({ log }: TestAppliance): string[] {
  const began = log.map((line) => JSON.parse(line)).filter(({ event }) => event === "stream-began");
  return [...new Set(began.map(({ codec }) => codec))];
}

/** Rows that are looked at: the server is in the same process, and must not wait long. */
const EVERY = 8;

/** Rows of each frame, read before anything plays. */
const frames = filmFrames();

/** How near, in dB, the film's place in a client's picture is to the nearest of its frames. */
export function nearness(picture: Picture, at = { x: film.left, y: film.top }): number {
  const { pixels } = cut(picture, at, size);
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  const part = rowsOf(bytes, size.width * 4);
  return Math.max(...frames.map((frame) => psnr(frame, part)));
}

function rowsOf(bytes: Uint8Array, stride: number, topDown = true): Uint8Array {
  const rows = new Uint8Array(Math.ceil(size.height / EVERY) * size.width * 4);
  for (let y = 0, to = 0; y < size.height; y += EVERY, to += size.width * 4) {
    const from = (topDown ? y : size.height - 1 - y) * stride;
    rows.set(bytes.subarray(from, from + size.width * 4), to);
  }
  return rows;
}

function filmFrames(): Uint8Array[] {
  return [...bitmaps()].map(({ data, stride, bitmapFlags }) =>
    rowsOf(data, stride, (bitmapFlags & 4) !== 0)
  );
}

/** So many of its frames, top down, 32 bits a pixel. */
export function pictures(count: number): Uint8Array[] {
  return bitmaps().take(count).map(({ data, stride, bitmapFlags }) => {
    if (bitmapFlags & 4) return data.slice();
    const rows = new Uint8Array(stride * size.height);
    for (let y = 0; y < size.height; y++) {
      rows.set(data.subarray(y * stride, (y + 1) * stride), (size.height - 1 - y) * stride);
    }
    return rows;
  }).toArray();
}

function* bitmaps(): Generator<Bitmap> {
  const packed = Deno.readFileSync(recording("video360"));
  const bytes = zstdDecompressSync(packed, { maxOutputLength: 2 ** 30 });
  for (const { action } of readRecording(bytes, "video360")) {
    if (action.kind !== "draw" || action.drawing.kind !== "drawCopy") continue;
    const image = action.drawing.data.srcBitmap;
    if (image?.type === "bitmap" && image.width === size.width) yield image;
  }
}
