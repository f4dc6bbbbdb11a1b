/** Streams of every codec that the browser knows, encoded by it and played as the recording of a session. */
import { assert, assertEquals } from "@std/assert";
import { Peer } from "../../core/link/peer.ts";
import { Display, StreamFlags, type VideoCodecType } from "../../core/protocol/display.ts";
import { Recorder } from "../../web/client/session_file.ts";
import type { Chromium } from "../kit/chromium.ts";
import { eventually } from "../kit/desk.ts";
import { serveConsole } from "../kit/web_console.ts";
import { canvasOf, ignore, openConsole } from "./page.ts";

const WIDTH = 320, HEIGHT = 240, FRAMES = 12;
const NAMES = { vp8: "vp8", vp9: "vp09.00.10.08", h264: "avc1.42E01F", mjpeg: "jpeg" } as const;

/** Frames of two halves, red and blue, that change places with each of them; null: it cannot encode this. */
async function encode(browser: Chromium, codec: string): Promise<Uint8Array[] | null> {
  const files: string[] | null = await browser.evaluate(`(async () => {
    const config = {
      codec: "${codec}", width: ${WIDTH}, height: ${HEIGHT}, bitrate: 1e6, framerate: 30,
      latencyMode: "realtime", ...("${codec}".startsWith("avc1") ? { avc: { format: "annexb" } } : {}),
    };
    const files = [], pictures = "${codec}" === "jpeg";
    if (!pictures) {
      if (typeof VideoEncoder !== "function") return null;
      if (!(await VideoEncoder.isConfigSupported(config)).supported) return null;
    }
    const encoder = pictures ? null : new VideoEncoder({
      output(chunk) {
        const bytes = new Uint8Array(chunk.byteLength);
        chunk.copyTo(bytes);
        files.push(bytes.toBase64());
      },
      error(error) { throw error; },
    });
    encoder?.configure(config);
    const canvas = new OffscreenCanvas(${WIDTH}, ${HEIGHT}), context = canvas.getContext("2d");
    for (let i = 0; i < ${FRAMES}; i++) {
      for (const half of [0, 1]) {
        context.fillStyle = (i + half) % 2 ? "rgb(20,20,220)" : "rgb(220,20,20)";
        context.fillRect(half * ${WIDTH / 2}, 0, ${WIDTH / 2}, ${HEIGHT});
      }
      if (pictures) {
        const file = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
        files.push(new Uint8Array(await file.arrayBuffer()).toBase64());
        continue;
      }
      const frame = new VideoFrame(canvas, { timestamp: i * 33333 });
      encoder.encode(frame, { keyFrame: i === 0 });
      frame.close();
    }
    await encoder?.flush();
    return files;
  })()`);
  return files && files.map((file) => Uint8Array.fromBase64(file));
}

/** A session whose guest shows a stream in the middle of a grey screen, and then draws a bar over it. */
function session(codecType: VideoCodecType, frames: Uint8Array[]): Blob {
  const peer = new Peer({ incoming: Display.client, outgoing: Display.server, mini: true });
  const recorder = new Recorder(() => 0);
  const { send } = peer;
  const said = () => {
    recorder.data(Display.id, 0, peer.outbox.take()!);
    peer.outbox.landed();
  };
  const width = 400, height = 300, whole = { top: 0, left: 0, bottom: height, right: width };
  const clip = { type: "none" } as const;
  const fill = (box: typeof whole, color: number) =>
    send.drawFill({
      base: { surfaceId: 0, box, clip },
      data: {
        brush: { type: "solid", color },
        ropDescriptor: 8,
        mask: { flags: 0, pos: { x: 0, y: 0 }, bitmap: null },
      },
    });
  recorder.linked(Display.id, 0, true);
  send.surfaceCreate({ surfaceId: 0, width, height, format: "xrgb32", flags: 1 });
  send.mark();
  fill(whole, 0x808080);
  send.streamCreate({
    surfaceId: 0,
    id: 3,
    flags: StreamFlags.topDown,
    codecType,
    stamp: 0n,
    streamWidth: WIDTH,
    streamHeight: HEIGHT,
    srcWidth: WIDTH,
    srcHeight: HEIGHT,
    dest: { top: 30, left: 40, bottom: 30 + HEIGHT, right: 40 + WIDTH },
    clip,
  });
  said();
  for (const data of frames) {
    send.streamData({ base: { id: 3, multiMediaTime: 0 }, data });
    said();
  }
  // what comes after a frame must be drawn over it
  fill({ top: 100, left: 0, bottom: 140, right: width }, 0x00ff00);
  send.streamDestroy({ id: 3 });
  said();
  return recorder.file();
}

for (const [codecType, codec] of Object.entries(NAMES) as [keyof typeof NAMES, string][]) {
  Deno.test({
    name: `a stream of ${codecType} is shown where it belongs, below what was drawn after it`,
    ignore,
    async fn() {
      await using console = await serveConsole((duplex) => duplex.close());
      await using browser = await openConsole(console.web.address);
      const frames = await encode(browser, codec);
      if (!frames) return void globalThis.console.log(`this browser does not encode ${codecType}`);
      assertEquals(frames.length, FRAMES);
      const file = await session(codecType, frames).bytes();
      await browser.evaluate(
        `viewer.play(new Blob([Uint8Array.fromBase64("${file.toBase64()}")]))`,
      );
      await eventually(
        async () => (await browser.evaluate("viewer.stats()")).video.frames === FRAMES,
        "all frames are shown",
      );
      const green = async () => (await canvasOf(browser)).pixels[120 * 400 + 200] === 0x00ff00;
      await eventually(green, "the bar is drawn");
      const { pixels } = await canvasOf(browser);
      const near = (x: number, y: number, colour: readonly number[]) => {
        const pixel = pixels[y * 400 + x];
        const seen = [pixel >> 16 & 255, pixel >> 8 & 255, pixel & 255];
        assert(
          seen.every((c, i) => Math.abs(c - colour[i]) < 40),
          `${x}, ${y} is ${seen}, not ${colour}`,
        );
      };
      const [left, right] = FRAMES % 2 ? [[220, 20, 20], [20, 20, 220]] : [[20, 20, 220], [
        220,
        20,
        20,
      ]];
      for (const y of [40, 260]) {
        near(60, y, left);
        near(340, y, right);
        near(20, y, [128, 128, 128]);
      }
      const { video, dropped } = await browser.evaluate("viewer.stats()");
      assertEquals([video.dropped, dropped], [0, 0]);
      assertEquals(browser.console, []);
    },
  });
}
