/** What can be told of the clients and of what they cost: for people and for monitoring. */
import { address } from "../core/config/permissions.ts";
import type { Throttle } from "../core/link/throttle.ts";
import { each, type Metric, single } from "../core/metrics.ts";
import type { EncoderPool } from "./display/encoder_pool.ts";
import type { DisplayHub } from "./display/hub.ts";
import type { Sessions } from "./session.ts";
import type { Tunnel } from "./tunnel/tunnel.ts";

/** Every client, as its people want to know it. */
export function clientFacts(sessions: Sessions) {
  return sessions.clients.filter(({ ended }) => !ended).map((client) => ({
    id: client.connectionId,
    user: client.opener.identity ?? null,
    viewOnly: client.viewOnly,
    login: client.opener.login ?? null,
    address: client.remote.address,
    transport: client.remote.transport,
    secure: client.remote.secure,
    webSocket: client.remote.webSocket,
    connectedMs: client.sinceMs,
    latencyMs: client.latencyMs,
    bitsPerSecond: client.bitsPerSecond,
    channels: sessions.channelsOf(client).map(({ name, id, channel }) => ({
      type: name,
      id,
      sentBytes: channel.outbox.sentBytes,
      receivedBytes: channel.receivedBytes,
    })),
  }));
}

/** A tunnel, as its people want to know it. */
export function tunnelFacts(tunnel: Tunnel) {
  const { options: { name, listen }, target, carrier, open, opened, refused, failure } = tunnel;
  const { sentBytes, receivedBytes } = tunnel;
  return {
    name,
    listen: "path" in listen ? `unix:${listen.path}` : address(listen.host, listen.port),
    target,
    client: carrier?.client ?? null,
    open,
    opened,
    refused,
    sentBytes,
    receivedBytes,
    failure,
  };
}

/** The bans that stand. */
export function bansMetric({ bans }: Throttle): Metric {
  const help = "Addresses from which nobody gets in now, as too many logins failed";
  return single("spice_banned_addresses", "gauge", help, bans.list().length);
}

/** The numbers of the tunnels. */
export function tunnelMetrics(tunnels: readonly Tunnel[]): Metric[] {
  if (tunnels.length === 0) return [];
  const by = (value: (tunnel: Tunnel) => number) =>
    tunnels.map((tunnel) => [tunnel.options.name, value(tunnel)] as const);
  return [
    each(
      "spice_tunnel_carried",
      "gauge",
      "Whether a client carries a tunnel's connections",
      "tunnel",
      by(({ carrier }) => carrier ? 1 : 0),
    ),
    each(
      "spice_tunnel_connections",
      "gauge",
      "Connections that a tunnel carries now",
      "tunnel",
      by(({ open }) => open),
    ),
    each(
      "spice_tunnel_connections_total",
      "counter",
      "Connections that a tunnel was asked to carry",
      "tunnel",
      by(({ opened, refused }) => opened + refused),
    ),
    each(
      "spice_tunnel_sent_bytes_total",
      "counter",
      "Bytes into the client's network",
      "tunnel",
      by(({ sentBytes }) => sentBytes),
    ),
    each(
      "spice_tunnel_received_bytes_total",
      "counter",
      "Bytes out of the client's network",
      "tunnel",
      by(({ receivedBytes }) => receivedBytes),
    ),
  ];
}

/** The numbers of the conversations. The README has the list. */
export function channelMetrics(
  sessions: Sessions,
  hubs: readonly DisplayHub[],
  encoder: EncoderPool,
): Metric[] {
  const { sent, received } = sessions.traffic();
  const { clients } = sessions;
  const byDisplay = (value: (hub: DisplayHub) => number) =>
    hubs.map((hub) => [`${hub.id}`, value(hub)] as const);
  return [
    single("spice_clients", "gauge", "Clients that are connected", clients.length),
    single("spice_sessions_total", "counter", "Sessions that were opened", sessions.opened),
    {
      name: "spice_client_latency_seconds",
      type: "gauge",
      help: "Shortest round trip of late, of clients where it was measured",
      samples: clients.flatMap(({ connectionId, opener, remote, latencyMs }) =>
        latencyMs === null ? [] : {
          labels: {
            client: `${connectionId}`,
            user: opener.identity ?? "",
            address: remote.address,
          },
          value: latencyMs / 1000,
        }
      ),
    },
    each(
      "spice_channel_sent_bytes_total",
      "counter",
      "Bytes of messages sent",
      "channel",
      sent,
    ),
    each(
      "spice_channel_received_bytes_total",
      "counter",
      "Bytes of messages received",
      "channel",
      received,
    ),
    each(
      "spice_links_refused_total",
      "counter",
      "Links that did not come to be, by the code that the client heard",
      "code",
      sessions.refused,
    ),
    each(
      "spice_display_draws_total",
      "counter",
      "Drawings of the guest",
      "display",
      byDisplay(({ draws }) => draws),
    ),
    each(
      "spice_display_hidden_draws_total",
      "counter",
      "Drawings that a later one hid before a client was sent them",
      "display",
      byDisplay(({ tally }) => tally.hidden),
    ),
    each(
      "spice_display_lags_total",
      "counter",
      "How often a client fell so far behind that pictures took the place of drawings",
      "display",
      byDisplay(({ tally }) => tally.lags),
    ),
    each(
      "spice_stream_frames_total",
      "counter",
      "Frames of video streams sent",
      "display",
      byDisplay(({ tally }) => tally.frames),
    ),
    each(
      "spice_stream_late_frames_total",
      "counter",
      "Frames of video streams that clients reported as too late",
      "display",
      byDisplay(({ tally }) => tally.lateFrames),
    ),
    each(
      "spice_display_viewers",
      "gauge",
      "Clients that watch a display",
      "display",
      byDisplay(({ viewers }) => viewers),
    ),
    each(
      "spice_display_borrowed_bytes",
      "gauge",
      "Guest memory on loan to clients that lag",
      "display",
      byDisplay(({ borrowedBytes }) => borrowedBytes),
    ),
    each(
      "spice_images_encoded_total",
      "counter",
      "Pictures encoded, by codec",
      "codec",
      encoder.encodes,
    ),
    single("spice_encoder_threads", "gauge", "Threads that encode pictures", encoder.size),
  ];
}
