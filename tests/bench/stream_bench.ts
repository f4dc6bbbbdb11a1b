/**
 * Streams beside libspice-server's: video360 and browser at their recorded pace, one client that takes
 * MJPEG. Bytes of the display channel; CPU of the process here without what the guest takes alone, and of
 * the thread there that serves; how near the frames are to the recording's pictures. "cold" is the
 * first pass of a process, in which V8 still compiles, "warm" the median of the later ones, whose
 * pictures are new to the client, too; all other columns are the first pass's. Arguments: a recording
 * and a setting of streaming-video, if not all of them.
 */
import { zstdDecompressSync } from "node:zlib";
import { decodeJpeg } from "../../core/codecs/jpeg/mod.ts";
import { RecordingReader } from "../../qxl/drivers/replay/recording.ts";
import { recording } from "../kit/appliance.ts";
import { type Dumped, dumped } from "../kit/display_dump.ts";
import { psnr } from "../kit/psnr.ts";
import { guestAlone, libspice, median, ours, peersHere } from "./side_by_side.ts";

const PASSES = 4;
const [only, setting] = Deno.args;
const recordings = only ? [only] : ["video360", "browser"];
const settings = setting ? [setting] : ["off", "filter", "all"];

interface Measured {
  readonly cpuSeconds: number;
  readonly messages: Dumped[];
}

if (peersHere()) {
  console.log(
    "recording  streaming  server      MB    frames  stream MB  draws before  " +
      "CPU s: cold  warm   ms/frame: cold  warm   PSNR dB: mean  least  qualities",
  );
  for (const name of recordings) {
    const pictures = await picturesOf(recording(name));
    const [first, ...later] = await guestAlone(recording(name), PASSES, "recorded");
    const guest = { coldMs: first, warmMs: median(later) };
    for (const streaming of settings) {
      // on a busy machine its client may be gone before it has written what it measured
      const theirs = await there(name, streaming).catch(() => null);
      if (theirs) tell(name, streaming, "libspice", [theirs], pictures);
      tell(name, streaming, "here", await here(name, streaming, guest), pictures);
    }
  }
}

async function there(name: string, streaming: string): Promise<Measured> {
  const dump = await Deno.makeTempFile();
  const args = ["-c", "auto_glz", "-s", streaming, "-x", "1"];
  const { cpuSeconds } = await libspice(recording(name), args, ["-D", dump]);
  const messages = dumped(await Deno.readFile(dump));
  await Deno.remove(dump);
  return { cpuSeconds, messages };
}

/** Pass by pass. */
async function here(
  name: string,
  streaming: string,
  guest: { coldMs: number; warmMs: number },
): Promise<Measured[]> {
  const dump = await Deno.makeTempFile();
  const args = ["-D", dump];
  const passes = await ours(recording(name), PASSES, "recorded", "auto_glz", streaming, args);
  const messages = dumped(await Deno.readFile(dump));
  await Deno.remove(dump);
  const gone = ({ name, body }: Dumped) => name === "surfaceDestroy" && body.surfaceId === 0;
  return passes.map(({ totalMs }, pass) => {
    const end = messages.findIndex(gone);
    return {
      cpuSeconds: (totalMs - (pass === 0 ? guest.coldMs : guest.warmMs)) / 1000,
      messages: messages.splice(0, end < 0 ? Infinity : end + 1),
    };
  });
}

function tell(
  name: string,
  streaming: string,
  server: string,
  [{ cpuSeconds, messages }, ...later]: Measured[],
  pictures: Map<string, Uint8Array[]>,
): void {
  const isFrame = ({ name }: Dumped) => name.startsWith("streamData");
  const bytes = messages.reduce((sum, message) => sum + message.bytes, 0);
  const frames = messages.filter(isFrame);
  const streamed = frames.reduce((sum, frame) => sum + frame.bytes, 0);
  const first = messages.findIndex(({ name }) => name === "streamCreate");
  const before =
    messages.slice(0, Math.max(0, first)).filter(({ name }) => name.startsWith("draw")).length;
  let sum = 0, least = Infinity, next = 0;
  const qualities = new Map<number, number>();
  const sizes = new Map<number, { width: number; height: number }>();
  for (const { name, body } of messages) {
    if (name === "streamCreate") {
      sizes.set(body.id, { width: body.streamWidth, height: body.streamHeight });
    }
    if (!name.startsWith("streamData")) continue;
    const size = name === "streamDataSized" ? body : sizes.get(body.base.id);
    const { width, height, data } = decodeJpeg(body.data, size);
    // the first step of the table, as libjpeg scales it
    const step = body.data[25];
    qualities.set(step, (qualities.get(step) ?? 0) + 1);
    const candidates = pictures.get(`${width} ${height}`) ?? [];
    let best = -Infinity, bestAt = next;
    // frames come in order, some of them left out
    for (let i = next; i < Math.min(candidates.length, next + 40); i++) {
      const near = psnr(candidates[i], data);
      if (near > best) best = near, bestAt = i;
    }
    next = bestAt;
    sum += best;
    least = Math.min(least, best);
  }
  const warm = later.toSorted((a, b) => a.cpuSeconds - b.cpuSeconds).at(later.length >> 1);
  const warmFrames = warm?.messages.filter(isFrame).length;
  const cell = (value: string | number, width: number) => String(value).padStart(width);
  console.log(
    name.padEnd(11) + streaming.padEnd(11) + server.padEnd(9) +
      cell((bytes / 1e6).toFixed(2), 6) + cell(frames.length, 8) +
      cell((streamed / 1e6).toFixed(2), 11) + cell(before, 14) +
      cell(cpuSeconds.toFixed(3), 13) + cell(warm?.cpuSeconds.toFixed(3) ?? "", 6) +
      (frames.length > 0
        ? cell((cpuSeconds * 1000 / frames.length).toFixed(2), 17) +
          cell(warm ? (warm.cpuSeconds * 1000 / warmFrames!).toFixed(2) : "", 6) +
          cell((sum / frames.length).toFixed(2), 14) + cell(least.toFixed(2), 8) + "  " +
          [...qualities].map(([step, n]) => `${n}×q0=${step}`).join(" ")
        : ""),
  );
}

/** The recording's copies by size, in order, as decodeJpeg gives pixels. */
// deno-lint-ignore require-await
async function picturesOf(file: string): Promise<Map<string, Uint8Array[]>> {
  const reader = new RecordingReader(file, () => {
    throw new Error("a recording with packed bodies");
  });
  reader.push(zstdDecompressSync(Deno.readFileSync(file), { maxOutputLength: 2 ** 30 }));
  reader.end();
  const pictures = new Map<string, Uint8Array[]>();
  for (let event; (event = reader.next()) !== null;) {
    if (event.action.kind !== "draw" || event.action.drawing.kind !== "drawCopy") continue;
    const image = event.action.drawing.data.srcBitmap;
    if (image?.type !== "bitmap" || image.width * image.height < 96 * 96) continue;
    const key = `${image.width} ${image.height}`;
    if (!pictures.has(key)) pictures.set(key, []);
    pictures.get(key)!.push(upright(image));
  }
  return pictures;
}

function upright(
  { width, height, stride, bitmapFlags, data }: {
    width: number;
    height: number;
    stride: number;
    bitmapFlags: number;
    data: Uint8Array;
  },
): Uint8Array {
  const rows = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const from = (bitmapFlags & 4 ? y : height - 1 - y) * stride;
    rows.set(data.subarray(from, from + width * 4), y * width * 4);
  }
  return rows;
}
