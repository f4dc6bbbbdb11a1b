import { assert, assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../../core/binary/error.ts";
import { usbFilter } from "../../../../core/config/usb_filter.ts";
import { encode } from "../../../../core/binary/codec.ts";
import { usbredirPacket, UsbredirReader } from "../../../../core/link/usbredir_reader.ts";
import { Capabilities } from "../../../../core/protocol/capabilities.ts";
import { usbredirPackets } from "../../../../core/protocol/usbredir_wire.ts";
import { usbAllowed } from "../../../../channels/ports/usb_filter.ts";
import { UsbGuard } from "../../../../channels/ports/usb_guard.ts";
import { FakePort } from "../../../kit/fake_port.ts";
import { UsbStick } from "../../../kit/usb_stick.ts";

const ALL = [0, 1, 2, 3, 4, 5, 6, 7];
const packets = (caps: readonly number[]) =>
  usbredirPackets({
    bulkStreams: caps.includes(0),
    connectDeviceVersion: caps.includes(1),
    epInfoMaxPacketSize: caps.includes(4),
    ids64: caps.includes(5),
    bulkLength32: caps.includes(6),
  });

// deno-lint-ignore no-explicit-any
function packet(agreed: ReturnType<typeof packets>, name: string, body: any, id = 1n) {
  const all = { ...agreed.toHost.byName, ...agreed.toGuest.byName };
  const message = (all as Record<string, typeof agreed.toHost.byName.hello>)[name];
  return usbredirPacket(agreed, message, id, encode(message.codec, body));
}
const hello = (caps: readonly number[]) =>
  packet(packets([]), "hello", {
    version: new Uint8Array(64),
    capabilities: [...Capabilities.of(...caps).words],
  }, 0n);

/** A guard between a stick and a guest that has said hello. */
function setting(caps: readonly number[] = ALL, filter?: string) {
  const port = new FakePort("usbredir");
  const refused: number[][] = [];
  const guard = new UsbGuard(port, {
    filter: filter ? usbFilter(filter) : null,
    onRefused: (...which) => void refused.push(which),
  });
  const told: Uint8Array[] = [];
  const stick = new UsbStick({ capabilities: caps });
  const toClient: Uint8Array[] = [];
  guard.toClient = (bytes) => {
    toClient.push(bytes.slice());
    told.push(bytes.slice());
  };
  stick.send = (bytes) => guard.fromClient(bytes);
  /** What the stick is told reaches it, as long as it answers. */
  const exchange = () => {
    for (let next = told.shift(); next; next = told.shift()) stick.receive(next);
  };
  const names: string[] = [];
  const reader = new UsbredirReader("toGuest", {
    head({ name }) {
      names.push(name);
      if (name === "hello") reader.agree(packetsAgreed(caps));
      return true;
    },
    data: () => {},
    end: () => {},
  });
  const guestHears = () => {
    exchange();
    reader.push(port.take());
    return names.splice(0);
  };
  const agreed = packets(caps);
  const guestSays = (name: string, body: unknown = {}, id = 1n) => {
    guard.fromGuest(packet(agreed, name, body, id));
    exchange();
  };
  return { port, guard, stick, guestHears, guestSays, agreed, refused, toClient, exchange };
}
const packetsAgreed = (caps: readonly number[]) => ({
  bulkStreams: caps.includes(0),
  connectDeviceVersion: caps.includes(1),
  epInfoMaxPacketSize: caps.includes(4),
  ids64: caps.includes(5),
  bulkLength32: caps.includes(6),
});

function connected(caps: readonly number[] = ALL, filter?: string) {
  const set = setting(caps, filter);
  set.stick.plug();
  set.guard.fromGuest(hello(caps));
  set.exchange();
  return set;
}

Deno.test("usb guard lets a device be met and read, with and without every capability", () => {
  for (const caps of [ALL, [], [1, 2, 3, 4, 5, 6], [5], [6], [4, 1]]) {
    const { guestHears, guestSays } = connected(caps);
    assertEquals(guestHears(), ["hello", "interfaceInfo", "epInfo", "deviceConnect"]);
    const control = { endpoint: 0x80, request: 6, requesttype: 0x80, status: 0, index: 0 };
    guestSays("controlPacket", { ...control, value: 0x100, length: 18, data: new Uint8Array(0) });
    assertEquals(guestHears(), ["controlPacket"]);
    guestSays("bulkPacket", {
      endpoint: 0x81,
      status: 0,
      length: 13,
      streamId: 0,
      lengthHigh: 0,
      data: new Uint8Array(0),
    });
    guestSays("cancelDataPacket", {});
    assertEquals(guestHears(), ["bulkPacket"]);
  }
});

Deno.test("usb guard finds packets in bytes that come one by one", () => {
  const set = setting();
  set.stick.send = (bytes) => {
    for (const byte of bytes) set.guard.fromClient(Uint8Array.of(byte));
  };
  set.stick.plug();
  for (const byte of hello(ALL)) set.guard.fromGuest(Uint8Array.of(byte));
  assertEquals(set.guestHears(), ["hello", "interfaceInfo", "epInfo", "deviceConnect"]);
});

Deno.test("usb guard refuses what the side with the device may not say", () => {
  const { agreed } = setting();
  const none = new Uint8Array(0);
  const bulk = { endpoint: 0x81, status: 0, length: 4, streamId: 0, lengthHigh: 0 };
  const iso = { endpoint: 0x83, status: 0, length: 4 };
  const cases: [string, Uint8Array][] = [
    ["200", Uint8Array.of(200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    ["packet 3 does not go", packet(agreed, "reset", {})],
    ["another hello", packet(agreed, "hello", { version: new Uint8Array(64), capabilities: [] })],
    ["0 bytes of data where 4", packet(agreed, "bulkPacket", { ...bulk, data: none })],
    [
      "5 bytes of data where 4",
      packet(agreed, "isoPacket", { ...iso, data: new Uint8Array(5) }),
    ],
    [
      "data where 0",
      packet(agreed, "bulkPacket", { ...bulk, endpoint: 2, data: new Uint8Array(4) }),
    ],
    [
      "endpoint 0x91",
      packet(agreed, "bulkPacket", { ...bulk, endpoint: 0x91, data: new Uint8Array(4) }),
    ],
    ["is the most", packet(agreed, "bulkPacket", { ...bulk, lengthHigh: 0xffff, data: none })],
    [
      "one already",
      packet(agreed, "deviceConnect", {
        speed: 2,
        deviceClass: 0,
        deviceSubclass: 0,
        deviceProtocol: 0,
        vendorId: 1,
        productId: 1,
        deviceVersionBcd: 1,
      }),
    ],
    [
      "which is none",
      packet(agreed, "epInfo", {
        type: new Uint8Array(32).fill(9),
        interval: new Uint8Array(32),
        interface: new Uint8Array(32),
        maxPacketSize: Array.from({ length: 32 }, () => 0),
        maxStreams: Array.from({ length: 32 }, () => 0),
      }),
    ],
  ];
  for (const [why, bytes] of cases) {
    const { guard, guestHears, port } = connected();
    guestHears();
    assertThrows(() => guard.fromClient(bytes), ProtocolError, why);
    assertEquals(port.take().length, 0, `${why}: nothing of it reaches the guest`);
  }
});

Deno.test("usb guard refuses packets before both hellos, and those without their capability", () => {
  const early = setting();
  assertThrows(
    () => early.guard.fromClient(packet(packets([]), "deviceDisconnect", {})),
    ProtocolError,
    "before hello",
  );
  const half = setting();
  half.stick.plug();
  assertThrows(() => half.stick.unplug(), ProtocolError, "both sides");
  const { guard, agreed } = connected([1]);
  assertThrows(
    () => guard.fromGuest(packet(agreed, "allocBulkStreams", { endpoints: 4, noStreams: 2 })),
    ProtocolError,
    "no capability",
  );
});

Deno.test("usb guard holds nothing of what only claims to come", () => {
  const { guard } = connected();
  const claim = new Uint8Array(16);
  const view = new DataView(claim.buffer);
  for (const length of [0x80000000, 0xffffffff]) {
    const other = connected();
    view.setUint32(0, 23, true);
    view.setUint32(4, length, true);
    assertThrows(() => other.guard.fromClient(claim), ProtocolError);
  }
  view.setUint32(0, 102, true);
  view.setUint32(4, 0xffffffff, true);
  guard.fromClient(claim);
  assertThrows(() => guard.fromClient(Uint8Array.of(0x83, 0, 9, 0)), ProtocolError);
});

Deno.test("usb guard passes over the last words of a device that is gone", () => {
  const { guard, stick, guestHears, guestSays, agreed, port } = connected();
  guestHears();
  stick.unplug();
  assertEquals(guestHears(), ["deviceDisconnect"]);
  guard.fromClient(packet(agreed, "interruptPacket", {
    endpoint: 0x81,
    status: 0,
    length: 2,
    data: Uint8Array.of(1, 2),
  }));
  guestSays("reset");
  assertEquals([port.take().length, stick.heard.includes("reset")], [0, false]);
  stick.connect();
  assertEquals(guestHears(), ["interfaceInfo", "epInfo", "deviceConnect"]);
});

Deno.test("usb guard refuses a device as its filter says, and takes the next", () => {
  const { stick, guestHears, refused, exchange } = connected(ALL, "0x08:0x1234:0x1111:-1:1");
  exchange();
  assertEquals(guestHears(), ["hello", "interfaceInfo", "epInfo"]);
  assertEquals([refused, stick.heard], [[[0x1234, 0x5678]], ["hello", "filterReject"]]);
  stick.unplug();
  exchange();
  assertEquals(stick.heard.at(-1), "deviceDisconnectAck");
  assertEquals(guestHears(), []);
});

Deno.test("usb guard takes a device from the guest that has other interfaces than it was let in with", () => {
  const { guard, stick, guestHears, refused, agreed, exchange } = connected(
    ALL,
    "0x08:-1:-1:-1:1",
  );
  assertEquals(guestHears(), ["hello", "interfaceInfo", "epInfo", "deviceConnect"]);
  const interfaces = (deviceClass: number) =>
    packet(agreed, "interfaceInfo", {
      interfaceCount: 1,
      interface: new Uint8Array(32),
      interfaceClass: new Uint8Array(32).fill(deviceClass),
      interfaceSubclass: new Uint8Array(32),
      interfaceProtocol: new Uint8Array(32),
    });
  guard.fromClient(interfaces(8));
  assertEquals(guestHears(), ["interfaceInfo"]);
  guard.fromClient(interfaces(3));
  exchange();
  assertEquals(guestHears(), ["deviceDisconnect"]);
  assertEquals([refused.length, stick.heard.at(-1)], [1, "filterReject"]);
  stick.unplug();
  stick.connect();
  assertEquals(guestHears(), ["interfaceInfo", "epInfo", "deviceConnect"]);
});

Deno.test("a USB filter looks at the device and at each interface, and refuses what no rule names", () => {
  const stick = { class: 8, subclass: 6, protocol: 0x50 };
  const buttons = { class: 3, subclass: 0, protocol: 0 };
  const sound = { class: 1, subclass: 1, protocol: 0 };
  const device = (deviceClass: number, ...interfaces: typeof stick[]) => ({
    deviceClass,
    vendor: 0x1234,
    product: 0x5678,
    version: 0x100,
    interfaces,
  });
  const allowed = (rules: string, which: ReturnType<typeof device>) =>
    usbAllowed(usbFilter(rules), which);
  assert(allowed("-1:-1:-1:-1:1", device(0, stick)));
  assert(!allowed("0x03:-1:-1:-1:1", device(0, stick)), "no rule fits");
  assert(!allowed("0x08:-1:-1:-1:0|-1:-1:-1:-1:1", device(0, stick)), "the first that fits");
  assert(allowed("0x08:0x1234:0x5678:0x0100:1", device(0, stick)));
  assert(!allowed("0x08:0x1234:0x5678:0x0101:1", device(0, stick)));
  assert(!allowed("0x08:-1:-1:-1:1", device(9, stick)), "the device's own class");
  assert(allowed("0x08:-1:-1:-1:1", device(0xef, stick)));
  assert(!allowed("0x08:-1:-1:-1:1", device(0, stick, sound)), "every interface");
  assert(allowed("0x01:-1:-1:-1:1", device(0, sound, buttons)), "buttons of a headset");
  assert(!allowed("0x01:-1:-1:-1:1", device(0, buttons)), "buttons alone");
});
