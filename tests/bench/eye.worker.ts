/**
 * Presses a key on an X server and waits for a pixel of its screen to change: told `Look`, it says
 * the milliseconds in between, or null after ten seconds.
 */
import { Duplex } from "node:stream";
import { FramebufferFile } from "../../qxl/drivers/x11/framebuffer_file.ts";
import { XDisplay } from "../../qxl/drivers/x11/x_display.ts";
// @ts-types="../../qxl/drivers/x11/x11.d.ts"
import x11, { type XServer } from "x11";

export interface Look {
  /** An Xvfb, and the file of its memory. */
  readonly display: string;
  readonly memory: string;
  readonly x: number;
  readonly y: number;
  readonly keycode: number;
}

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Look>) => void;
  postMessage(ms: number | null): void;
};
/** X.h */
const KEY_PRESS = 2, KEY_RELEASE = 3;
const LOOK_MS = 0.2, PATIENCE_MS = 10_000;
const never = new Int32Array(new SharedArrayBuffer(4));
let there: Promise<XDisplay> | null = null;

scope.onmessage = async ({ data: { display, memory, x, y, keycode } }) => {
  const server = await (there ??= connect(display));
  using file = Deno.openSync(memory);
  const picture = new FramebufferFile({
    readAt(offset, bytes) {
      file.seekSync(offset, Deno.SeekMode.Start);
      return file.readSync(bytes) ?? 0;
    },
  });
  const width = x + 1, pixels = new Uint32Array(width * (y + 1));
  const look = () => {
    picture.read({ top: y, left: x, bottom: y + 1, right: x + 1 }, pixels, width);
    return pixels[y * width + x];
  };
  const before = look(), pressed = performance.now();
  server.extensions.xtest.FakeInput(KEY_PRESS, keycode, 0, 0, 0, 0);
  await server.x.sync();
  let ms: number | null = null;
  while (ms === null && performance.now() - pressed < PATIENCE_MS) {
    Atomics.wait(never, 0, 0, LOOK_MS);
    if (look() !== before) ms = performance.now() - pressed;
  }
  server.extensions.xtest.FakeInput(KEY_RELEASE, keycode, 0, 0, 0, 0);
  await server.x.sync();
  scope.postMessage(ms);
};

async function connect(display: string): Promise<XDisplay> {
  const conn = await Deno.connect({
    transport: "unix",
    path: `/tmp/.X11-unix/X${display.slice(1)}`,
  });
  const server = await new Promise<XServer>((resolve, reject) =>
    x11.createClient(
      { display: ":0", stream: Duplex.fromWeb(conn), auth: { name: "", data: "" } },
      (error, server) => error ? reject(error) : resolve(server),
    )
  );
  return await XDisplay.of(server);
}
