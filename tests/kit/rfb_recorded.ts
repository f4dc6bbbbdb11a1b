/** What RFB servers once sent (tests/transcripts/record_rfb.ts), and sessions that hear it again. */
import type { Random } from "../../core/binary/random.ts";
import type { Duplex } from "../../core/link/duplex.ts";
import { Frame } from "../../qxl/drivers/rfb/frame.ts";
import { nearEncodings } from "../../qxl/drivers/rfb/introduce.ts";
import type { SessionListener } from "../../qxl/drivers/rfb/listener.ts";
import { Session } from "../../qxl/drivers/rfb/session.ts";

export interface Recorded {
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
}

export async function recorded(name: string): Promise<Recorded> {
  const file = await Deno.readFile(new URL(`../data/rfb/${name}.gz`, import.meta.url));
  const stream = new Blob([file]).stream().pipeThrough(new DecompressionStream("gzip"));
  const all = await new Response(stream).bytes();
  const end = all.indexOf(10);
  const [width, height] = new TextDecoder().decode(all.subarray(0, end)).split("x").map(Number);
  return { width, height, bytes: all.subarray(end + 1) };
}

/** Hears nothing. */
export const silent: SessionListener = {
  resized: (width, height) => new Frame(width, height),
  updated: () => Promise.resolve(),
  cursor: () => {},
  cursorMoved: () => {},
  leds: () => {},
  absolute: () => {},
  renamed: () => {},
  resizeRefused: () => {},
  cutText: () => {},
  clipboard: () => {},
};

/** A stream that says these bytes, in pieces of random sizes, and then ends; what it hears is dropped. */
export function saying(bytes: Uint8Array, random: Random | null = null): Duplex {
  let at = 0, open = true;
  return {
    remote: { address: "test", transport: "memory", secure: false, webSocket: false },
    read(into) {
      if (at === bytes.length || !open) return Promise.resolve(null);
      const most = random === null ? into.length : 1 + random.below(random.below(2) ? 9 : 4000);
      const n = Math.min(bytes.length - at, into.length, most);
      into.set(bytes.subarray(at, at + n));
      at += n;
      return Promise.resolve(n);
    },
    write: (some) => Promise.resolve(some.length),
    close: () => open = false,
  };
}

/** Hears a server to its end; what the picture was then, and why it ended. */
export async function hear(
  { width, height, bytes }: Recorded,
  listener: Partial<SessionListener> = {},
  random: Random | null = null,
  maxBytes = 1 << 24,
  turn = () => Promise.resolve(),
): Promise<{ frame: Frame; session: Session; error: Error }> {
  const greeted = { duplex: saying(bytes, random), width, height, name: "" };
  const options = { maxBytes, encodings: nearEncodings, flows: false, turn };
  const session = new Session(greeted, options, { ...silent, ...listener });
  const error = await session.run().then(() => new Error("it never ends"), (why) => why);
  return { frame: session.frame, session, error };
}
