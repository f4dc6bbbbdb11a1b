import { assertEquals } from "@std/assert";
import { encode } from "../../../../core/binary/codec.ts";
import { Collected, Pieces } from "../../../../core/link/agent_pieces.ts";
import { AGENT_PROTOCOL, AgentHeader } from "../../../../core/protocol/agent.ts";

/** What came whole of messages of up to 1000 bytes; null: one was longer. */
function collecting() {
  const whole: (Uint8Array | null)[] = [];
  const pieces = new Pieces(new Collected(() => 1000, (_, data) => whole.push(data)), "the test");
  const say = (body: Uint8Array, pieceBytes: number) => {
    const header = { protocol: AGENT_PROTOCOL, type: 4, opaque: 0n, size: body.length };
    pieces.push(encode(AgentHeader, header).slice());
    for (let at = 0; at < body.length; at += pieceBytes) {
      // as they come off the wire: views of what is used again
      const piece = body.slice(at, at + pieceBytes);
      pieces.push(piece);
      piece.fill(0);
    }
  };
  return { whole, say };
}

Deno.test("a message is put together out of pieces of any size, in memory of its own size", () => {
  const body = Uint8Array.from({ length: 1000 }, (_, i) => i);
  for (const size of [1, 7, 64, 999, 1000]) {
    const { whole, say } = collecting();
    say(body, size);
    say(new Uint8Array(), 1);
    say(body.subarray(0, 3), size);
    assertEquals(whole, [body, new Uint8Array(), body.subarray(0, 3)], `${size}`);
    assertEquals(whole[0]!.buffer.byteLength, body.length);
  }
});

Deno.test("a message that is too long is passed over, and the next one is whole", () => {
  const { whole, say } = collecting();
  say(new Uint8Array(1001), 100);
  say(Uint8Array.of(1, 2), 1);
  assertEquals(whole, [null, Uint8Array.of(1, 2)]);
});
