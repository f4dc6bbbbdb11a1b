/** Our reader of USB redirection beside libusbredirparser, which QEMU and the clients have. */
import { assert, assertEquals } from "@std/assert";
import { encode, noFields } from "../../core/binary/codec.ts";
import { ProtocolError, WireError } from "../../core/binary/error.ts";
import { seeded } from "../../core/binary/random.ts";
import {
  usbredirPacket,
  UsbredirReader,
  type UsbredirTowards,
} from "../../core/link/usbredir_reader.ts";
import type { Message } from "../../core/protocol/channel.ts";
import { UNAGREED, usbredirPackets } from "../../core/protocol/usbredir_wire.ts";
import { concat } from "../kit/concat.ts";
import { mutate } from "../kit/mutate.ts";
import { peer } from "../kit/peers.ts";

const STREAMS = 20_000;
const program = peer("usbparser");

const agreedOf = (bits: number) => ({
  bulkStreams: (bits & 17) === 17,
  connectDeviceVersion: (bits & 2) !== 0,
  epInfoMaxPacketSize: (bits & 16) !== 0,
  ids64: (bits & 32) !== 0,
  bulkLength32: (bits & 64) !== 0,
});

const hello = (bits: number) => {
  const packets = usbredirPackets(UNAGREED);
  const { hello } = packets.toHost.byName;
  const body = { version: new Uint8Array(64), capabilities: [bits] };
  return usbredirPacket(packets, hello, 0n, encode(hello.codec, body));
};

interface Stream {
  readonly towards: UsbredirTowards;
  readonly bits: number;
  readonly bytes: Uint8Array;
  readonly damaged: boolean;
}

/** What ours says: how many packets are whole, and how many of them are filters; null: it refuses. */
function ours({ towards, bits, bytes }: Stream): { packets: number; filters: number } | null {
  let packets = 0, filters = 0;
  const reader = new UsbredirReader(towards, {
    head: ({ name, body }) => {
      if (name === "hello") reader.agree(agreedOf(bits));
      if (name === "filterFilter") filters++;
      // what the guard refuses that stands behind the reader
      const many = name === "interfaceInfo" && body.interfaceCount > 32;
      const unheard = /BulkStreams/i.test(name) && (bits & 17) !== 17;
      const odd = name === "epInfo" &&
        (body.type as Uint8Array).some((type) => type > 3 && type !== 255);
      if (many || unheard || odd) throw new ProtocolError(`${name} is refused`);
      return true;
    },
    data: () => {},
    end: () => packets++,
  });
  try {
    reader.push(bytes);
    // half a head has not been let through
    return reader.between ? { packets, filters } : null;
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof WireError) return null;
    throw error;
  }
}

async function theirs(streams: readonly Stream[]): Promise<[packets: number, said: number][]> {
  const parts = streams.flatMap(({ towards, bits, bytes }) => {
    const head = new DataView(new ArrayBuffer(9));
    head.setUint8(0, towards === "toHost" ? 1 : 0);
    head.setUint32(1, bits, true);
    head.setUint32(5, bytes.length, true);
    return [new Uint8Array(head.buffer), bytes];
  });
  const child = new Deno.Command(program!, { stdin: "piped", stdout: "piped" }).spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  await writer.write(concat(parts));
  await writer.close();
  const { stdout, success } = await output;
  assert(success);
  return new TextDecoder().decode(stdout).trim().split("\n")
    .map((line) => line.split(" ").map(Number) as [number, number]);
}

Deno.test({
  name:
    `what is let through of ${STREAMS} USB streams, libusbredirparser reads: the same packets, and none that it refuses`,
  ignore: program === null,
  async fn() {
    const random = seeded(0x5b);
    const scratch = new Uint8Array(1 << 12);
    const streams: Stream[] = [];
    while (streams.length < STREAMS) {
      const towards = random.below(2) === 0 ? "toHost" : "toGuest";
      // a side with the device must take what the other's filter and acknowledgements mean
      const bits = random.below(256) | 0x8c;
      const packets = usbredirPackets(agreedOf(bits));
      const all = [...packets[towards].byId.values()] as Message[];
      const message = all[random.below(all.length)];
      if (message.name === "hello") continue;
      const body = message.codec.sample(random, noFields);
      if ("endpoint" in body) body.endpoint &= 0x8f;
      if ("interfaceCount" in body) body.interfaceCount &= 31;
      if (message.name === "epInfo") body.type = Uint8Array.from({ length: 32 }, (_, i) => i % 4);
      if ("length" in body && "endpoint" in body) {
        body.length = random.below(20);
        if ("lengthHigh" in body) body.lengthHigh = 0;
      }
      if ("data" in body) {
        const inwards = (body.endpoint & 0x80) !== 0 || message.name === "bufferedBulkPacket";
        body.data = new Uint8Array(inwards === (towards === "toGuest") ? body.length : 0);
      }
      const whole = usbredirPacket(packets, message, 7n, encode(message.codec, body));
      const damaged = random.below(2) === 0;
      const bytes = damaged ? scratch.slice(0, mutate(random, whole, whole, scratch)) : whole;
      streams.push({ towards, bits, bytes: concat([hello(bits), bytes]), damaged });
    }
    const said = await theirs(streams);
    assertEquals(said.length, streams.length);
    let both = 0, neither = 0;
    streams.forEach((stream, i) => {
      const mine = ours(stream), [packets, error] = said[i];
      if (mine === null) return void (neither += error === 0 ? 0 : 1);
      const what = `${stream.towards}, ${stream.bits}: ${stream.bytes.toHex()}`;
      assertEquals(error, 0, `libusbredirparser refuses what is let through ${what}`);
      // a filter that makes no sense is passed over there
      assert(
        packets <= mine.packets && packets >= mine.packets - mine.filters,
        `libusbredirparser reads ${packets} packets of ${mine.packets}: ${what}`,
      );
      both++;
    });
    assert(
      both > STREAMS / 4 && neither > STREAMS / 20,
      `${both} read, ${neither} refused by both`,
    );
  },
});
