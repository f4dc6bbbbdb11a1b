import { assert, assertRejects } from "@std/assert";
import { ProtocolError } from "../../../../../core/binary/error.ts";
import { Outgoing } from "../../../../../qxl/drivers/rfb/outgoing.ts";
import { KeyEvent } from "../../../../../qxl/drivers/rfb/wire.ts";
import { duplexPair } from "../../../../kit/duplex_pair.ts";

Deno.test("a server that reads no keys is given up with a reason, though a write still hangs", async () => {
  const [ours] = duplexPair();
  const outgoing = new Outgoing();
  const ended = assertRejects(() => outgoing.run(ours), ProtocolError, "the peer does not read");
  const key = { type: 4, down: 1, padding: 0, keysym: 0x61 };
  outgoing.say(KeyEvent, key);
  // what the stream holds leaves; then a write hangs
  for (let i = 0; i < 600_000; i++) {
    outgoing.say(KeyEvent, key);
    if (i % 10_000 === 0) await new Promise((turned) => setTimeout(turned));
  }
  await ended;
  assert(outgoing.waitingBytes === 0, "what waited is let go");
  ours.close();
});
