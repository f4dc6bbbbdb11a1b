/** The ports of a configuration, opened: each at its socket, and what clients are offered of them. */
import type { Clock } from "../../core/clock.ts";
import type { ApplianceOptions, PortOptions } from "../../core/config/options.ts";
import type { GuestPort } from "../../core/guest.ts";
import type { Log } from "../../core/log.ts";
import { dialling, hosting } from "../dial.ts";
import type { Service } from "../service.ts";
import { SmartcardService } from "./smartcard.ts";
import { SocketPort } from "./socket_port.ts";
import { StreamService } from "./stream.ts";

export type OpenPortsOptions = Pick<ApplianceOptions, "characterDevices" | "ports">;

/** A port that was opened, and what was said of it. */
export interface OpenedPort {
  readonly options: PortOptions;
  readonly port: SocketPort;
}

/**
 * Opens the sockets. Ports whose chardev is no socket are left out: nobody is at their other end.
 * Rejects, with all closed again, when one that listens cannot be had.
 */
export async function openPorts(
  { characterDevices, ports }: OpenPortsOptions,
  clock: Clock,
  log: Log,
): Promise<OpenedPort[]> {
  const opened: OpenedPort[] = [];
  try {
    for (const options of ports) {
      const device = characterDevices.find(({ id }) => id === options.chardev);
      if (device?.backend !== "socket") continue;
      const { address, server, reconnectSeconds } = device;
      opened.push({
        options,
        port: new SocketPort({
          kind: options.kind,
          name: options.name,
          source: server ? await hosting(address) : dialling(address),
          // the agent says by itself when it is there; all else is there for a client
          lazy: options.kind !== "agent",
          longestPauseMs: server ? 100 : reconnectSeconds === 0 ? null : reconnectSeconds * 1000,
          clock,
          log,
        }),
      });
    }
    return opened;
  } catch (error) {
    for (const { port } of opened) port.close();
    throw error;
  }
}

/** The channels of ports, all but the agent's, which is main's. */
export function portServices(opened: readonly OpenedPort[]): Service[] {
  const counts = new Map<string, number>();
  return opened.flatMap(({ port }): Service[] => {
    const id = counts.get(port.kind) ?? 0;
    counts.set(port.kind, id + 1);
    if (port.kind === "agent") return [];
    if (port.kind === "smartcard") return [new SmartcardService(port)];
    return [new StreamService({ port: port as GuestPort & { kind: "port" }, id })];
  });
}
