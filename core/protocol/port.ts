import { enumOf, u32, u8 } from "../binary/cell.ts";
import type { Value } from "../binary/codec.ts";
import { ref } from "../binary/pointer.ts";
import { lengthOf } from "../binary/struct.ts";
import { zeroTerminated } from "../binary/text.ts";
import { channel } from "./channel.ts";
import { spicevmc } from "./spicevmc.ts";

/** protocol.h: SPICE_PORT_EVENT_… */
export const PortEvent = enumOf(u8, { opened: 0, closed: 1, break: 2 });
export type PortEvent = Value<typeof PortEvent>;

/** What a port's client says besides what any channel's does; webdav's says the same. */
export const portClient = { ...spicevmc, event: [201, { event: PortEvent }] } as const;
/** SPEC: the server's `event` has another number than the client's. */
export const portServer = {
  ...spicevmc,
  init: [201, {
    nameSize: lengthOf(u32, "name", 1),
    name: ref(zeroTerminated("nameSize")),
    opened: u8,
  }],
  event: [202, { event: PortEvent }],
} as const;

/** spice.proto: channel PortChannel */
export const Port = channel({ name: "port", id: 10, server: portServer, client: portClient });
