/** Links as real peers made and answered them, played again. record_link.ts records link.json. */
import { assertEquals } from "@std/assert";
import { linkStage } from "../../channels/link_stage.ts";
import type { Duplex } from "../../core/link/duplex.ts";
import { readLink } from "../../core/link/handshake.ts";
import { Throttle } from "../../core/link/throttle.ts";
import { Tickets } from "../../core/link/ticket.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import { comparable } from "../kit/link_cases.ts";
import transcript from "./link.json" with { type: "json" };

/** A client that says this and leaves. */
function client(said: Uint8Array): { duplex: Duplex; heard: number[] } {
  const heard: number[] = [];
  let at = 0;
  const duplex: Duplex = {
    remote: { address: "memory", transport: "memory", secure: false, webSocket: false },
    read(into) {
      const n = Math.min(into.length, said.length - at);
      into.set(said.subarray(at, at + n));
      at += n;
      return Promise.resolve(n === 0 ? null : n);
    },
    write: (bytes) => Promise.resolve((heard.push(...bytes), bytes.length)),
    close() {},
  };
  return { duplex, heard };
}

for (const [name, { said, heard: expected }] of Object.entries(transcript.libspice)) {
  Deno.test(`a link is answered as libspice-server answered it: ${name}`, async () => {
    const bytes = Uint8Array.fromHex(said);
    const { duplex, heard } = client(bytes);
    await linkStage(duplex, {
      tickets: new Tickets({ now: () => 0, required: false }),
      throttle: new Throttle({ now: () => 0 }),
      offered: (type) => type === 1 ? Capabilities.of(0, 1, 2, 3) : Capabilities.of(),
      channelSecurity: () => "any",
      sessionKnown: () => true,
    }).catch(() => {});
    assertEquals(comparable(bytes, heard), expected);
  });
}

Deno.test("the links of spice-gtk are read: main, display, inputs, cursor and their capabilities", async () => {
  const seen: Record<number, [common: number[], channel: number[]]> = {};
  for (const words of transcript.clients["spice-gtk"]) {
    const link = await readLink(client(Uint8Array.fromHex(words)).duplex);
    seen[link.channelType] = [[...link.commonCaps.words], [...link.channelCaps.words]];
  }
  assertEquals(seen, { 1: [[13], [15]], 2: [[13], [0x3bf]], 3: [[13], []], 4: [[13], []] });
});
