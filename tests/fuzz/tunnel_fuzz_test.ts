/** Both ends of a tunnel, told words at random: nothing but the peer's own channel ends, and little waits. */
import { assert } from "@std/assert";
import { ProtocolError, WireError } from "../../core/binary/error.ts";
import { type Random, seeded } from "../../core/binary/random.ts";
import { Peer } from "../../core/link/peer.ts";
import type { AnyChannel } from "../../core/protocol/channels.ts";
import { Tunnel as TunnelChannel } from "../../core/protocol/tunnel.ts";
import { tunnelClient } from "../../channels/tunnel/carry.ts";
import { duplexPair } from "../kit/duplex_pair.ts";
import { fakeClient, linkedOf } from "../kit/linked.ts";
import { effort } from "../kit/effort.ts";
import { printer, TunnelStage } from "../kit/tunnel_stage.ts";

const WORDS = 200;
const CONVERSATIONS = Math.max(20, Math.min(400, effort.mutations / 2500));

/** Says sampled words, most of them of sockets that may be there. */
function babble(random: Random, peer: Peer<never, never>, side: AnyChannel["client"]): void {
  const names = Object.keys(side.byName).filter((name) => !/migrate|disconnecting/.test(name));
  const name = names[random.below(names.length)];
  const body = side.byName[name].codec.sample(random, {});
  if ("connectionId" in body && random.below(8) > 0) body.connectionId = 1 + random.below(4);
  if ("tokens" in body) body.tokens = random.below(40);
  if ("numTokens" in body) body.numTokens = random.below(4);
  if (random.below(4) > 0 && "id" in body) body.id = 0;
  if ("serviceId" in body && random.below(4) > 0) body.serviceId = 0;
  (peer.send as unknown as Record<string, (body: unknown) => void>)[name](body);
}

function drain(peer: Pick<Peer<never, never>, "outbox">): Uint8Array {
  const bytes = peer.outbox.take()?.slice() ?? new Uint8Array();
  if (bytes.length > 0) peer.outbox.landed();
  return bytes;
}

function hear(receive: () => void): boolean {
  try {
    receive();
    return true;
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof WireError) return false;
    throw error;
  }
}

Deno.test("a server's tunnel outlives clients that say anything", async () => {
  const random = seeded(9100);
  for (let i = 0; i < CONVERSATIONS; i++) {
    const stage = new TunnelStage(["printer", "scanner"]);
    const client = fakeClient();
    const conversation = stage.service.open(client, linkedOf(TunnelChannel.id, 0, client));
    const { client: outgoing, server: incoming } = TunnelChannel;
    const liar = new Peer({ incoming: incoming, outgoing: outgoing, mini: true });
    liar.send.serviceAdd({ id: 0 });
    for (let word = 0; word < WORDS; word++) {
      if (random.below(8) === 0) {
        const host = stage.connect(random.below(2));
        host.write(new Uint8Array(100)).catch(() => {});
      }
      babble(random, liar as never, outgoing);
      if (!hear(() => conversation.receive(drain(liar as never)))) break;
      if (random.below(4) === 0) await Promise.resolve();
      assert(conversation.outbox.waitingBytes < 4 << 20);
    }
    conversation.closed();
    assert(stage.tunnels.every(({ open, carrier }) => open === 0 && carrier === null));
  }
});

Deno.test("a client's network is closed to servers that say anything", async () => {
  const random = seeded(9101);
  for (let i = 0; i < CONVERSATIONS; i++) {
    let dialled: string[] = [];
    const { peer, over } = tunnelClient(true, {
      allowed: [printer],
      consent: () => Promise.resolve(true),
      dial({ host, port }) {
        dialled = [...dialled, `${host}:${port}`];
        return random.below(2) ? Promise.resolve(duplexPair()[0]) : Promise.reject(new Error());
      },
      tell: () => {},
    });
    const { client: incoming, server: outgoing } = TunnelChannel;
    const liar = new Peer({ incoming, outgoing, mini: true });
    for (let word = 0; word < WORDS; word++) {
      babble(random, liar as never, outgoing);
      if (!hear(() => peer.receive(drain(liar as never)))) break;
      if (random.below(4) === 0) await Promise.resolve();
      assert(peer.outbox.waitingBytes < 4 << 20);
    }
    over();
    assert(dialled.every((target) => target === "printer.lan:9100"), dialled.join());
  }
});
