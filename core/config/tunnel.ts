/** `[tunnel "name"]`: sockets of this machine that come out in a client's network. The appliance's own section. */
import type { TunnelOptions } from "./options.ts";
import type { Problems } from "./problems.ts";
import type { Section } from "./readconfig.ts";
import { key, Settings } from "./settings.ts";
import { socketAddress } from "./values.ts";

export const tunnelKeys = {
  "listen": key(socketAddress),
  "target": key(target),
} as const;

/** Clients are told of no more. */
const MAX_TUNNELS = 32;

/** Reads one tunnel; null: it is wrong, and has been told. */
export function readTunnel(
  sections: readonly Section[],
  problems: Problems,
): TunnelOptions | null {
  const tunnel = new Settings(sections, tunnelKeys, problems);
  const name = tunnel.id ?? "";
  if (!isTunnelName(name)) {
    const text = `a tunnel needs a name of letters, digits, ".", "_" and "-": [tunnel "printer"]`;
    problems.error(tunnel.place, text);
  }
  const listen = tunnel.get("listen"), to = tunnel.get("target");
  const said = new Set(sections.flatMap(({ entries }) => entries.map(({ key }) => key)));
  for (const [key, example] of [["listen", "127.0.0.1:9100"], ["target", "printer.lan:9100"]]) {
    // a bad value has been told already
    if (!said.has(key)) {
      problems.error(tunnel.place, `[tunnel "${name}"] needs ${key} = "${example}"`);
    }
  }
  return listen && to ? { name, listen, target: to } : null;
}

/** Tunnels that fit together. */
export function checkTunnels(tunnels: readonly TunnelOptions[], problems: Problems): void {
  if (tunnels.length > MAX_TUNNELS) {
    problems.error(null, `there are ${tunnels.length} tunnels, ${MAX_TUNNELS} is the most`);
  }
  for (const [i, { name, listen }] of tunnels.entries()) {
    const same = JSON.stringify(listen);
    const twin = tunnels.slice(0, i).find((other) => JSON.stringify(other.listen) === same);
    if (twin) {
      problems.error(null, `[tunnel "${twin.name}"] and "${name}" listen at the same place`);
    }
  }
}

/** A name that can stand before the `=` of `--tunnel`. */
export const isTunnelName = (name: string): boolean => /^[\w.-]{1,64}$/.test(name);

/** `printer.lan:9100`, `[fe80::1]:631` */
export function target(value: string): { host: string; port: number } {
  const address = /^unix:/.test(value) ? null : socketAddress(value);
  if (address !== null && "host" in address) return address;
  throw new RangeError(`must be "host:port" in the client's network, not "${value}"`);
}
