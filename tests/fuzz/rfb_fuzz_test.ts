/**
 * Hostile RFB servers: damaged recordings, and damaged handshakes. A session ends with a ProtocolError,
 * or when the bytes do; nothing else comes out, and memory stays where it was.
 */
import { assert, assertEquals } from "@std/assert";
import { ProtocolError, WireError } from "../../core/binary/error.ts";
import { seeded } from "../../core/binary/random.ts";
import { greet } from "../../qxl/drivers/rfb/handshake.ts";
import { Clipboard } from "../../qxl/drivers/rfb/clipboard.ts";
import { FakeClock } from "../kit/fake_clock.ts";
import { effort } from "../kit/effort.ts";
import { mutate } from "../kit/mutate.ts";
import { hear, recorded, saying } from "../kit/rfb_recorded.ts";

const MAX_BYTES = 1 << 20;

Deno.test(`RFB: ${effort.rfbServers} damaged servers end their own sessions and nothing else`, async () => {
  const random = seeded(0x5fb);
  const seeds: Uint8Array[] = [];
  for (const encoding of ["hextile", "zrle", "tight"]) {
    for (const server of ["xvnc", "qemu"]) {
      seeds.push((await recorded(`${server}-${encoding}`)).bytes.slice(0, 8000));
    }
  }
  // small ones reach more with the same effort
  const rects = [-223, -224, -232, -239, -240, -257, -258, -261, -307, -308, -314, 0, 1, 5, 7, 16];
  for (const encoding of rects) {
    const head = new Uint8Array(80);
    const view = new DataView(head.buffer);
    view.setUint16(2, 2);
    for (const at of [4, 30]) {
      [3, 2, 5, 4].forEach((n, i) => view.setUint16(at + 2 * i, n));
      view.setInt32(at + 8, encoding);
    }
    seeds.push(head);
  }
  // a fence with eight bytes, and the end of continuous updates
  seeds.push(new Uint8Array([248, 0, 0, 0, 0x80, 0, 0, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 150, 0]));
  const clipboard = new Clipboard(() => null, new FakeClock());
  const into = new Uint8Array(16384);
  const small = seeds.slice(6);
  let ended = 0, before = 0, most = 0;
  for (let i = 0; i < effort.rfbServers; i++) {
    // recordings of whole screens cost a hundred times as much
    const pool = i % 200 === 0 ? seeds : small;
    const seed = pool[random.below(pool.length)], other = pool[random.below(pool.length)];
    const bytes = into.subarray(0, mutate(random, seed, other, into));
    const { error } = await hear(
      { width: 64, height: 48, bytes },
      {
        clipboard: (flags, data) => clipboard.extended(flags, data),
      },
      null,
      MAX_BYTES,
    );
    if (error instanceof ProtocolError || error instanceof WireError) ended++;
    else throw new Error(`Damaged server ${i}: ${bytes.toHex()}`, { cause: error });
    if (i % 20_000 === 0) {
      const { rss } = Deno.memoryUsage();
      // what other tests left behind is collected by then
      if (i === 100_000) before = rss;
      if (i >= 100_000) most = Math.max(most, rss);
    }
  }
  assertEquals(ended, effort.rfbServers);
  assert(before === 0 || most < before + (300 << 20), `memory grew from ${before} to ${most}`);
});

Deno.test("RFB: damaged greetings end with a verdict", async () => {
  const random = seeded(0x601);
  const text = (s: string) => [...new TextEncoder().encode(s)];
  const init = [
    2,
    128,
    1,
    224,
    32,
    24,
    0,
    1,
    0,
    255,
    0,
    255,
    0,
    255,
    16,
    8,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    2,
  ];
  const seeds = [
    [...text("RFB 003.003\n"), 0, 0, 0, 1, ...init, ...text("hi")],
    [
      ...text("RFB 003.008\n"),
      2,
      2,
      1,
      ...new Array(16).fill(7),
      0,
      0,
      0,
      0,
      ...init,
      ...text("hi"),
    ],
    [...text("RFB 003.008\n"), 1, 19, 0, 2, 0, 2, 0, 0, 1, 4, 0, 0, 1, 6, 1, 0, 0, 0, 0, ...init],
  ].map((seed) => new Uint8Array(seed));
  const into = new Uint8Array(1024);
  for (let i = 0; i < effort.rfbServers / 20; i++) {
    const n = mutate(random, seeds[random.below(3)], seeds[random.below(3)], into);
    const tls = random.below(2) === 0;
    const known = {
      username: tls ? "me" : null,
      password: "geheim",
      secure: tls ? (duplex: ReturnType<typeof saying>) => Promise.resolve(duplex) : null,
    };
    try {
      await greet(saying(into.subarray(0, n)), known);
    } catch (error) {
      if (error instanceof ProtocolError || error instanceof WireError) continue;
      throw new Error(`Damaged greeting: ${into.subarray(0, n).toHex()}`, { cause: error });
    }
  }
});
