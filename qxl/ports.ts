/** The I/O ports: qxl_dev.h's order is the port number. Append only. */
const NAMES = [
  "notifyCommand",
  "notifyCursor",
  "updateArea",
  "updateIrq",
  "notifyOom",
  "reset",
  "setMode",
  "log",
  "memslotAdd",
  "memslotDel",
  "detachPrimary",
  "attachPrimary",
  "createPrimary",
  "destroyPrimary",
  "destroySurfaceWait",
  "destroyAllSurfaces",
  "updateAreaAsync",
  "memslotAddAsync",
  "createPrimaryAsync",
  "destroyPrimaryAsync",
  "destroySurfaceAsync",
  "destroyAllSurfacesAsync",
  "flushSurfacesAsync",
  "flushRelease",
  "monitorsConfigAsync",
] as const;
export type PortName = typeof NAMES[number];

/** qxl_dev.h: QXL_IO_* */
export const Port: { readonly [name in PortName]: number } = Object.fromEntries(
  NAMES.map((name, port) => [name, port]),
) as { [name in PortName]: number };

/** Ports that do the work of another, and raise an interrupt when it is done. */
const TWINS: { readonly [port: number]: PortName } = {
  [Port.updateAreaAsync]: "updateArea",
  [Port.memslotAddAsync]: "memslotAdd",
  [Port.createPrimaryAsync]: "createPrimary",
  [Port.destroyPrimaryAsync]: "destroyPrimary",
  [Port.destroySurfaceAsync]: "destroySurfaceWait",
  [Port.destroyAllSurfacesAsync]: "destroyAllSurfaces",
  [Port.flushSurfacesAsync]: "flushSurfacesAsync",
  [Port.monitorsConfigAsync]: "monitorsConfigAsync",
};

/** The ports that work before a driver has taken the card over from VGA. */
const IN_VGA_MODE: ReadonlySet<number> = new Set([
  Port.reset,
  Port.setMode,
  Port.memslotAdd,
  Port.memslotDel,
  Port.createPrimary,
  Port.updateIrq,
  Port.log,
  Port.memslotAddAsync,
  Port.createPrimaryAsync,
]);

/** What is to be done for a write to a port. */
export interface PortCall {
  readonly name: PortName;
  /** An interrupt says when it is done. */
  readonly async: boolean;
  readonly inVgaMode: boolean;
}

/** By port number. Ports without a name are nobody's. */
export const portCalls: readonly PortCall[] = NAMES.map((name, port) => ({
  name: TWINS[port] ?? name,
  async: port in TWINS,
  inVgaMode: IN_VGA_MODE.has(port),
}));

/** Bytes of the I/O BAR, by revision: a power of two. */
export const portRange = (revision: number): number =>
  revision === 1 ? 8 : revision === 2 ? 16 : 32;
