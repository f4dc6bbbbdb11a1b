import { channel } from "./channel.ts";
import { spicevmc } from "./spicevmc.ts";

/** spice.proto: channel UsbredirChannel. What the stream in it says: usbredir_wire.ts. */
export const Usbredir = channel({ name: "usbredir", id: 9, server: spicevmc, client: spicevmc });
