/**
 * Which device and output of a QEMU each of its VNC servers shows, so that the guest's agent can
 * tell its screens apart. Source of truth: qapi/ui.json, query-vnc-servers; qapi/pci.json, query-pci.
 */
import type { DisplayOrigin } from "../../../core/guest.ts";
import type { Monitor } from "./qmp.ts";

type Address = { path: string } | { host: string; port: number };

/** For each address; null: it cannot be told. Rejects when the monitor does. */
export async function originsOf(
  monitor: Monitor,
  addresses: readonly Address[],
): Promise<(DisplayOrigin | null)[]> {
  const servers = await monitor.execute("query-vnc-servers");
  const devices = await monitor.execute("query-pci");
  if (!Array.isArray(servers) || !Array.isArray(devices)) return addresses.map(() => null);
  const places = new Map<string, string>();
  for (const { devices: found } of devices) walk(found, `pci/0000`, places);
  const outputs = new Map<string, number>();
  return addresses.map((address) => {
    const service = "path" in address ? address.path : `${address.port}`;
    const isUnix = "path" in address;
    const device = servers.find(({ server }) =>
      Array.isArray(server) &&
      server.some((at) => at.service === service && (at.family === "unix") === isUnix)
    )?.display;
    const deviceAddress = places.get(device);
    if (deviceAddress === undefined) return null;
    // SPEC: of servers for one device nobody says which head they show: they stand in its order
    const output = outputs.get(device) ?? 0;
    outputs.set(device, output + 1);
    return { deviceAddress, output };
  });
}

/** Every device that has a name: its slots from the root on. */
// deno-lint-ignore no-explicit-any
function walk(devices: any, path: string, places: Map<string, string>): void {
  if (!Array.isArray(devices)) return;
  for (const { slot, function: fn, qdev_id: id, pci_bridge: bridge } of devices) {
    const here = `${path}/${hex(slot, 2)}.${hex(fn, 1)}`;
    if (typeof id === "string" && id !== "") places.set(id, here);
    if (bridge) walk(bridge.devices, here, places);
  }
}

const hex = (n: number, digits: number) => n.toString(16).padStart(digits, "0");
