/** A film that plays over a narrow and long way, and keys that are pressed meanwhile. */
import { Capabilities, DisplayCap } from "../../core/protocol/capabilities.ts";
import { overlap, type Rect } from "../../core/raster/rect.ts";
import { shaped, type Way } from "../kit/shaped.ts";
import { SpiceClient } from "../kit/spice_client.ts";

/** Where film_server.ts answers keys. */
export const ECHO: Rect = { left: 900, top: 600, right: 916, bottom: 624 };

const TURN_MS = 10;

/** libjpeg's first step of luma at our qualities. */
const QUALITY: Record<number, number> = { 6: 80, 10: 70, 13: 60, 16: 50, 20: 40, 27: 30, 40: 20 };

export interface Played {
  /** From a key to its picture; Infinity: it never came. */
  readonly delaysMs: number[];
  /** How long, meanwhile, this program itself had no turn at most: the machine was busy with others. */
  readonly heldUpMs: number[];
  /** Frames as they arrived, from the first on. */
  readonly frames: { atMs: number; bytes: number; quality: number }[];
}

/** Runs film_server.ts as a program of its own, for as long as `use` takes. */
export async function overFilm<T>(use: (port: number) => Promise<T>): Promise<T> {
  const script = new URL("./film_server.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, "all"],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    const { value } = await reader.read();
    if (value === undefined) throw new Error("film_server.ts ended at once");
    return await use(Number(value));
  } finally {
    await child.stdin.close();
    await reader.cancel();
    await child.status;
  }
}

/** Plays so long from its first frame on, with a key every 333 ms once the film has played for warmUpMs. */
export async function playShaped(
  port: number,
  way: Way,
  seconds: number,
  warmUpMs: number,
): Promise<Played> {
  const link = shaped(port, way);
  try {
    await using client = await SpiceClient.connect(link.port, {
      draws: false,
      displayCaps: Capabilities.of(
        DisplayCap.monitorsConfig,
        DisplayCap.composite,
        DisplayCap.a8Surface,
        DisplayCap.lz4Compression,
        DisplayCap.sizedStream,
        DisplayCap.streamReport,
        DisplayCap.multiCodec,
        DisplayCap.codecMjpeg,
      ),
    });
    const frames: Played["frames"] = [], delaysMs: number[] = [], heldUpMs: number[] = [];
    let pressedMs: number | null = null, beganMs = 0, lastTurnMs = 0, longestMs = 0;
    const turn = () => {
      const now = performance.now();
      longestMs = Math.max(longestMs, now - lastTurnMs);
      lastTurnMs = now;
    };
    client.viewer.onMessage = (name, body) => {
      const now = performance.now();
      if (name.startsWith("streamData")) {
        if (beganMs === 0) beganMs = now;
        const quality = QUALITY[body.data[25]] ?? 0;
        frames.push({ atMs: now - beganMs, bytes: body.data.length, quality });
      } else if (
        name.startsWith("draw") && pressedMs !== null && body.base.surfaceId === 0 &&
        overlap(body.base.box, ECHO)
      ) {
        turn();
        delaysMs.push(now - pressedMs);
        heldUpMs.push(longestMs);
        pressedMs = null;
      }
    };
    const turns = setInterval(turn, TURN_MS);
    const start = performance.now();
    const over = () =>
      beganMs > 0 && performance.now() - beganMs > seconds * 1000 ||
      performance.now() - start > (seconds + 60) * 1000;
    while (!over()) {
      await new Promise((wake) => setTimeout(wake, 333));
      const now = performance.now();
      if (beganMs === 0 || now - beganMs < warmUpMs) continue;
      if (pressedMs !== null && now - pressedMs < 3000) continue;
      if (pressedMs !== null) {
        delaysMs.push(Infinity);
        heldUpMs.push(longestMs);
      }
      pressedMs = lastTurnMs = now;
      longestMs = 0;
      client.inputs.peer.send.keyDown({ code: 0x1e });
      client.inputs.peer.send.keyUp({ code: 0x9e });
    }
    clearInterval(turns);
    return { delaysMs, heldUpMs, frames };
  } finally {
    link.close();
  }
}
