import { assert, assertEquals, assertRejects } from "@std/assert";
import { ProtocolError } from "../../../../core/binary/error.ts";
import type { Duplex } from "../../../../core/link/duplex.ts";
import { Outbox } from "../../../../core/link/outbox.ts";
import { pump, type Pumped } from "../../../../core/link/pump.ts";
import { duplexPair } from "../../../kit/duplex_pair.ts";

function pumped(receive: (bytes: Uint8Array) => void = () => {}): Pumped {
  return { outbox: new Outbox(), receive };
}

function put(outbox: Outbox, bytes: Uint8Array): void {
  outbox.writer.put(bytes);
  outbox.filled();
}

async function readAll(duplex: Duplex): Promise<number[]> {
  const all: number[] = [];
  const buffer = new Uint8Array(1000);
  for (let n; (n = await duplex.read(buffer)) !== null;) all.push(...buffer.subarray(0, n));
  return all;
}

Deno.test("pump carries both ways, through a stream that takes little at a time", async () => {
  const [here, there] = duplexPair({ capacity: 13 });
  const got: number[] = [];
  const peer = pumped((bytes) => got.push(...bytes));
  const data = Uint8Array.from({ length: 5000 }, (_, i) => i & 0xff);
  put(peer.outbox, data);
  peer.outbox.close();
  const running = pump(here, peer);
  assertEquals(await readAll(there), [...data]);
  await running;
});

Deno.test("pump hands over what came before the other end closed", async () => {
  const [here, there] = duplexPair();
  const got: number[] = [];
  const peer = pumped((bytes) => got.push(...bytes));
  await there.write(Uint8Array.of(1, 2, 3));
  there.close();
  await pump(here, peer);
  assertEquals(got, [1, 2, 3]);
  assert(peer.outbox.closed);
});

Deno.test("pump rejects with what the peer throws, and closes the stream", async () => {
  const [here, there] = duplexPair();
  await there.write(Uint8Array.of(1));
  const peer = pumped(() => {
    throw new ProtocolError("no");
  });
  await assertRejects(() => pump(here, peer), ProtocolError, "no");
  assertEquals(await readAll(there), []);
});

Deno.test("pump ends when too much waits for a peer that does not read", async () => {
  const [here, there] = duplexPair({ capacity: 4 });
  const peer: Pumped = { outbox: new Outbox(100), receive: () => {} };
  const running = pump(here, peer);
  for (let i = 0; i < 10; i++) {
    put(peer.outbox, new Uint8Array(50));
    await Promise.resolve();
  }
  await assertRejects(() => running, ProtocolError, "does not read");
  there.close();
});

Deno.test("pump survives a write that breaks after the other direction ended", async () => {
  const [here, there] = duplexPair({ capacity: 4 });
  const peer = pumped();
  put(peer.outbox, new Uint8Array(100));
  const running = pump(here, peer);
  there.close();
  await running.catch(() => {});
  assert(peer.outbox.closed);
});

Deno.test("a peer whose pump has ended receives nothing, and hears of no room, whatever was under way", async () => {
  const read = Promise.withResolvers<number>(), written = Promise.withResolvers<number>();
  const { remote } = duplexPair()[0];
  let reads = 0;
  const duplex: Duplex = {
    remote,
    read: () => reads++ === 0 ? read.promise : new Promise(() => {}),
    write: () => written.promise,
    close: () => {},
  };
  let heard = 0;
  const peer: Pumped = { outbox: new Outbox(100), receive: () => void heard++ };
  peer.outbox.onRoom = () => void heard++;
  const running = pump(duplex, peer);
  put(peer.outbox, new Uint8Array(10));
  // too much waits
  for (let i = 0; i < 3; i++) put(peer.outbox, new Uint8Array(200));
  await assertRejects(() => running, ProtocolError, "does not read");
  read.resolve(5);
  written.resolve(10);
  await new Promise((wake) => setTimeout(wake));
  assertEquals(heard, 0);
});
