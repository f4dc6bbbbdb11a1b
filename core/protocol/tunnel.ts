import { channel } from "./channel.ts";

/** spice.proto: channel TunnelChannel: a number that was given away and a channel that is no more. */
export const Tunnel = channel({ name: "tunnel", id: 7, server: {}, client: {} });
