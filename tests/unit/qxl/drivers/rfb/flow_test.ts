/** Updates that come without being asked for, as a server sees them. */
import { assertEquals } from "@std/assert";
import { readExactly } from "../../../../../core/link/exact.ts";
import { farEncodings } from "../../../../../qxl/drivers/rfb/introduce.ts";
import { Session } from "../../../../../qxl/drivers/rfb/session.ts";
import { duplexPair } from "../../../../kit/duplex_pair.ts";
import { silent } from "../../../../kit/rfb_recorded.ts";

const INTRODUCTION = 20, REQUEST = 10;
/** FramebufferUpdate without a rectangle; EndOfContinuousUpdates. */
const update = [0, 0, 0, 0], ended = [150];
/** A rectangle of DesktopSize. */
const resized = (width: number, height: number) =>
  [0, 0, 0, 1]
    .concat([0, 0, 0, 0, 0, width, 0, height], [0xff, 0xff, 0xff, 0x21]);
const request = (
  incremental: number,
  width: number,
  height: number,
) => [3, incremental, 0, 0, 0, 0, 0, width, 0, height];
const enable = (
  on: number,
  width: number,
  height: number,
) => [150, on, 0, 0, 0, 0, 0, width, 0, height];

/** A session with a server of 9 × 9 pixels, past its introduction. */
async function stage(flows = true, turn = () => Promise.resolve()) {
  const [client, server] = duplexPair();
  const greeted = { duplex: client, width: 9, height: 9, name: "" };
  const options = { maxBytes: 1 << 20, encodings: farEncodings, flows, turn };
  const session = new Session(greeted, options, silent);
  const over = session.run().catch((error) => error);
  const hears = async (count: number) => [...await readExactly(server, count)];
  const says = (...words: number[][]) => server.write(new Uint8Array(words.flat()));
  await hears(INTRODUCTION);
  const [, , high, low] = await hears(4);
  const count = high << 8 | low,
    encodings = new DataView(
      new Uint8Array(await hears(4 * count)).buffer,
    );
  const understood = Array.from({ length: count }, (_, i) => encodings.getInt32(4 * i));
  assertEquals(await hears(REQUEST), request(0, 9, 9));
  const end = async () => {
    session.close();
    await over;
  };
  return { session, understood, hears, says, over, end };
}

Deno.test("a server that can sends updates by itself, of the size that the picture has", async () => {
  const { understood, hears, says, end } = await stage();
  assertEquals(understood.filter((each) => each === -312 || each === -313), [-312, -313]);
  await says(ended, update);
  assertEquals(await hears(2 * REQUEST), [...request(1, 9, 9), ...enable(1, 9, 9)]);
  // nobody asks for these; what says so is the order of what is heard next
  await says(update, update, resized(5, 4));
  assertEquals(await hears(2 * REQUEST), [...enable(1, 5, 4), ...request(0, 5, 4)]);
  await end();
});

Deno.test("while nobody looks updates are asked for", async () => {
  const { session, hears, says, end } = await stage();
  await says(ended, update);
  await hears(2 * REQUEST);
  session.watched = false;
  assertEquals(await hears(REQUEST), enable(0, 9, 9));
  // somebody looks again before the server has stopped
  session.watched = true;
  await says(update, ended);
  assertEquals(await hears(REQUEST), request(1, 9, 9));
  await says(update);
  assertEquals(await hears(2 * REQUEST), [...request(1, 9, 9), ...enable(1, 9, 9)]);
  await end();
});

Deno.test("fences that want an answer come back, with the flags that are known", async () => {
  const { hears, says, over, end } = await stage();
  const fence = (...flags: number[]) => [248, 0, 0, 0, ...flags, 2, 7, 8];
  await says(fence(0, 0, 0, 1), fence(0x80, 0, 0x10, 5));
  assertEquals(await hears(11), fence(0, 0, 0, 5));
  await says([248, 0, 0, 0, 0x80, 0, 0, 0, 65]);
  const { message } = await over;
  assertEquals(message, "The server's fence has 65 bytes");
  await end();
});

Deno.test("a server nearby is asked for every update", async () => {
  const { understood, hears, says, end } = await stage(false);
  assertEquals(understood.some((each) => each === -312 || each === -313), false);
  await says(update, update);
  assertEquals(await hears(2 * REQUEST), [...request(1, 9, 9), ...request(1, 9, 9)]);
  await end();
});

Deno.test("others have a turn between two clipboards of a server's, however few bytes these are", async () => {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const turns: (() => void)[] = [];
  const { says, end } = await stage(true, () => {
    if (turns.length === 1) resolve();
    return new Promise((go) => void turns.push(go));
  });
  const packed = [3, 0, 0, 0].concat([0xff, 0xff, 0xff, 0xfb], [0x10, 0, 0, 1], [0]);
  const plain = [3, 0, 0, 0].concat([0, 0, 0, 1], [0x61]);
  await says(packed, plain, packed);
  await new Promise((wake) => setTimeout(wake));
  assertEquals(turns.length, 1);
  turns[0]();
  await over;
  await end();
});
