/** Devices, guests and agents that say anything: what crosses is right, and nobody else is hurt. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { encode, noFields } from "../../core/binary/codec.ts";
import { ProtocolError, WireError } from "../../core/binary/error.ts";
import { type Random, seeded } from "../../core/binary/random.ts";
import { usbredirPacket, UsbredirReader } from "../../core/link/usbredir_reader.ts";
import { AgentChunk, AgentMessage, agentMessages } from "../../core/protocol/agent.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import type { Message } from "../../core/protocol/channel.ts";
import { Main } from "../../core/protocol/main.ts";
import {
  UNAGREED,
  type UsbredirPackets,
  usbredirPackets,
} from "../../core/protocol/usbredir_wire.ts";
import { openAgent } from "../../channels/agent/open_agent.ts";
import { MainService } from "../../channels/main.ts";
import { MmClock } from "../../channels/mm_clock.ts";
import { MouseMode } from "../../channels/mouse_mode.ts";
import { UsbGuard } from "../../channels/ports/usb_guard.ts";
import { effort } from "../kit/effort.ts";
import { FakeClock } from "../kit/fake_clock.ts";
import { FakeGuest } from "../kit/fake_guest.ts";
import { FakePort } from "../kit/fake_port.ts";
import { fakeClient, gtkMainCaps, Talk } from "../kit/linked.ts";
import { mutate } from "../kit/mutate.ts";

function mine(error: unknown): void {
  if (!(error instanceof WireError)) assertInstanceOf(error, ProtocolError);
}

const agreedOf = (bits: number) => ({
  // whoever cannot say packet sizes has no streams
  bulkStreams: (bits & 17) === 17,
  connectDeviceVersion: (bits & 2) !== 0,
  epInfoMaxPacketSize: (bits & 16) !== 0,
  ids64: (bits & 32) !== 0,
  bulkLength32: (bits & 64) !== 0,
});

const hello = (bits: number) => {
  const { toHost: { byName: { hello } } } = usbredirPackets(UNAGREED);
  const body = { version: new Uint8Array(64), capabilities: [bits] };
  return usbredirPacket(usbredirPackets(UNAGREED), hello, 0n, encode(hello.codec, body));
};

/** Some packets of a direction, right in themselves as often as chance lets them be. */
function corpus(random: Random, packets: UsbredirPackets, towards: "toHost" | "toGuest") {
  const all: Uint8Array[] = [];
  for (const message of packets[towards].byId.values() as Iterable<Message>) {
    if (message.name in { ping: 1, hello: 1, deviceConnect: 1 }) continue;
    for (let i = 0; i < 12; i++) {
      const body = message.codec.sample(random, noFields);
      if ("data" in body && random.below(4) > 0) {
        const inwards = (body.endpoint & 0x80) !== 0 || body.endpoint === undefined;
        body.endpoint &= 0x8f;
        body.length = random.below(20);
        if ("lengthHigh" in body) body.lengthHigh = 0;
        body.data = new Uint8Array(inwards === (towards === "toGuest") ? body.length : 0);
      }
      all.push(
        usbredirPacket(packets, message, BigInt(random.below(100)), encode(message.codec, body)),
      );
    }
  }
  return all;
}

Deno.test("usb guard takes anything from either side, and lets through only what the other can read", () => {
  const random = seeded(41);
  const scratch = new Uint8Array(1 << 12);
  const made = new Map<number, { up: Uint8Array[]; down: Uint8Array[] }>();
  /** By what changes how packets look. */
  const seedsFor = (bits: number) => {
    const packets = usbredirPackets(agreedOf(bits));
    let seeds = made.get(bits);
    if (!seeds) {
      seeds = { up: corpus(random, packets, "toGuest"), down: corpus(random, packets, "toHost") };
      made.set(bits, seeds);
    }
    return seeds;
  };
  let passed = 0, ended = 0;
  for (let said = 0; said < effort.streams;) {
    // those that only allow packets are mostly there: without, most of what is said ends all
    const bits = random.below(256) | (random.below(8) > 0 ? 0x8d : 0);
    const port = new FakePort("usbredir");
    const guard = new UsbGuard(port, { filter: null });
    const packets = usbredirPackets(agreedOf(bits));
    // who reads what came through has no reason to complain
    const sink = { head: () => true, data: () => {}, end: () => {} };
    const guest = new UsbredirReader("toGuest", sink), host = new UsbredirReader("toHost", sink);
    guard.toClient = (bytes) => host.push(bytes);
    guard.fromClient(hello(bits)), guard.fromGuest(hello(bits));
    guest.push(port.take());
    guest.agree(agreedOf(bits)), host.agree(agreedOf(bits));
    const { up, down } = seedsFor(bits & 0x73);
    // a device, so that its packets matter
    const connect = packets.toGuest.byName;
    for (const message of [connect.interfaceInfo, connect.epInfo, connect.deviceConnect]) {
      const body = message.codec.sample(random, noFields);
      if ("interfaceCount" in body) body.interfaceCount &= 31;
      // every kind of endpoint, by turns
      if ("maxPacketSize" in body || message === connect.epInfo) {
        body.type = Uint8Array.from({ length: 32 }, (_, i) => i % 4);
      }
      guard.fromClient(usbredirPacket(packets, message, 0n, encode(message.codec, body)));
    }
    try {
      for (let i = 0; i < 2000; i++, said++) {
        const fromDevice = random.below(2) === 0;
        const seeds = fromDevice ? up : down;
        const seed = seeds[random.below(seeds.length)], other = seeds[random.below(seeds.length)];
        const bytes = random.below(16) > 0
          ? seed
          : scratch.subarray(0, mutate(random, seed, other, scratch));
        if (fromDevice) guard.fromClient(bytes);
        else guard.fromGuest(bytes);
        const through = port.take();
        passed += through.length;
        try {
          guest.push(through);
        } catch (error) {
          assert(false, `let through what cannot be read: ${error}`);
        }
      }
    } catch (error) {
      said++;
      ended++;
      mine(error);
    }
  }
  assert(passed > 1_000_000 && ended > 100, `${passed} bytes passed, ${ended} ended`);
});

/** An agent message, whole or damaged. */
function agentMessage(random: Random): Uint8Array {
  const { byName } = agentMessages({
    selection: random.below(4) > 0,
    grabSerial: random.below(8) === 0,
  });
  const all = Object.values(byName);
  const { id, codec } = all[random.below(all.length)];
  const data = encode(codec, codec.sample(random, noFields));
  return encode(AgentMessage, { protocol: 1, type: id, opaque: 0n, data });
}

Deno.test("agent relay takes anything from guests and clients, and goes on", () => {
  const random = seeded(43);
  const clock = new FakeClock();
  const guest = new FakeGuest({ resizable: false, absolute: false });
  const port = new FakePort("agent");
  const log = { debug() {}, info() {}, warn() {}, error() {}, report() {} };
  const rights = { mouse: true, copyPaste: true, fileTransfer: true };
  const { agent, pointer } = openAgent(guest, port, rights, clock, log);
  const service = new MainService({
    guest,
    mouse: new MouseMode(pointer),
    mmClock: new MmClock(clock),
    channels: () => [],
    agent,
  });
  const announce = agentMessages({ selection: false, grabSerial: false }).byName
    .announceCapabilities;
  const greeting = encode(AgentMessage, {
    protocol: 1,
    type: announce.id,
    opaque: 0n,
    data: encode(announce.codec, { request: 1, caps: Capabilities.of(0, 1, 2, 5, 6).words }),
  });
  const scratch = new Uint8Array(1 << 13);
  const damaged = (bytes: Uint8Array, often: number) =>
    random.below(often) > 0
      ? bytes
      : scratch.slice(0, mutate(random, bytes, agentMessage(random), scratch));
  const join = () => {
    const talk = new Talk(Main, service, fakeClient({ clock }), { keep: false, caps: gtkMainCaps });
    return talk;
  };
  let talks = [join(), join(), join()];
  const appear = () => port.say(encode(AgentChunk, { port: 1, data: greeting }));
  let guestErred = 0, clientsErred = 0;
  appear();
  for (let said = 0; said < effort.streams; said++) {
    if (random.below(2) === 0) {
      try {
        const chunk = encode(AgentChunk, {
          port: 1 + random.below(8) % 2,
          data: agentMessage(random),
        });
        port.say(damaged(chunk, 64));
      } catch (error) {
        mine(error);
        guestErred++;
        // as the socket does it
        port.become(false), port.become(true);
        appear();
      }
    } else {
      const i = random.below(talks.length), talk = talks[i];
      const bytes = damaged(agentMessage(random), 64);
      try {
        if (random.below(50) === 0) {
          talk.say.agentStart({ numTokens: random.below(2) ? 0xffffffff : 40 });
        }
        for (let at = 0; at < bytes.length; at += 2048) {
          talk.say.agentData({ data: bytes.subarray(at, at + 2048) });
        }
        if (random.below(500) === 0) throw new ProtocolError("it leaves");
      } catch (error) {
        mine(error);
        clientsErred++;
        talk.conversation.outbox.close();
        talk.conversation.closed();
        talks[i] = join();
      }
    }
    if (said % 64 === 0) {
      clock.advance(50);
      for (const talk of talks) talk.exchange();
      port.waitingBytes = random.below(4) === 0 ? 1 << 20 : 0;
      if (port.waitingBytes === 0) port.user!.drained();
      port.take();
    }
    pointer.position(random.below(800), random.below(600), random.below(8), 0);
  }
  for (const talk of talks) {
    assert(talk.conversation.outbox.waitingBytes < 1 << 20);
    talk.conversation.outbox.close();
    talk.conversation.closed();
  }
  talks = [];
  clock.advance(200_000);
  assertEquals(clock.planned, 0, "nothing is left behind");
  assert(guestErred > 100 && clientsErred > 100, `${guestErred}, ${clientsErred}`);
});
