/** The ports of a configuration, opened: each at its socket, and what clients are offered of them. */
import { address as addressOf } from "../../core/config/permissions.ts";
import type { Clock } from "../../core/clock.ts";
import type {
  ApplianceOptions,
  PipeCharacterDevice,
  PortOptions,
  SocketAddress,
  SocketCharacterDevice,
} from "../../core/config/options.ts";
import type { GuestPort, GuestPortKind, GuestPortStates } from "../../core/guest.ts";
import type { Log } from "../../core/log.ts";
import { accepting, dialling, hosting, piping } from "../dial.ts";
import type { Service } from "../service.ts";
import { SmartcardService } from "./smartcard.ts";
import { SocketPort, type SocketPortOptions } from "./socket_port.ts";
import { StreamService } from "./stream.ts";
import { UsbGuard } from "./usb_guard.ts";
import { UsbListener } from "./usb_listener.ts";

/** A pipe that is not there is looked for again at least so often. */
const PIPE_PAUSE_MS = 5000;

export type OpenPortsOptions = Pick<ApplianceOptions, "characterDevices" | "ports" | "usb">;

/** A port, or a listener for USB devices, as its people want to know it. */
export interface PortFacts {
  readonly name: string;
  readonly kind: GuestPortKind | "usb-listener" | "sound";
  /** Its socket is open: the machine is there. A listener's always is. */
  readonly open: boolean;
  /** A client has it, or devices have come. */
  readonly used: boolean;
  /** Where devices have come from. */
  readonly from: readonly string[];
}

/** A configuration's ports, open. */
export interface OpenPorts {
  /** The agent's, which is main's; undefined: there is none. */
  readonly agent?: GuestPort;
  /** The channels of all others. */
  readonly services: readonly Service[];
  /** A port that somebody had is free again. */
  onFreed: () => void;
  /** How it is with each. */
  facts(): PortFacts[];
  /** May be called again. */
  close(): void;
}

/**
 * Opens the sockets. Ports whose chardev is no socket are left out: nobody is at their other end.
 * Rejects, with all closed again, when one that listens cannot be had.
 */
export async function openPorts(
  { characterDevices, ports, usb }: OpenPortsOptions,
  clock: Clock,
  log: Log,
  states?: GuestPortStates,
): Promise<OpenPorts> {
  const undo = new DisposableStack();
  const all = { onFreed: () => {} };
  const open = async (kind: GuestPortKind, name: string, chardev: string) => {
    const device = characterDevices.find(({ id }) => id === chardev);
    if (device?.backend !== "socket") return null;
    const { address } = device;
    const port = await openSocket(device, {
      kind,
      name,
      // the agent says by itself when it is there; all else is there for a client
      lazy: kind !== "agent",
      // devices are plugged in by the socket itself
      watch: states && kind !== "usbredir" && kind !== "smartcard"
        ? (listener) => states.watch(nameOf(address), listener)
        : undefined,
      onFreed: () => all.onFreed(),
      clock,
      log,
    });
    undo.defer(() => port.close());
    return port;
  };
  try {
    const opened: { port: SocketPort; options: PortOptions }[] = [];
    for (const options of ports) {
      const port = await open(options.kind, options.name, options.chardev);
      if (port) opened.push({ port, options });
    }
    const listeners: UsbListener[] = [];
    const shared = opened.map(({ port }) => port).filter(({ kind }) => kind === "usbredir");
    for (const { listen, chardevs, filter } of usb) {
      const own: SocketPort[] = [];
      for (const id of chardevs) own.push((await open("usbredir", id, id))!);
      const listener = new UsbListener({
        ports: own.length > 0 ? own : shared,
        filter,
        clock,
        log,
      });
      listeners.push(listener);
      undo.defer(() => listener.close());
      for (const address of listen) {
        const trouble = (error: Error) => log.warn("listener-trouble", { error });
        const socket = await accepting(address, (stream) => listener.take(stream), trouble);
        undo.defer(() => socket.close());
        listener.at.push("path" in address ? `unix:${address.path}` : textOf(address));
        log.info("usb-listening", { at: socket.address });
      }
    }
    return Object.assign(all, {
      agent: opened.find(({ port }) => port.kind === "agent")?.port,
      services: servicesOf(opened, log),
      facts: () => [
        ...opened.map(({ port: { name, kind, open, used } }) => ({
          name,
          kind,
          open,
          used,
          from: [],
        })),
        ...listeners.map(({ at, devices: from }) => ({
          name: at.join(", "),
          kind: "usb-listener" as const,
          open: true,
          used: from.length > 0,
          from,
        })),
      ],
      close: () => undo.dispose(),
    });
  } catch (error) {
    undo.dispose();
    throw error;
  }
}

/** A chardev of the host as a port. Rejects when it is to listen and the address cannot be had. */
export async function openSocket(
  device: SocketCharacterDevice | PipeCharacterDevice,
  options: Omit<SocketPortOptions, "source" | "renewable" | "longestPauseMs">,
): Promise<SocketPort> {
  if (device.backend === "pipe") {
    const source = piping(device.path);
    return new SocketPort({ ...options, source, longestPauseMs: PIPE_PAUSE_MS });
  }
  const { address, server, reconnectSeconds } = device;
  return new SocketPort({
    ...options,
    source: server ? await hosting(address) : dialling(address),
    renewable: !server && reconnectSeconds !== 0,
    longestPauseMs: server ? 100 : reconnectSeconds === 0 ? null : reconnectSeconds * 1000,
  });
}

/** A socket as QEMU names it. */
const nameOf = (address: SocketAddress) =>
  "path" in address ? `unix:${address.path}` : `tcp:${address.host}:${address.port}`;

const textOf = ({ host, port }: { host: string; port: number }) => addressOf(host, port);

/** The channels of ports, all but the agent's. */
function servicesOf(
  opened: readonly { port: SocketPort; options: PortOptions }[],
  log: Log,
): Service[] {
  const counts = new Map<string, number>();
  return opened.flatMap(({ port, options }): Service[] => {
    const { kind } = port;
    const id = counts.get(kind) ?? 0;
    counts.set(kind, id + 1);
    if (kind === "agent") return [];
    if (kind === "smartcard") return [new SmartcardService(port)];
    const onRefused = (vendor: number, product: number) =>
      log.warn("usb-filtered", { port: port.name, vendor, product });
    return [
      new StreamService({
        port,
        kind,
        id,
        taken: () => port.used,
        guard: kind === "usbredir"
          ? (to) => new UsbGuard(to, { filter: options.filter, onRefused })
          : undefined,
      }),
    ];
  });
}
