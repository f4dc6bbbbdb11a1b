/**
 * What codecs make of video360's film: bytes of a frame, how near it is to the guest's picture, and how
 * long one is in the making, from picture to frame. MJPEG is made here at its best quality, VP8 and VP9
 * by ffmpeg as streams have it made, which decodes them, too.
 */
import { Coders } from "../../channels/display/coder.ts";
import { CoderProcess } from "../../channels/display/coder_process.ts";
import { startProgram } from "../../channels/spawn.ts";
import { decodeJpeg, encodeJpeg } from "../../core/codecs/jpeg/mod.ts";
import { createLog } from "../../core/log.ts";
import type { Bitmap } from "../../core/protocol/image.ts";
import { concat } from "../kit/concat.ts";
import { ivfFrame, ivfHead } from "../kit/fake_ffmpeg.ts";
import { needs } from "../kit/peers.ts";
import { psnr } from "../kit/psnr.ts";
import { film, pictures } from "../kit/video360.ts";
import { clock } from "../kit/clock.ts";

const width = film.right - film.left, height = film.bottom - film.top;
const log = createLog({
  format: "text",
  level: "warn",
  sink: console.error,
  now: () => new Date(),
});

interface Made {
  readonly frames: readonly Uint8Array[];
  readonly shown: readonly Uint8Array[];
  readonly ms: number;
}

function mjpeg(source: readonly Uint8Array[]): Made {
  const began = performance.now();
  const rows = { format: "bit32", width, height, stride: width * 4, topDown: true } as const;
  const frames = source.map((data) => encodeJpeg({ ...rows, data }, 80).slice());
  const ms = performance.now() - began;
  return { frames, shown: frames.map((frame) => decodeJpeg(frame, { width, height }).data), ms };
}

async function outside(codec: "vp8" | "vp9", source: readonly Uint8Array[]): Promise<Made> {
  using coders = new Coders((args) => new CoderProcess(startProgram("ffmpeg", args)), clock, log);
  const setting = { codec, width, height, framesPerSecond: 18, bitsPerSecond: width * height * 18 };
  const coder = coders.open(setting)!;
  const frames: Uint8Array[] = [];
  const began = performance.now();
  for (const data of source) {
    const bitmap: Bitmap = {
      ...{ type: "bitmap", id: 0n, flags: 0, width, height, format: "bit32", bitmapFlags: 4 },
      ...{ x: width, y: height, stride: width * 4, palette: null, data },
    };
    frames.push(
      await new Promise((resolve, reject) =>
        coder.encode(bitmap, (frame) => frame ? resolve(frame) : reject(new Error(`no ${codec}`)))
      ),
    );
  }
  const ms = performance.now() - began;
  return { frames, shown: await decoded(codec, frames), ms };
}

async function decoded(codec: "vp8" | "vp9", frames: readonly Uint8Array[]) {
  const head = ivfHead(), view = new DataView(head.buffer);
  head.set(new TextEncoder().encode(codec === "vp8" ? "VP80" : "VP90"), 8);
  view.setUint16(12, width, true), view.setUint16(14, height, true);
  view.setUint32(16, 18, true), view.setUint32(20, 1, true);
  const numbered = frames.map(ivfFrame);
  numbered.forEach((frame, i) => new DataView(frame.buffer).setUint32(4, i, true));
  const file = await Deno.makeTempFile({ suffix: ".ivf" });
  await Deno.writeFile(file, concat([head, ...numbered]));
  const { stdout } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-i", file, "-vsync", "passthrough"],
      ...["-f", "rawvideo", "-pix_fmt", "bgr0", "pipe:1"],
    ],
  }).output();
  await Deno.remove(file);
  const bytes = width * height * 4;
  return frames.map((_, i) => stdout.subarray(i * bytes, (i + 1) * bytes));
}

if (!needs("ffmpeg").ignore) {
  const source = pictures(120);
  console.log("codec   bytes/frame   PSNR dB: mean  least   ms/frame");
  for (const codec of ["mjpeg", "vp8", "vp9"] as const) {
    const { frames, shown, ms } = codec === "mjpeg" ? mjpeg(source) : await outside(codec, source);
    const bytes = frames.reduce((sum, { length }) => sum + length, 0) / frames.length;
    const near = source.map((picture, i) => psnr(picture, shown[i]));
    const mean = near.reduce((sum, dB) => sum + dB, 0) / near.length;
    console.log(
      codec.padEnd(8) + bytes.toFixed(0).padStart(11) + mean.toFixed(2).padStart(16) +
        Math.min(...near).toFixed(2).padStart(7) + (ms / frames.length).toFixed(1).padStart(11),
    );
  }
}
