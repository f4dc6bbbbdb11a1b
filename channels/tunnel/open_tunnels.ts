/** The tunnels of a configuration, listening. */
import type { TunnelOptions } from "../../core/config/options.ts";
import type { Log } from "../../core/log.ts";
import { accepting } from "../dial.ts";
import { TunnelService } from "./service.ts";
import { Tunnel } from "./tunnel.ts";

export interface OpenTunnels {
  readonly tunnels: readonly Tunnel[];
  /** What clients are offered; null: there are no tunnels. */
  readonly service: TunnelService | null;
  /** May be called again. */
  close(): void;
}

/** Opens the sockets. Rejects, with all closed again, when one cannot be had. */
export async function openTunnels(
  options: readonly TunnelOptions[],
  log: Log,
): Promise<OpenTunnels> {
  const undo = new DisposableStack();
  const tunnels = options.map((tunnel, id) => new Tunnel(id, tunnel, log));
  try {
    for (const tunnel of tunnels) {
      const trouble = (error: Error) => log.warn("listener-trouble", { error });
      const { name, listen } = tunnel.options;
      const socket = await accepting(listen, (stream) => tunnel.take(stream), trouble);
      undo.defer(() => socket.close());
      log.info("tunnel-listening", { tunnel: name, at: socket.address, target: tunnel.target });
    }
  } catch (error) {
    undo.dispose();
    throw error;
  }
  const service = tunnels.length > 0 ? new TunnelService(tunnels) : null;
  return { tunnels, service, close: () => undo.dispose() };
}
