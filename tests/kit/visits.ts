/** Visitors of every manner, many at a time: what a server in the open has to bear. */
import { seeded } from "../../core/binary/random.ts";
import type { Random } from "../../core/binary/random.ts";
import { channels } from "../../core/protocol/channels.ts";
import { Main } from "../../core/protocol/main.ts";
import { linkChannel, SpiceClient } from "./spice_client.ts";
import { connectTcp } from "./tcp.ts";

const pause = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

/** Visitors are many, and their pictures are nobody's concern. */
const connect = (port: number) => SpiceClient.connect(port, { draws: false });

/** One visit; rejects when the server refuses or ends it, as it may. */
type Visit = (port: number, random: Random) => Promise<void>;

export const visits: Readonly<Record<string, Visit>> = {
  async looks(port, random) {
    await using _ = await connect(port);
    await pause(random.below(1000));
  },
  async stalls(port, random) {
    await using client = await connect(port);
    client.stall();
    await pause(random.below(2000));
    if (random.below(2) === 0) client.mend();
    await pause(random.below(300));
  },
  async acknowledgesNothing(port, random) {
    await using client = await connect(port);
    client.viewer.acks = false;
    await pause(random.below(2000));
  },
  async types(port, random) {
    await using client = await connect(port);
    const { send } = client.inputs.peer;
    for (let i = 0; i < 50; i++) {
      send.keyDown({ code: 1 + random.below(88) });
      send.mouseMotion({ dx: random.below(100) - 50, dy: random.below(100) - 50, buttonsState: 0 });
      await pause(5);
    }
  },
  async resets(port, random) {
    const client = await connect(port);
    await pause(random.below(200));
    await client.leave(true);
  },
  async stopsInsideTheLink(port, random) {
    const stream = await connectTcp(port, `127.0.0.${2 + random.below(100)}`);
    await stream.write(Uint8Array.of(0x52, 0x45, 0x44, 0x51).subarray(0, 1 + random.below(4)));
    await pause(random.below(2000));
    random.below(2) ? stream.reset() : stream.close();
  },
  async lies(port, random) {
    const stream = await linkChannel(port, Main);
    try {
      const bytes = Uint8Array.from({ length: 200 }, () => random.below(256));
      // a header that can be, and nonsense behind it
      bytes.set([1 + random.below(112), 0, random.below(100), 0, 0, 0]);
      await stream.write(bytes);
      while (await stream.read(new Uint8Array(4096)) !== null);
    } finally {
      stream.close();
    }
  },
  async liesOnItsWay(port, random) {
    await using client = await connect(port);
    const channel = channels[random.below(channels.length)];
    const stream = await linkChannel(port, channel, { connectionId: client.connectionId });
    await stream.write(Uint8Array.from({ length: 50 }, () => random.below(256)));
    stream.close();
  },
};

/** So many visitors at any time and each port, until the end; how often each kind was let in. */
export async function crowd(
  ports: readonly number[],
  { seconds, each }: { readonly seconds: number; readonly each: number },
): Promise<Record<string, number>> {
  const done: Record<string, number> = {};
  const end = performance.now() + seconds * 1000;
  const kinds = Object.keys(visits);
  const visitors = Array.from({ length: each * ports.length }, async (_, i) => {
    const random = seeded(i + 1);
    while (performance.now() < end) {
      const kind = kinds[random.below(kinds.length)];
      const well = await visits[kind](ports[i % ports.length], random).then(
        () => true,
        () => false,
      );
      if (well) done[kind] = (done[kind] ?? 0) + 1;
      else await pause(20);
    }
  });
  await Promise.all(visitors);
  return done;
}
