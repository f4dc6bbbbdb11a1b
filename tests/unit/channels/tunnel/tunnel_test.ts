import { assert, assertEquals, assertThrows } from "@std/assert";
import { reasonOf, tunnelClient } from "../../../../channels/tunnel/carry.ts";
import { MAX_SOCKETS } from "../../../../channels/tunnel/service.ts";
import { DATA_BYTES, WINDOW } from "../../../../channels/tunnel/socket.ts";
import { ProtocolError } from "../../../../core/binary/error.ts";
import { seeded } from "../../../../core/binary/random.ts";
import { bytesOfText } from "../../../../core/binary/text.ts";
import type { Duplex } from "../../../../core/link/duplex.ts";
import { writeAll } from "../../../../core/link/exact.ts";
import { Peer } from "../../../../core/link/peer.ts";
import { Tunnel as TunnelChannel } from "../../../../core/protocol/tunnel.ts";
import { duplexPair } from "../../../kit/duplex_pair.ts";
import { fakeClient, Talk, until } from "../../../kit/linked.ts";
import { printer, readAll, TunnelStage } from "../../../kit/tunnel_stage.ts";

const random = seeded(6);
const someBytes = (n: number) => Uint8Array.from({ length: n }, () => random.below(256));

Deno.test("a print job comes out at the target byte for byte, and the answer after its end comes back", async () => {
  const stage = new TunnelStage();
  const client = stage.join();
  assertEquals(await client.agreed, true);
  await until(() => stage.tunnels[0].carrier !== null);
  const host = stage.connect();
  const job = someBytes(3 * DATA_BYTES + 17), answer = someBytes(DATA_BYTES + 1);
  const sent = writeAll(host, job).then(() => host.closeWrite!());
  await until(() => client.reached.length === 1);
  const [target] = client.reached;
  assertEquals(await readAll(target), job);
  await sent;
  // the job is over, its direction closed; the other one is still open
  const answered = writeAll(target, answer).then(() => target.close());
  assertEquals(await readAll(host), answer);
  await answered;
  await until(() => stage.tunnels[0].open === 0);
  assertEquals(stage.log.of("tunnel-close")[0].reason, "ok");
  assertEquals(stage.log.of("tunnel-close")[0].sentBytes, job.length);
  assertEquals(stage.tunnels[0].receivedBytes, answer.length);
  client.leave();
  await client.ended;
  assertEquals(stage.tunnels[0].carrier, null);
});

Deno.test("fifty connections at once keep their bytes apart, and end in either order", async () => {
  const stage = new TunnelStage();
  const client = stage.join();
  await until(() => stage.tunnels[0].carrier !== null);
  const hosts = Array.from({ length: 50 }, () => stage.connect());
  await until(() => client.reached.length === 50);
  await Promise.all(hosts.map(async (host, i) => {
    const mine = someBytes(1000 + i), back = someBytes(2000 + i);
    const target = client.reached[i];
    const [first, second] = i % 2 ? [host, target] : [target, host];
    await writeAll(first, first === host ? mine : back);
    await first.closeWrite!();
    await writeAll(second, second === host ? mine : back);
    await second.closeWrite!();
    assertEquals(await readAll(target), mine);
    assertEquals(await readAll(host), back);
  }));
  await until(() => stage.tunnels[0].open === 0);
  assertEquals(stage.log.of("tunnel-close").filter(({ reason }) => reason !== "ok"), []);
  client.leave();
  await client.ended;
});

Deno.test("what keeps a target from being reached is told at the host's side", async () => {
  const named = (name: string, message = "") => Object.assign(new Error(message), { name });
  const coded = (code: string) => Object.assign(new Error(), { code });
  const cases = [
    [coded("ECONNREFUSED"), "refused"],
    [coded("EHOSTUNREACH"), "unreachable"],
    [named("TimeoutError"), "timeout"],
    [coded("ECONNRESET"), "reset"],
    [
      named("Error", "failed to lookup address information: Name or service not known"),
      "unknownHost",
    ],
    [named("NotCapable"), "forbidden"],
    [new Error("?"), "failed"],
  ] as const;
  for (const [error, reason] of cases) {
    assertEquals(reasonOf(error), reason);
    const stage = new TunnelStage();
    const client = stage.join({ dial: () => Promise.reject(error) });
    await until(() => stage.tunnels[0].carrier !== null);
    assertEquals(await readAll(stage.connect()), new Uint8Array());
    await until(() => stage.tunnels[0].failure === reason);
    assertEquals(stage.tunnels[0].open, 0);
    client.leave();
    await client.ended;
  }
});

Deno.test("a target that breaks the connection ends it at the host, and says that it was no orderly end", async () => {
  const stage = new TunnelStage();
  const client = stage.join();
  await until(() => stage.tunnels[0].carrier !== null);
  const host = stage.connect();
  await until(() => client.reached.length === 1);
  client.reached[0].close();
  // a closed end takes no bytes: the next that come find it broken
  await writeAll(host, someBytes(10)).catch(() => {});
  await readAll(host);
  await until(() => stage.tunnels[0].failure === "reset");
  client.leave();
  await client.ended;
});

Deno.test("what a target said before it broke the connection arrives, and what nobody reads is dropped in the end", async () => {
  const stage = new TunnelStage();
  const targets: { break(): void; stream: Duplex; read: number }[] = [];
  const client = stage.join({
    dial: () => {
      const [here, there] = duplexPair({ capacity: 1 << 20 });
      const broken = Promise.withResolvers<never>();
      broken.promise.catch(() => {});
      const target = {
        stream: there,
        read: 0,
        break: () => broken.reject(new Error("Connection reset by peer")),
      };
      targets.push(target);
      return Promise.resolve({
        ...here,
        async read(into: Uint8Array) {
          const n = await Promise.race([here.read(into), broken.promise]);
          target.read += n ?? 0;
          return n;
        },
      });
    },
  });
  await until(() => stage.tunnels[0].carrier !== null);
  const answer = someBytes(10 * DATA_BYTES);
  const hosts: Duplex[] = [];
  for (let i = 0; i < 18; i++) {
    hosts.push(stage.connect());
    await until(() => targets.length === i + 1);
    await writeAll(targets[i].stream, answer);
    await until(() => targets[i].read === answer.length);
    // the host's pipe is full, and the rest waits for it
    targets[i].break();
    await until(() => stage.tunnels[0].open === 0);
  }
  assertEquals(stage.tunnels[0].failure, "reset");
  assertEquals(stage.tunnels[0].receivedBytes, 18 * answer.length);
  const heard = await Promise.all(hosts.map(readAll));
  assertEquals(heard.map(({ length }) => length === answer.length), [
    ...[false, false],
    ...Array(16).fill(true),
  ]);
  assertEquals(heard[17], answer);
  client.leave();
  await client.ended;
});

Deno.test("only what both sides name alike is carried, and only when the person agrees", async () => {
  for (
    const [options, event] of [
      [{ allowed: [{ ...printer, port: 9101 }] }, "tunnel-differs"],
      [{ allowed: [{ ...printer, host: "other.lan" }] }, "tunnel-differs"],
      [{ allowed: [{ ...printer, name: "scanner" }] }, "tunnel-not-offered"],
      [{ consent: () => Promise.resolve(false) }, "tunnel-declined"],
    ] as const
  ) {
    const stage = new TunnelStage();
    const client = stage.join(options);
    assertEquals(await client.agreed, false);
    assertEquals(client.told.map(([event]) => event), [event]);
    assertEquals(await readAll(stage.connect()), new Uint8Array());
    assertEquals([stage.tunnels[0].carrier, stage.tunnels[0].refused], [null, 1]);
    client.leave();
    await client.ended;
  }
});

Deno.test("a server that asks for a target without consent is refused by the client", async () => {
  const stage = new TunnelStage(["printer", "scanner"]);
  let dialled = 0;
  const client = stage.join({
    dial: () => Promise.reject(new Error(`${++dialled}`)),
  });
  await until(() => stage.tunnels[0].carrier !== null);
  // the server's own books say that it may
  stage.tunnels[1].carrier = stage.tunnels[0].carrier;
  stage.connect(1);
  await until(() => stage.tunnels[1].failure !== null);
  assertEquals([stage.tunnels[1].failure, dialled], ["forbidden", 0]);
  client.leave();
  await client.ended;
});

Deno.test("a target that reads nothing holds back its own host, within a window, and nobody else", async () => {
  const stage = new TunnelStage();
  const client = stage.join();
  await until(() => stage.tunnels[0].carrier !== null);
  const stuck = stage.connect(), other = stage.connect();
  await until(() => client.reached.length === 2);
  let taken = 0;
  const pushing = (async () => {
    const piece = new Uint8Array(DATA_BYTES);
    for (let i = 0; i < 4 * WINDOW; i++) {
      await writeAll(stuck, piece);
      taken += piece.length;
    }
  })().catch(() => {});
  const job = someBytes(2 * WINDOW * DATA_BYTES);
  const sent = writeAll(other, job).then(() => other.closeWrite!());
  assertEquals(await readAll(client.reached[1]), job);
  await sent;
  // the window, what the pipes at both ends hold, and the piece in the writer's hand
  assert(taken <= (WINDOW + 4) * DATA_BYTES, `${taken} bytes were taken`);
  assertEquals(stage.tunnels[0].open, 2);
  client.leave();
  await client.ended;
  await pushing;
  assertEquals(stage.tunnels[0].open, 0);
});

Deno.test("the next client that agreed carries on when the first one leaves", async () => {
  const stage = new TunnelStage();
  const first = stage.join();
  await until(() => stage.tunnels[0].carrier !== null);
  const second = stage.join();
  await until(() => second.told.some(([event]) => event === "tunnel-taken"));
  first.leave();
  await first.ended;
  await until(() => second.told.some(([event]) => event === "tunnel-carried"));
  const host = stage.connect();
  await until(() => second.reached.length === 1);
  await writeAll(host, someBytes(5));
  await host.closeWrite!();
  assertEquals((await readAll(second.reached[0])).length, 5);
  second.leave();
  await second.ended;
});

Deno.test("a client that does not answer for 30 s costs the host a closed connection", async () => {
  const stage = new TunnelStage();
  const client = stage.join({ dial: () => new Promise(() => {}) });
  await until(() => stage.tunnels[0].carrier !== null);
  const host = stage.connect();
  const closed = readAll(host);
  await until(() => stage.tunnels[0].open === 1);
  stage.clock.advance(30_000);
  assertEquals((await closed).length, 0);
  await until(() => stage.tunnels[0].failure === "timeout");
  client.leave();
  await client.ended;
});

Deno.test("who takes its consent back lets go of what was being opened at once", async () => {
  const { talk: { say }, host } = talk();
  say.serviceRemove({ id: 0 });
  assertEquals((await readAll(host)).length, 0);
});

Deno.test("a client that does not say in five minutes that a connection is over loses its channel", () => {
  for (const says of [true, false]) {
    const { talk: { say, conversation }, stage, connectionId } = talk();
    say.serviceRemove({ id: 0 });
    assertEquals(stage.tunnels[0].open, 1);
    if (says) say.socketClosed({ connectionId, reason: "forbidden" });
    stage.clock.advance(299_000);
    assertEquals(conversation.outbox.closed, false);
    stage.clock.advance(1_000);
    assertEquals(conversation.outbox.closed, !says);
  }
});

Deno.test("whose printer prints is no idle person", () => {
  const { talk: { say, client }, stage, connectionId } = talk();
  say.socketOpenAck({ connectionId, tokens: WINDOW });
  stage.clock.advance(60_000);
  say.socketData({ connectionId, data: new Uint8Array(1) });
  assertEquals(client.inputAtMs, stage.clock.now());
});

Deno.test("a server that gives more tokens than there are loses that socket, and nothing else", async () => {
  const told: string[] = [], heard: string[] = [];
  let closed = 0;
  const { peer, agreed } = tunnelClient(true, {
    allowed: [printer],
    dial: () => Promise.resolve({ ...duplexPair()[0], close: () => void closed++ }),
    consent: () => Promise.resolve(true),
    tell: (event) => void told.push(event),
  });
  const { client: incoming, server: outgoing } = TunnelChannel;
  const server = new Peer({ incoming, outgoing, mini: true, limitBytes: 1 << 17 });
  const names = Object.keys(incoming.byName);
  server.answer(Object.fromEntries(names.map((name) => [name, () => heard.push(name)])) as never);
  const say = (words: () => void) => {
    words();
    for (const [from, to] of [[server, peer], [peer, server]]) {
      const bytes = from.outbox.take();
      if (bytes) to.receive(bytes);
      if (bytes) from.outbox.landed();
    }
  };
  const { name, host, port } = printer;
  const offer = { id: 0, port, name: bytesOfText(name), host: bytesOfText(host) };
  say(() => server.send.serviceOffers({ offers: [offer] }));
  await agreed;
  say(() => {
    server.send.socketOpen({ connectionId: 1, serviceId: 0, tokens: 1 << 20 });
    server.send.socketOpen({ connectionId: 2, serviceId: 0, tokens: WINDOW });
  });
  await until(() => told.filter((event) => event === "tunnel-open").length === 2);
  say(() => {});
  assertEquals(heard, ["serviceAdd", "socketOpenAck", "socketClosed", "socketOpenAck"]);
  assertEquals(closed, 1);
});

Deno.test("beyond 128 connections the next is refused", async () => {
  const stage = new TunnelStage();
  const client = stage.join();
  await until(() => stage.tunnels[0].carrier !== null);
  for (let i = 0; i < MAX_SOCKETS; i++) stage.connect();
  assertEquals((await readAll(stage.connect())).length, 0);
  assertEquals(stage.tunnels[0].refused, 1);
  client.leave();
  await client.ended;
});

const talk = () => {
  const stage = new TunnelStage();
  const talk = new Talk(TunnelChannel, stage.service, fakeClient({ clock: stage.clock }));
  talk.say.serviceAdd({ id: 0 });
  const host = stage.connect();
  talk.exchange();
  return { stage, talk, host, connectionId: 1 };
};

Deno.test("a client is told of the window, the offers, and what is to be opened", () => {
  const { talk: { heard } } = talk();
  assertEquals(heard.map(({ name }) => name), [
    "init",
    "serviceOffers",
    "serviceState",
    "socketOpen",
  ]);
  assertEquals(heard[0].body, { maxNumOfSockets: MAX_SOCKETS, maxSocketDataSize: DATA_BYTES });
  assertEquals(heard[2].body, { id: 0, state: "carried" });
  assertEquals(heard[3].body, { connectionId: 1, serviceId: 0, tokens: WINDOW });
});

Deno.test("what a client may not say ends its channel, and the host's connection with it", async () => {
  const data = new Uint8Array(1);
  const wrong: ((t: ReturnType<typeof talk>) => void)[] = [
    ({ talk }) => talk.say.serviceAdd({ id: 7 }),
    ({ talk }) => {
      // each change of mind would be a line in the log and the audit
      talk.say.serviceRemove({ id: 0 });
      talk.say.serviceAdd({ id: 0 });
    },
    ({ talk }) => talk.say.socketOpenAck({ connectionId: 9, tokens: 1 }),
    ({ talk }) => talk.say.socketData({ connectionId: 9, data }),
    ({ talk }) => talk.say.socketFin({ connectionId: 9 }),
    ({ talk, connectionId }) => {
      talk.say.socketOpenAck({ connectionId, tokens: 1 });
      talk.say.socketOpenAck({ connectionId, tokens: 1 });
    },
    ({ talk, connectionId }) => talk.say.socketOpenAck({ connectionId, tokens: 1 << 30 }),
    ({ talk, connectionId }) => talk.say.socketOpenAck({ connectionId, tokens: 64 * WINDOW + 1 }),
    ({ talk, connectionId }) => talk.say.socketToken({ connectionId, numTokens: 1 << 30 }),
    ({ talk, connectionId }) => {
      talk.say.socketOpenAck({ connectionId, tokens: 1 });
      for (let i = 0; i <= WINDOW; i++) talk.say.socketData({ connectionId, data });
    },
    ({ talk, connectionId }) =>
      talk.say.socketData({ connectionId, data: new Uint8Array(DATA_BYTES + 1) }),
    ({ talk, connectionId }) => {
      talk.say.socketFin({ connectionId });
      talk.say.socketData({ connectionId, data });
    },
    ({ talk, connectionId }) => {
      talk.say.socketFin({ connectionId });
      talk.say.socketFin({ connectionId });
    },
    ({ talk, connectionId }) => talk.say.socketClosed({ connectionId, reason: "ok" }),
  ];
  for (const say of wrong) {
    const told = talk();
    assertThrows(() => say(told), ProtocolError, undefined, `${say}`);
    told.talk.conversation.closed();
    assertEquals((await readAll(told.host)).length, 0, `${say}`);
  }
});
