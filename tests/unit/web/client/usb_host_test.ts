import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../../core/binary/error.ts";
import { encode } from "../../../../core/binary/codec.ts";
import {
  type UsbredirHead,
  usbredirPacket,
  UsbredirReader,
} from "../../../../core/link/usbredir_reader.ts";
import {
  UNAGREED,
  usbredirPackets,
  UsbredirStatus,
} from "../../../../core/protocol/usbredir_wire.ts";
import type { UsbDevice } from "../../../../web/client/usb/device.ts";
import { UsbHost } from "../../../../web/client/usb/host.ts";
import { fakeCdc } from "../../../kit/fake_cdc.ts";

const packets = usbredirPackets(UNAGREED);
type Message = typeof packets.toHost.byName.hello;

/** A packet of the guest's, who can nothing more than usbredir's first version. */
function said(name: string, id: number, body: object): Uint8Array<ArrayBuffer> {
  const message = (packets.toHost.byName as unknown as Record<string, Message>)[name];
  return usbredirPacket(packets, message, BigInt(id), encode(message.codec, body as never));
}

/** The host of the adapter, which the guest has, and what it answers from then on. */
async function stage() {
  const answers: UsbredirHead[] = [];
  const reader = new UsbredirReader("toGuest", {
    head: (head) => {
      answers.push(structuredClone(head));
      return true;
    },
    data: () => {},
    end: () => {},
  });
  const room = Promise.withResolvers<void>(), connected = Promise.withResolvers<void>();
  const host = new UsbHost(fakeCdc() as unknown as UsbDevice, {
    send: (bytes) => {
      reader.push(bytes);
      if (answers.at(-1)!.name === "deviceConnect") connected.resolve();
      return room.promise;
    },
    refused: () => {},
    failed: () => {},
  });
  host.begin();
  host.receive(said("hello", 0, { version: new Uint8Array(64), capabilities: [0] }));
  await connected.promise;
  // it is through with that
  await new Promise((wake) => setTimeout(wake));
  answers.length = 0;
  return { host, answers, room };
}

Deno.test("transfers of no bytes are bounded by their number", async () => {
  const { host, answers } = await stage();
  const read = { endpoint: 0x81, status: 0, length: 0, streamId: 0, data: new Uint8Array(0) };
  for (let id = 0; id < 300; id++) host.receive(said("bulkPacket", id, read));
  assertEquals(answers.map(({ id }) => Number(id)), Array.from({ length: 44 }, (_, i) => 256 + i));
  for (const { body } of answers) assertEquals(body.status, UsbredirStatus.inval);
});

Deno.test("a guest that asks a silent device again and again, and takes it back, is heard on", async () => {
  const { host, answers } = await stage();
  const read = { endpoint: 0x81, status: 0, length: 64, streamId: 0, data: new Uint8Array(0) };
  for (let id = 0; id < 300; id++) {
    host.receive(said("bulkPacket", id, read));
    host.receive(said("cancelDataPacket", id, {}));
    await new Promise((wake) => setTimeout(wake));
  }
  for (const { body } of answers) assertEquals(body.status, UsbredirStatus.cancelled);
  assertEquals(answers.length, 300);
});

Deno.test("changes of a device that wait for each other are bounded", async () => {
  const { host } = await stage();
  for (let id = 0; id < 256; id++) host.receive(said("reset", id, {}));
  assertThrows(() => host.receive(said("reset", 256, {})), ProtocolError, "256");
});

Deno.test("a guest that does not read its answers is not heard on", async () => {
  const { host, answers, room } = await stage();
  let heard = false;
  const more = host.receive(said("getConfiguration", 1, {}))!.then(() => heard = true);
  assertEquals(answers.map(({ name }) => name), ["configurationStatus"]);
  await Promise.resolve();
  assertEquals(heard, false);
  room.resolve();
  await more;
});
