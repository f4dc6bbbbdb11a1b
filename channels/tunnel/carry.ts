/**
 * Tunnels into a client's network, the client's side: links main and the tunnel channel and nothing
 * else, so that whoever shows the guest is not disturbed; and connects to what both sides allow.
 */
import { ProtocolError } from "../../core/binary/error.ts";
import { textOf } from "../../core/binary/text.ts";
import { connectLink } from "../../core/link/connect.ts";
import type { Duplex } from "../../core/link/duplex.ts";
import { pump } from "../../core/link/pump.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import { Main } from "../../core/protocol/main.ts";
import { Tunnel, type TunnelEnd, type TunnelOffer } from "../../core/protocol/tunnel.ts";
import { attend } from "./attend.ts";
import { begin, Carriage } from "./carriage.ts";
import { MAX_SOCKETS } from "./service.ts";
import { DATA_BYTES, WINDOW } from "./socket.ts";

/** What the person at this side allows. */
export interface AllowedTunnel {
  /** The section's name at the server. */
  readonly name: string;
  /** A name or an address in this side's network. */
  readonly host: string;
  /** The TCP port there. */
  readonly port: number;
}

export interface CarryOptions {
  /** A new stream to the server. */
  readonly connect: () => Promise<Duplex>;
  readonly password: string;
  readonly allowed: readonly AllowedTunnel[];
  /** Connects to a target. Rejects with an Error that `reasonOf` understands. */
  readonly dial: (target: AllowedTunnel) => Promise<Duplex>;
  /** Asks the person. Called once for each tunnel that is offered and allowed, one after the other. */
  readonly consent: (tunnel: AllowedTunnel) => Promise<boolean>;
  /** Tells how it goes. */
  readonly tell: (event: string, fields: Record<string, unknown>) => void;
}

/**
 * Carries until the server ends the session. Rejects when it cannot be reached, refuses the password
 * (LinkRefused), offers none of the tunnels, or the person agrees to none.
 */
export async function carry(options: CarryOptions): Promise<void> {
  const { connect, password } = options;
  const link = async (channel: { id: number }, connectionId: number) => {
    const duplex = await connect();
    const wanted = {
      channelType: channel.id,
      channelCaps: Capabilities.of(),
      connectionId,
      password,
    };
    return await connectLink(duplex, wanted).catch((error) => {
      duplex.close();
      throw error;
    });
  };
  const greeted = Promise.withResolvers<number>();
  const main = await link(Main, 0);
  const mainPeer = attend(Main, main.mini, 1 << 20, () => ({
    init: ({ sessionId }) => greeted.resolve(sessionId),
  }));
  const session = pump(main.duplex, mainPeer);
  session.then(
    () => greeted.reject(new Error("The server ended the session at once")),
    greeted.reject,
  );
  try {
    const { duplex, mini } = await link(Tunnel, await greeted.promise);
    const { peer, agreed, over } = tunnelClient(mini, options);
    const tunnel = pump(duplex, peer).finally(over);
    const refusal = agreed.then((any) => any ? new Promise<never>(() => {}) : nothingCarried());
    try {
      await Promise.race([session, tunnel, refusal]);
    } finally {
      // INVARIANT: who is told that it is over is not a way into the network any more
      peer.outbox.close();
      duplex.close();
      over();
    }
  } finally {
    mainPeer.outbox.close();
    await session.catch(() => {});
  }
}

function nothingCarried(): never {
  throw new Error("None of the tunnels is carried");
}

/** The client's end of a linked tunnel channel. agreed: whether anything is carried. over: it has ended. */
export function tunnelClient(
  mini: boolean,
  { allowed, dial, consent, tell }: Pick<CarryOptions, "allowed" | "dial" | "consent" | "tell">,
) {
  const agreed = Promise.withResolvers<boolean>();
  /** By the server's number: those that the person agreed to. */
  const carried = new Map<number, AllowedTunnel>();
  let carriage!: Carriage;
  let offered = false;
  const peer = attend(Tunnel, mini, DATA_BYTES + (1 << 16), ({ send, outbox }) => {
    const { socketData, socketFin, socketToken, socketClosed: close } = send;
    carriage = new Carriage({ socketData, socketFin, socketToken, close }, outbox);
    outbox.onRoom = carriage.room;
    return {
      ...carriage.answers,
      serviceOffers: ({ offers }) => {
        // a person is not asked again and again
        if (offered) throw new ProtocolError("the server offers its tunnels twice");
        offered = true;
        decide(offers.map(owned), allowed, consent, tell).then((yes) => {
          for (const { id } of offers) {
            const tunnel = yes.get(id);
            if (tunnel) carried.set(id, tunnel);
            if (tunnel) send.serviceAdd({ id });
            else send.serviceRemove({ id });
          }
          agreed.resolve(yes.size > 0);
        }, agreed.reject);
      },
      serviceState: ({ id, state }) => tell(`tunnel-${state}`, { tunnel: carried.get(id)?.name }),
      socketOpen: ({ connectionId, serviceId, tokens }) => {
        const tunnel = carried.get(serviceId);
        const nack = (reason: TunnelEnd) => send.socketOpenNack({ connectionId, reason });
        if (!tunnel) return nack("forbidden");
        if (carriage.size >= MAX_SOCKETS || carriage.has(connectionId)) return nack("tooMany");
        const opening = carriage.open(connectionId, serviceId, (over) => {
          const { reason, sentBytes, receivedBytes } = over;
          const which = { tunnel: tunnel.name, socket: connectionId };
          tell("tunnel-close", { ...which, reason, sentBytes, receivedBytes });
        });
        const { socket } = opening;
        dial(tunnel).then((stream) => {
          if (socket.reason !== null) return stream.close();
          tell("tunnel-open", { tunnel: tunnel.name, socket: connectionId });
          send.socketOpenAck({ connectionId, tokens: WINDOW });
          try {
            begin(opening, stream, tokens);
          } catch {
            // more tokens than there are: the server's fault, and this socket's alone
            socket.end("failed");
          }
        }, (error) => {
          if (socket.reason !== null) return;
          nack(reasonOf(error));
          socket.abandon(reasonOf(error));
        });
      },
      socketClose: ({ connectionId, reason }) => {
        // what was refused may have been given up at the same moment
        if (carriage.has(connectionId)) carriage.closed(connectionId, reason);
      },
    };
  });
  const over = () => {
    agreed.resolve(true);
    carriage.abandon("reset");
  };
  return { peer, agreed: agreed.promise, over };
}

interface Offer {
  readonly id: number;
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** The bytes of an offer are the channel's, and used again. */
const owned = ({ id, name, host, port }: TunnelOffer): Offer => ({
  id,
  name: textOf(name),
  host: textOf(host),
  port,
});

/** What is carried, by the server's numbers: what it offers, this side allows, and the person agrees to. */
async function decide(
  offers: readonly Offer[],
  allowed: readonly AllowedTunnel[],
  consent: CarryOptions["consent"],
  tell: CarryOptions["tell"],
): Promise<Map<number, AllowedTunnel>> {
  const yes = new Map<number, AllowedTunnel>();
  for (const tunnel of allowed) {
    const offer = offers.find(({ name }) => name === tunnel.name);
    const { name, host, port } = tunnel;
    if (!offer) {
      tell("tunnel-not-offered", { tunnel: name });
    } else if (offer.host !== host || offer.port !== port) {
      tell("tunnel-differs", {
        tunnel: name,
        allowed: `${host}:${port}`,
        offered: `${offer.host}:${offer.port}`,
      });
    } else if (await consent(tunnel)) yes.set(offer.id, tunnel);
    else tell("tunnel-declined", { tunnel: name });
  }
  return yes;
}

/** What an error of connecting is called in the protocol. */
export function reasonOf(error: unknown): TunnelEnd {
  const { code, name, message } = error as { code?: string; name?: string; message?: string };
  if (name === "NotCapable" || name === "PermissionDenied") return "forbidden";
  if (name === "TimeoutError" || code === "ETIMEDOUT") return "timeout";
  if (code === "ECONNREFUSED") return "refused";
  if (code === "ECONNRESET") return "reset";
  if (code === "EHOSTUNREACH" || code === "ENETUNREACH") return "unreachable";
  return /lookup address|not known|No address/.test(message ?? "") ? "unknownHost" : "failed";
}
