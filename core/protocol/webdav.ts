import { bytes } from "../binary/bytes.ts";
import { i64, u16 } from "../binary/cell.ts";
import type { Value } from "../binary/codec.ts";
import { lengthOf, struct } from "../binary/struct.ts";
import { channel } from "./channel.ts";
import { portClient, portServer } from "./port.ts";

/** spice.proto: channel WebDAVChannel: a port whose stream consists of `WebdavFrame`s. */
export const Webdav = channel({ name: "webdav", id: 11, server: portServer, client: portClient });

/** spice-gtk, channel-webdav.c: what one of the guest's connections says; no data: it closes. */
export const WebdavFrame = struct("WebdavFrame", {
  client: i64,
  size: lengthOf(u16, "data"),
  data: bytes("size"),
});
export type WebdavFrame = Value<typeof WebdavFrame>;
