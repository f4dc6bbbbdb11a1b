/** Crowds that mean harm, at the whole program: it goes on serving, and is afterwards what it was. */
import { assert, assertEquals } from "@std/assert";
import type { LinkRefused } from "../../core/link/handshake.ts";
import { clientCommonCaps } from "../../core/link/connect.ts";
import { linkMessage } from "../../core/link/handshake.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import { CursorChannel } from "../../core/protocol/cursor.ts";
import { Display } from "../../core/protocol/display.ts";
import { Inputs } from "../../core/protocol/inputs.ts";
import { Main } from "../../core/protocol/main.ts";
import { type Apart, startApart } from "../kit/apart.ts";
import { linkChannel, SpiceClient } from "../kit/spice_client.ts";
import { connectTcp, type TestTcp } from "../kit/tcp.ts";

const hello = linkMessage({
  connectionId: 0,
  channelType: Main.id,
  channelId: 0,
  commonCaps: clientCommonCaps,
  channelCaps: Capabilities.of(),
});

/** A client that does all as it should, and sees the desktop. */
async function properClient(server: Apart, password?: string): Promise<void> {
  await using client = await SpiceClient.connect(server.port, { password });
  await server.until(
    () => {
      if (client.errors.length > 0) throw client.errors[0];
      return client.viewer.marked;
    },
    "a proper client sees the desktop",
    30,
  );
  assert(new Set(client.picture.pixels).size > 100);
}

/** Everything that clients made the server hold is given back. */
async function asBefore(server: Apart): Promise<void> {
  const look = await server.until(
    ({ clients, sockets }) => clients === 0 && sockets === 1,
    "nobody is there, and the listening socket alone is open",
    40,
  );
  assertEquals([look.borrowed, look.waiting, look.failures], [0, 0, []]);
}

Deno.test("a thousand connections that say nothing or stop inside the link keep nobody out, and are gone after the deadline", async () => {
  await using server = await startApart();
  await properClient(server);
  const half: TestTcp[] = [];
  for (let i = 0; i < 1000; i++) {
    const stream = await connectTcp(server.port, `127.0.0.${2 + i % 16}`);
    if (i % 2) await stream.write(hello.subarray(0, 1 + i % (hello.length - 1))).catch(() => {});
    half.push(stream);
    if (i % 250 === 249) await properClient(server);
  }
  const crowded = await server.look();
  assert(crowded.sockets > 100 && crowded.sockets < 520);
  await properClient(server);
  await asBefore(server);
  for (const stream of half) {
    while (await stream.read(new Uint8Array(256)).catch(() => null) !== null);
    stream.close();
  }
  await properClient(server);
});

/** A full client that goes, and its streams besides, each in a state of its own. */
const states: Record<string, (port: number) => Promise<{ reset(): void }>> = {
  "connected": (port) => connectTcp(port),
  "inside the link": async (port) => {
    const stream = await connectTcp(port);
    await stream.write(hello.subarray(0, 20));
    return stream;
  },
  "main that heard nothing yet": (port) => linkChannel(port, Main),
  "main that was greeted": async (port) => {
    const stream = await linkChannel(port, Main);
    await stream.read(new Uint8Array(38));
    return stream;
  },
  "inside a message": async (port) => {
    const stream = await linkChannel(port, Main);
    await stream.write(Uint8Array.of(104, 0, 9, 0));
    return stream;
  },
  "display before init": (port) => joined(port, Display),
  "cursor": (port) => joined(port, CursorChannel),
  "inputs with a key held": async (port) => {
    const both = await joined(port, Inputs);
    await both.stream.write(Uint8Array.of(101, 0, 4, 0, 0, 0, 0x1e, 0, 0, 0));
    return both;
  },
  "in the middle of pictures": async (port) => {
    const client = await SpiceClient.connect(port);
    return { reset: () => void client.leave(true) };
  },
};

async function joined(port: number, channel: Pick<typeof Display, "id"> | typeof Inputs) {
  const main = await linkChannel(port, Main);
  const init = new Uint8Array(38);
  for (let at = 0; at < init.length;) at += await main.read(init.subarray(at)) ?? init.length;
  const connectionId = new DataView(init.buffer).getUint32(6, true);
  const stream = await linkChannel(port, channel, { connectionId });
  return {
    stream,
    reset() {
      stream.reset();
      main.reset();
    },
  };
}

Deno.test("RST in every state of a session, in a storm of connects, leaves nothing behind", async () => {
  await using server = await startApart();
  await properClient(server);
  const reached = new Map<string, number>();
  for (let round = 0; round < 12; round++) {
    await Promise.all(
      Object.entries(states).map(async ([name, reach]) => {
        try {
          const client = await reach(server.port);
          reached.set(name, (reached.get(name) ?? 0) + 1);
          client.reset();
        } catch (error) {
          // sixteen clients are there already: the door says so
          assertEquals((error as LinkRefused).name, "LinkRefused", `${error}`);
        }
      }),
    );
    if (round % 4 === 3) await properClient(server);
  }
  assertEquals([...reached.keys()].sort(), Object.keys(states).sort());
  await asBefore(server);
  await properClient(server);
});

Deno.test("hundreds of wrong passwords at once, from one address and from sixty, let nobody in and keep out nobody who knows", async () => {
  const password = "sesame";
  await using server = await startApart({ tickets: { disabled: false, password, expires: null } });
  await properClient(server, password);
  const codes: Record<string, number> = {};
  const guess = async (from: string) => {
    const stream = await linkChannel(server.port, Main, { password: "open", from })
      .catch((error) => error);
    const code = "close" in stream ? "let in" : stream.code ?? String(stream);
    codes[code] = (codes[code] ?? 0) + 1;
  };
  // tests/unit/channels/link_storm_test.ts has thousands, without waiting for each to be refused
  for (let round = 0; round < 4; round++) {
    const one = Array.from({ length: 50 }, () => guess("127.0.0.2"));
    const many = Array.from({ length: 60 }, (_, i) => guess(`127.0.1.${i}`));
    await Promise.all([...one, ...many, properClient(server, password)]);
  }
  assertEquals(codes, { permissionDenied: 4 * 110 });
  await asBefore(server);
  await properClient(server, password);
});
