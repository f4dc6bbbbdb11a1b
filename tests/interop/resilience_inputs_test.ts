/**
 * What clients that linked properly have said to bring servers down. Here it ends that client at
 * most: another one goes on seeing the guest, which goes on drawing. Where each is proven:
 *
 * 1. Migration words on every channel, empty bodies: here; unit: main_test, inputs_test,
 *    cursor_test, display/conversation_test ("refuses … migration", "empty bodies").
 * 2. A display that closes before INIT, says something else, or INIT twice; nonsense sizes and ids:
 *    here; unit: display/conversation_test ("init twice, or anything before init", "a pixmap cache
 *    of … pixels is as good as none").
 * 3. Sizes of 0x80000000 and 0xffffffff with few bytes behind: here, on every channel there is; on
 *    those of the protocol that this release does not offer, at the deframer; unit: main_test,
 *    inputs_test, core/link/deframer_test. LZ4 that claims 2 GiB: here.
 * 4. Agent tokens and data before AGENT_START, a count that overflows: here; unit: main_test,
 *    agent/monitors_test ("passes over data and tokens that come before the start", "overflows").
 * 5. RST in every state, in a storm: resilience_crowd_test; unit: link_storm_test (in the link),
 *    listen_test, session_test.
 * 6. Hundreds that never speak or stop inside the link: resilience_crowd_test; unit: link_storm_test,
 *    listen_test, which also runs out of descriptors.
 * 7. A client that stops reading or acknowledging: resilience_stall_test; unit: cursor_test,
 *    main_test, inputs_test, display/conversation_test.
 * 8. Thousands of wrong passwords from one address and from many: link_storm_test, throttle_test;
 *    resilience_crowd_test.
 */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ProtocolError } from "../../core/binary/error.ts";
import { decodeLz4 } from "../../core/codecs/lz4/mod.ts";
import { LinkRefused } from "../../core/link/handshake.ts";
import { Deframer } from "../../core/link/deframer.ts";
import { type AnyChannel, channels } from "../../core/protocol/channels.ts";
import { CursorChannel } from "../../core/protocol/cursor.ts";
import { Display } from "../../core/protocol/display.ts";
import { Inputs } from "../../core/protocol/inputs.ts";
import { Main } from "../../core/protocol/main.ts";
import { Playback } from "../../core/protocol/playback.ts";
import { RecordChannel } from "../../core/protocol/record.ts";
import { startAppliance } from "../kit/appliance.ts";
import { eventually } from "../kit/desk.ts";
import { linkChannel, SpiceClient } from "../kit/spice_client.ts";

const OFFERED: readonly AnyChannel[] = [Main, Display, Inputs, CursorChannel, Playback];
/** It has one owner at a time, and the next may come before the last has gone: fuzz/channels_fuzz_test has it. */
const OWNED: readonly AnyChannel[] = [RecordChannel];
const INIT = 101;

/** A mini header and a body; size: what the header claims. */
function message(id: number, body: readonly number[] | Uint8Array = [], size = body.length) {
  const bytes = new Uint8Array(6 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id, true);
  view.setUint32(2, size, true);
  bytes.set(body, 6);
  return bytes;
}

const u32 = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);

/** Display's INIT: two ids, two sizes. */
function init(cacheId: number, cachePixels: bigint, glzId: number, glzPixels: number) {
  const body = new Uint8Array(14);
  const view = new DataView(body.buffer);
  body[0] = cacheId;
  view.setBigInt64(1, cachePixels, true);
  body[9] = glzId;
  view.setInt32(10, glzPixels, true);
  return message(INIT, body);
}

interface Stage {
  /** A channel of a new client says all this; ends: the server then closes it. */
  says(channel: AnyChannel, ends: boolean, ...messages: Uint8Array[]): Promise<void>;
  readonly port: number;
}

/** A demo desktop that somebody watches: afterwards it still moves, and nothing failed. */
async function besides(act: (stage: Stage) => Promise<void>): Promise<void> {
  await using served = await startAppliance();
  const { port } = served;
  await using watcher = await SpiceClient.connect(port);
  await act({
    port,
    async says(channel, ends, ...messages) {
      const main = await linkChannel(port, Main);
      const greeting = new Uint8Array(10);
      for (let at = 0; at < 10;) at += (await main.read(greeting.subarray(at))) ?? 10;
      const connectionId = new DataView(greeting.buffer).getUint32(6, true);
      const stream = channel === Main ? main : await linkChannel(port, channel, { connectionId });
      for (const bytes of messages) await stream.write(bytes).catch(() => {});
      if (ends) {
        const { promise: late, resolve } = Promise.withResolvers<number>();
        const timer = setTimeout(resolve, 20_000, -1);
        const some = new Uint8Array(65536);
        let heard: number | null;
        do heard = await Promise.race([stream.read(some).catch(() => null), late]); while (
          heard !== null && heard >= 0
        );
        clearTimeout(timer);
        assertEquals(heard, null, `${channel.name} is not ended by ${messages.join("; ")}`);
      }
      stream.close();
      main.close();
    },
  });
  const { serial } = watcher.viewer;
  await eventually(() => watcher.viewer.serial > serial + 5n, "the watcher sees the guest move");
  assertEquals(watcher.errors, []);
  await eventually(() => served.appliance.clients === 1, "only the watcher is left");
  assertEquals(served.log.filter((line) => line.includes('"level":"error"')), []);
}

Deno.test("migration words where there is no migration, on every channel", () =>
  besides(async ({ says }) => {
    for (const channel of OFFERED) {
      for (const name of ["migrateFlushMark", "migrateData"]) {
        const { id } = channel.client.byName[name];
        const first = channel === Display ? [init(1, 1n << 20n, 1, 1 << 20)] : [];
        await says(channel, true, ...first, message(id));
        await says(channel, true, ...first, message(id, new Uint8Array(100)));
        await says(channel, true, message(id));
      }
    }
  }));

Deno.test("empty bodies where one is required, on every channel", () =>
  besides(async ({ says }) => {
    for (const channel of OFFERED) {
      for (const { id, codec } of channel.client.byId.values()) {
        if (codec.size !== undefined && codec.size > 0) await says(channel, true, message(id));
      }
    }
  }));

Deno.test("a display that closes, or says anything else, before INIT", () =>
  besides(async ({ says }) => {
    await says(Display, false);
    for (const { id, name } of Display.client.byId.values()) {
      if (name === "init") continue;
      await says(Display, false, message(id, new Uint8Array(16)), init(1, 1n << 20n, 1, 1 << 20));
    }
    await says(Display, true, message(102, new Uint8Array(28)));
    await says(Display, true, message(999));
  }));

Deno.test("a second INIT ends a display; sizes that cannot be and ids never used do not", () =>
  besides(async ({ says, port }) => {
    const usual = init(1, 20n << 20n, 1, 1 << 20);
    await says(Display, true, usual, usual);
    const sizes = [0n, 1n, -1n, -(1n << 63n), (1n << 63n) - 1n, 1n << 32n];
    for (const pixels of sizes) {
      for (const window of [0, -1, -(2 ** 31), 2 ** 31 - 1]) {
        await says(Display, false, init(255, pixels, 254, window));
      }
      // who says such a thing, and goes on as it should, sees the guest
      await using odd = await SpiceClient.connect(port, { cachePixels: pixels });
      await eventually(() => odd.viewer.marked, "a client with an odd cache sees the guest");
      assertEquals(odd.errors, []);
    }
  }));

Deno.test("messages that claim 2 or 4 GiB, with few bytes behind, on every channel", () =>
  besides(async ({ says, port }) => {
    for (const size of [0x80000000, 0xffffffff]) {
      for (const channel of OFFERED) {
        for (const id of channel.client.byId.keys()) {
          await says(channel, true, message(id, [1, 2, 3], size));
        }
      }
    }
    for (const channel of channels) {
      if (OFFERED.includes(channel)) continue;
      if (!OWNED.includes(channel)) {
        const refused = await assertRejects(() => linkChannel(port, channel), LinkRefused);
        assertEquals(refused.code, "channelNotAvailable");
      }
      // what will carry them keeps nothing of such a claim
      for (const size of [0x80000000, 0xffffffff]) {
        const deframer = new Deframer({ mini: true, limitBytes: 1 << 20 }, () => {});
        const claim = message(INIT, [1, 2, 3], size);
        assertThrows(() => deframer.push(claim), ProtocolError, String(size));
      }
    }
  }));

Deno.test("LZ4 data that claim 2 GiB", () => {
  const claim = new Uint8Array(2 + 4 + 20);
  claim[1] = 8;
  for (const size of [0x80000000, 0xffffffff]) {
    new DataView(claim.buffer).setUint32(2, size);
    assertThrows(() => decodeLz4(claim, () => 64), Error, "cut off");
  }
});

Deno.test("agent tokens and data before the start, and a count that overflows", () =>
  besides(async ({ says }) => {
    const { agentData, agentToken, agentStart } = Main.client.byName;
    const tokens = message(agentToken.id, u32(0xffffffff));
    const data = message(agentData.id, new Uint8Array(2048).fill(1));
    await says(Main, false, tokens, tokens, data, data);
    // an agent is there where a display can be asked for a size, and then counts
    await says(Main, true, message(agentStart.id, u32(0xfffffffe)), tokens);
    await says(Main, true, message(agentData.id, new Uint8Array(2049)));
    await says(Main, true, message(agentStart.id, u32(1)), ...Array(20).fill(data));
  }));
