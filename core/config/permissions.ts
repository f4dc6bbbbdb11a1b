/** Which of Deno's permissions a configuration needs, for what, and how long. What is not in the table, its running part may not. */
import { usedChardevs } from "./ports.ts";
import type { ApplianceOptions, SocketAddress, X11Guest } from "./options.ts";
import { videoCodecsText } from "./values.ts";

/** One thing that the appliance must be allowed to do. */
export interface Permission {
  readonly name: "net" | "read" | "write" | "sys" | "run";
  /** An address or a path. */
  readonly target: string;
  readonly why: string;
  /** start: a socket or file that is open by then, so the permission is dropped. end: used again later. */
  readonly until: "start" | "end";
  /** Only the thread that runs ffmpeg may; if not said, what serves. */
  readonly by?: "coding";
}

/** A target that is wherever the program was installed, or inside it. */
const OWN_MODULES = "the program's own modules";

/** The table that `--check` prints. files: the configuration files themselves. */
export function permissionsOf(
  options: ApplianceOptions,
  files: readonly string[],
  screenshot: string | null,
  auditLog: string | null = null,
): Permission[] {
  const table: Permission[] = [];
  const add = (
    ...[name, target, why, until]: [Permission["name"], string, string, Permission["until"]]
  ) => table.push({ name, target, why, until });
  const addSocket = (at: SocketAddress, why: string) => {
    if ("host" in at) return add("net", address(at.host, at.port), why, "end");
    // what Deno asks for at a Unix socket
    add("net", `unix:${at.path}`, why, "end");
    add("read", at.path, why, "end");
    add("write", at.path, why, "end");
  };
  const addUnix = (path: string, why: string) => {
    add("net", `unix:${path}`, why, "start");
    add("sys", "umask", "a socket that only this user may open", "start");
    add("read", path, "the Unix socket", "end");
    add("write", path, "the Unix socket, removed at the end", "end");
  };
  const addListener = (at: SocketAddress, why: string) =>
    "path" in at ? addUnix(at.path, why) : add("net", address(at.host, at.port), why, "start");
  for (const file of files) add("read", file, "configuration, again at SIGHUP", "end");
  const { host, port, tlsPort, unix } = options.listen;
  if (port !== null) add("net", address(host, port), "listen for clients", "start");
  if (tlsPort !== null) add("net", address(host, tlsPort), "listen for clients, TLS", "start");
  if (unix !== null) addUnix(unix, "listen for clients");
  const { web } = options;
  for (const tls of new Set([options.tls, web?.tls ?? null])) {
    if (tls === null) continue;
    add("read", tls.keyFile, "private key, again when it changes", "end");
    add("read", tls.certFile, "certificate, again when it changes", "end");
    if (tls.caFile !== null) add("read", tls.caFile, "authority, again when it changes", "end");
  }
  if (web !== null) {
    const { host, port, tlsPort, unix } = web;
    if (port !== null) add("net", address(host, port), "listen for browsers", "start");
    if (tlsPort !== null) add("net", address(host, tlsPort), "listen for browsers, TLS", "start");
    if (unix !== null) addUnix(unix, "listen for browsers");
    add("read", OWN_MODULES, "the console's page", "start");
  }
  if (options.images.compression !== "off" || options.images.streamingVideo !== "off") {
    add("read", OWN_MODULES, "threads that encode pictures", "start");
  }
  const { streamingVideo, videoCodecs } = options.images;
  if (streamingVideo !== "off" && videoCodecs.some((codec) => codec !== "mjpeg")) {
    const why = `encodes video: ${videoCodecsText(videoCodecs)}`;
    table.push({ name: "run", target: "ffmpeg", why, until: "end", by: "coding" });
  }
  if (options.guest.driver === "replay") add("read", options.guest.file, "recording", "end");
  if (options.guest.driver === "qemu" || options.guest.driver === "rfb") {
    const { vnc, qmp, tls } = options.guest;
    for (const at of vnc) addSocket(at, "the guest's screen");
    if (qmp !== null) addSocket(qmp, "QEMU's monitor");
    if (tls !== null) add("read", tls.caFile, "the authority of the guest's server", "start");
  }
  const used = usedChardevs(options);
  for (const device of options.characterDevices) {
    if (!used.has(device.id)) continue;
    if (device.backend === "pipe") {
      add("read", device.path, `[chardev "${device.id}"] is read`, "end");
      // who also has a pipe open for writing does not wait for a writer
      add("write", device.path, `[chardev "${device.id}"] is held open`, "end");
    }
    if (device.backend !== "socket") continue;
    if (device.server) addListener(device.address, `[chardev "${device.id}"] listens`);
    else addSocket(device.address, `[chardev "${device.id}"] connects`);
  }
  if (options.audio?.driver === "pa") {
    const { id, server, cookieFile } = options.audio;
    addSocket(server, `[audiodev "${id}"] connects`);
    if (cookieFile !== null) add("read", cookieFile, "the sound server's cookie", "end");
  }
  for (const at of options.usb.flatMap(({ listen }) => listen)) {
    addListener(at, "listen for USB devices");
  }
  for (const { name, listen } of options.tunnels) {
    addListener(listen, `[tunnel "${name}"] listens; its target is the client's affair`);
  }
  if (options.guest.driver === "x11") x11(options.guest, add);
  if (screenshot !== null) add("write", screenshot, "screenshot", "start");
  if (auditLog !== null) add("write", auditLog, "audit log", "start");
  return table;
}

type Add = (
  name: Permission["name"],
  target: string,
  why: string,
  until: Permission["until"],
) => void;

function x11({ display, xauthority, command, folder, number }: X11Guest, add: Add): void {
  if (display === null) {
    add("run", "Xvfb", "an X server of our own", "end");
    if (command !== null) add("run", "/bin/sh", `the session: ${command}`, "end");
    add("read", folder, "the X server's framebuffer", "end");
    add("write", folder, "the X server's cookie", "end");
  } else if (xauthority !== null) add("read", xauthority, "the X server's cookie", "end");
  const [host, there] = (display ?? `:${number}`).split(/[:.]/);
  if (host !== "") return add("net", `${host}:${6000 + Number(there)}`, "the X server", "end");
  const path = `/tmp/.X11-unix/X${there}`;
  add("net", `unix:${path}`, "the X server", "end");
  add("read", path, "the X server", "end");
  add("write", path, "the X server", "end");
}

/** The targets of each of Deno's permissions. */
export type Targets = Readonly<Record<Permission["name"], readonly string[]>>;

/** What the rows of the table allow together to what serves. modules: the folders that the program and its page are made of. */
export function targetsOf(table: readonly Permission[], modules: readonly string[]): Targets {
  const of = (wanted: Permission["name"]) => [
    ...new Set(
      table.filter(({ name, by }) => name === wanted && by === undefined)
        .flatMap(({ target }) => target === OWN_MODULES ? modules : [target]),
    ),
  ];
  return { net: of("net"), read: of("read"), write: of("write"), sys: of("sys"), run: of("run") };
}

/** What was allowed for the start, and is not needed any more. */
export function spent(table: readonly Permission[], modules: readonly string[]): Targets {
  const kept = targetsOf(table.filter(({ until }) => until === "end"), modules);
  const all = targetsOf(table, modules);
  const less = (name: Permission["name"]) =>
    all[name].filter((target) => !kept[name].includes(target));
  return {
    net: less("net"),
    read: less("read"),
    write: less("write"),
    sys: less("sys"),
    run: less("run"),
  };
}

/** `127.0.0.1:5930`, `[::1]:5930` */
export function address(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
