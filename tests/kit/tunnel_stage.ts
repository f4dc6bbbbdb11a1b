/** Both ends of a tunnel channel in this process, a host that connects and a target that is reached. */
import { type AllowedTunnel, tunnelClient } from "../../channels/tunnel/carry.ts";
import { TunnelService } from "../../channels/tunnel/service.ts";
import { Tunnel } from "../../channels/tunnel/tunnel.ts";
import type { Duplex } from "../../core/link/duplex.ts";
import { pump } from "../../core/link/pump.ts";
import { Tunnel as TunnelChannel } from "../../core/protocol/tunnel.ts";
import { duplexPair } from "./duplex_pair.ts";
import { FakeClock } from "./fake_clock.ts";
import { fakeClient, FakeLog, linkedOf } from "./linked.ts";

export const printer: AllowedTunnel = { name: "printer", host: "printer.lan", port: 9100 };

export class TunnelStage {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly tunnels: readonly Tunnel[];
  readonly service: TunnelService;
  #clients = 0;

  constructor(names: readonly string[] = ["printer"]) {
    this.tunnels = names.map((name, i) => {
      const target = { host: `${name}.lan`, port: 9100 };
      return new Tunnel(i, { name, listen: { path: `/run/${name}` }, target }, this.log);
    });
    this.service = new TunnelService(this.tunnels);
  }

  /** A client that carries; the target's ends of what it reached are in `reached`. */
  join(options: {
    allowed?: readonly AllowedTunnel[];
    consent?: (tunnel: AllowedTunnel) => Promise<boolean>;
    dial?: (target: AllowedTunnel) => Promise<Duplex>;
  } = {}) {
    const client = fakeClient({
      clock: this.clock,
      log: this.log,
      connectionId: 100 + this.#clients++,
    });
    const linked = linkedOf(TunnelChannel.id, 0, client);
    const conversation = this.service.open(client, linked);
    const told: [string, Record<string, unknown>][] = [];
    const reached: Duplex[] = [];
    const { peer, agreed, over } = tunnelClient(true, {
      allowed: options.allowed ?? [printer],
      consent: options.consent ?? (() => Promise.resolve(true)),
      dial: options.dial ?? (() => {
        const [here, there] = duplexPair();
        reached.push(there);
        return Promise.resolve(here);
      }),
      tell: (event, fields) => void told.push([event, fields]),
    });
    const [there, here] = duplexPair();
    const ended = Promise.all([
      pump(here, conversation).finally(() => conversation.closed()),
      pump(there, peer).finally(over),
    ]).then(() => null, (error) => error as Error);
    const leave = () => there.close();
    return { conversation, client, told, reached, agreed, ended, leave, peer };
  }

  /** Somebody connects at the host; the result is their end. */
  connect(tunnel = 0): Duplex {
    const [theirs, ours] = duplexPair();
    this.tunnels[tunnel].take(ours);
    return theirs;
  }
}

/** All that comes until the end. */
export async function readAll(stream: Duplex): Promise<Uint8Array> {
  const parts: Uint8Array[] = [], buffer = new Uint8Array(1 << 14);
  for (let n; (n = await stream.read(buffer)) !== null;) parts.push(buffer.slice(0, n));
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}
