import { assertEquals } from "@std/assert";
import { SocketPort } from "../../../../channels/ports/socket_port.ts";
import { UsbListener } from "../../../../channels/ports/usb_listener.ts";
import { encode } from "../../../../core/binary/codec.ts";
import type { Duplex } from "../../../../core/link/duplex.ts";
import { usbredirPacket } from "../../../../core/link/usbredir_reader.ts";
import { UNAGREED, usbredirPackets } from "../../../../core/protocol/usbredir_wire.ts";
import { duplexPair } from "../../../kit/duplex_pair.ts";
import { FakeClock } from "../../../kit/fake_clock.ts";
import { FakeLog, until } from "../../../kit/linked.ts";

Deno.test("bytes of a device that is gone are nothing of the next one's", async () => {
  const clock = new FakeClock(), log = new FakeLog(), ends: Duplex[] = [];
  const source = {
    next() {
      const [near, far] = duplexPair();
      ends.push(far);
      return Promise.resolve(near);
    },
    close() {},
  };
  const options = { kind: "usbredir", name: "usb", lazy: true, longestPauseMs: 1000 } as const;
  const port = new SocketPort({ ...options, source, clock, log });
  const listener = new UsbListener({ ports: [port], filter: null, clock, log });
  // a read that was under way when the machine was gone
  const late = Promise.withResolvers<number>();
  const packets = usbredirPackets(UNAGREED), { hello } = packets.toGuest.byName;
  const bytes = usbredirPacket(
    packets,
    hello,
    0n,
    encode(hello.codec, { version: new Uint8Array(64), capabilities: [0] } as never),
  );
  let reads = 0;
  const device: Duplex = {
    ...duplexPair()[0],
    read: (into) =>
      reads++ === 0 ? late.promise.then((n) => (into.set(bytes), n)) : new Promise(() => {}),
    close: () => {},
  };
  const taken = listener.take(device);
  await until(() => port.open);
  ends[0].close();
  await taken;
  assertEquals(port.used, false);
  late.resolve(bytes.length);
  await new Promise((wake) => setTimeout(wake));
  assertEquals(port.waitingBytes, 0);
  port.close();
});
