/** Configuration files and `--spice` arguments → options, or every mistake that is in them. */
import { readSasl, readSecret, readTickets, saslKeys, secretKeys, ticketKeys } from "./access.ts";
import { readAudio } from "./audiodev.ts";
import { checkCards, deviceTables, readCard } from "./devices.ts";
import { guestKeys, readGuest } from "./guest.ts";
import {
  type ApplianceOptions,
  type CardOptions,
  type CharacterDevice,
  defaultOptions,
  type PortOptions,
  type TlsOptions,
  type TunnelOptions,
  type UsbListenOptions,
} from "./options.ts";
import { checkPorts, isPortDriver, readChardev, readPort, readUsb, usedChardevs } from "./ports.ts";
import { didYouMean, type Place, placeText, Problems } from "./problems.ts";
import { readArgument, readConfig, type Section } from "./readconfig.ts";
import { remoteCards } from "./remote_guest.ts";
import { Settings } from "./settings.ts";
import {
  isSpiceFlag,
  readChannelSecurity,
  readConduct,
  readListen,
  readTls,
  spiceKeys,
} from "./spice.ts";
import { listed } from "./values.ts";
import { limitKeys, readLimits } from "./limits.ts";
import { logKeys, readLog } from "./log.ts";
import { checkTunnels, readTunnel } from "./tunnel.ts";
import { openToStrangers, readWeb, webKeys } from "./web.ts";

/** What was said on the command line. Later files add to earlier ones and override them; `spice` comes last. */
export interface ConfigSources {
  readonly files: readonly string[];
  /** As behind QEMU's `-spice`. */
  readonly spice: readonly string[];
}

/** What reading needs of the world. */
export interface ConfigHost {
  /** The text of a file; throws an Error that says why not. */
  readText(path: string): string;
  /** The file is there and may be read. */
  readable(path: string): boolean;
  /** A variable of the environment; undefined: there is none. Only those are asked for that the configuration names. */
  variable(name: string): string | undefined;
}

/** Options, and what may not have been meant. */
export interface LoadedConfig {
  readonly options: ApplianceOptions;
  readonly warnings: readonly string[];
  /** Files that were read: the configuration's own, and those of secrets and users. */
  readonly files: readonly string[];
  /** The variables that it names, as far as they are there. */
  readonly variables: Readonly<Record<string, string>>;
}

const groups = [
  "spice",
  "ticket",
  "sasl",
  "object",
  "guest",
  "web",
  "limits",
  "log",
  "device",
  "chardev",
  "audiodev",
  "usb",
  "tunnel",
] as const;
type Group = typeof groups[number];

/** Reads everything; throws a ConfigError with all mistakes. With no source at all: `defaultOptions`. */
export function loadConfig(sources: ConfigSources, host: ConfigHost): LoadedConfig {
  const problems = new Problems();
  const seen = new Watched(host);
  const sections = readSources(sources, seen, problems);
  const options = assemble(sections, seen, problems);
  problems.throwIfAny();
  const { files, variables } = seen;
  if (options.guest.driver === "x11") options.guest.withheld = Object.keys(variables);
  return { options, warnings: problems.warnings, files: [...files], variables };
}

/** Remembers what was read. */
class Watched implements ConfigHost {
  readonly files = new Set<string>();
  readonly variables: Record<string, string> = {};
  constructor(readonly host: ConfigHost) {}
  readonly readText = (path: string) => {
    this.files.add(path);
    return this.host.readText(path);
  };
  readonly readable = (path: string) => this.host.readable(path);
  readonly variable = (name: string) => {
    const value = this.host.variable(name);
    if (value !== undefined) this.variables[name] = value;
    return value;
  };
}

function readSources(sources: ConfigSources, host: ConfigHost, problems: Problems): Section[] {
  const sections: Section[] = [];
  for (const file of sources.files) {
    try {
      sections.push(...readConfig(host.readText(file), file, problems));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      problems.error(null, error.message);
    }
  }
  for (const argument of sources.spice) {
    sections.push(readArgument(argument, "spice", "--spice", problems, isSpiceFlag));
  }
  return sections;
}

function assemble(
  sections: readonly Section[],
  host: ConfigHost,
  problems: Problems,
): ApplianceOptions {
  for (const { group, place } of sections) {
    if (!groups.some((known) => known === group)) {
      const text = `there is no section [${group}]${didYouMean(group, groups)}; there are`;
      problems.error(place, `${text} ${listed(groups)}`);
    }
  }
  const of = (group: Group) => sections.filter((section) => section.group === group);
  const spice = new Settings(of("spice"), spiceKeys, problems);
  const guest = new Settings(of("guest"), guestKeys, problems);
  const web = new Settings(of("web"), webKeys, problems);
  const limits = new Settings(of("limits"), limitKeys, problems);
  const log = new Settings(of("log"), logKeys, problems);
  const sasl = new Settings(of("sasl"), saslKeys, problems);
  const ticket = new Settings(of("ticket"), ticketKeys, problems);
  const tunnels = readTunnels(of("tunnel"), problems);
  const devices = readDevices(of, host.readable, problems);
  // What the sections mean together is asked when each is right by itself: one mistake is told once.
  problems.throwIfAny();
  const secrets = new Map(
    named(of("object"), problems).map((parts) => {
      const secret = new Settings(parts, secretKeys, problems);
      return [nameOf(parts[0]) ?? "", () => readSecret(secret, host, problems)];
    }),
  );
  const secretOf = (id: string, place: Place | null) => {
    const read = secrets.get(id);
    if (read === undefined) problems.error(place, `there is no [object "${id}"]`);
    return read?.();
  };
  const guestOptions = readGuest(guest, secretOf, host.readable, problems);
  const remote = guestOptions.driver === "qemu" || guestOptions.driver === "rfb";
  const cards = remote
    ? remoteCards(guestOptions, devices.cards, guest.place, problems)
    : devices.cards.length === 0
    ? defaultOptions.cards
    : devices.cards;
  const rest = {
    guest: guestOptions,
    ...devices,
    cards,
    tunnels,
    limits: readLimits(limits),
    log: readLog(log),
  };
  const console = (tls: TlsOptions | null) => readWeb(web, tls, host.readable, problems);
  if (spice.place === null) {
    for (const { place } of [sasl, ticket]) {
      if (place !== null) {
        problems.error(place, `there is no [spice] section that it could belong to`);
      }
    }
    if (sections.length > 0) {
      problems.warn(null, "no [spice] section: open to everybody on 127.0.0.1, port 5930");
    }
    return checked(
      { ...defaultOptions, web: console(null), ...rest },
      web.placeOf("addr"),
      problems,
    );
  }
  const listen = readListen(spice, problems);
  const tls = readTls(spice, host.readable, problems);
  const options = {
    listen,
    tickets: readTickets(spice, ticket, secretOf, problems),
    sasl: readSasl(spice, sasl, host.readText, problems),
    tls,
    channelSecurity: readChannelSecurity(spice, problems),
    web: console(tls),
    ...readConduct(spice),
    ...rest,
  };
  return checked(options, web.placeOf("addr"), problems);
}

function checked(options: ApplianceOptions, place: Place | null, problems: Problems) {
  const stranger = openToStrangers(options);
  if (stranger !== null) problems.error(place, stranger);
  return options;
}

function readDevices(
  of: (group: Group) => readonly Section[],
  readable: (path: string) => boolean,
  problems: Problems,
): Pick<ApplianceOptions, "cards" | "characterDevices" | "ports" | "audio" | "usb"> {
  const chardevs = of("chardev");
  const characterDevices = named(chardevs, problems)
    .map((parts) => readChardev(parts, problems))
    .filter((device): device is CharacterDevice => device !== null);
  const ids = chardevs.map((section) => nameOf(section) ?? "");
  const cards: CardOptions[] = [];
  const ports: PortOptions[] = [];
  for (const parts of named(of("device"), problems)) {
    const driver = parts.flatMap((part) => part.entries).findLast(({ key }) => key === "driver");
    if (driver === undefined) {
      problems.error(parts[0].place, `a device needs driver = "qxl-vga"`);
      continue;
    }
    const { value, place } = driver;
    if (value === "qxl" || value === "qxl-vga") {
      cards.push(readCard(parts, value, cards.length, problems));
    } else if (isPortDriver(value)) {
      const number = ports.filter(({ kind }) => kind === "usbredir").length;
      ports.push(readPort(value, parts, ids, number, problems));
    } else if (Object.hasOwn(deviceTables, value)) {
      // A bus is always there; its keys are looked at all the same.
      new Settings(parts, deviceTables[value], problems);
    } else {
      const known = Object.keys(deviceTables);
      const hint = didYouMean(value, known);
      const text = `this release has no device "${value}"${hint}; there are ${listed(known)}`;
      problems.error(place, text);
    }
  }
  checkCards(cards, problems);
  const usb = named(of("usb"), problems)
    .map((parts) => readUsb(parts, characterDevices, ports, problems))
    .filter((listen): listen is UsbListenOptions => listen !== null);
  const audio = readAudio(named(of("audiodev"), problems), characterDevices, readable, problems);
  checkPorts(ports, usb, audio, problems);
  const used = usedChardevs({ ports, usb, audio });
  for (const { id, backend } of characterDevices) {
    if ((backend === "socket" || backend === "pipe") && !used.has(id)) {
      const text = `[chardev "${id}"] is kept, but no [device], [audiodev] or [usb] uses it`;
      problems.warn(null, text);
    }
  }
  for (const { chardev, name } of ports) {
    const stream = characterDevices.find(({ id }) => id === chardev);
    if (stream?.backend !== "pipe") continue;
    problems.error(
      null,
      `[chardev "${chardev}"] is a pipe, which goes one way; "${name}" needs two`,
    );
  }
  return { cards, characterDevices, ports, audio, usb };
}

function readTunnels(sections: readonly Section[], problems: Problems): TunnelOptions[] {
  const tunnels = named(sections, problems)
    .map((parts) => readTunnel(parts, problems))
    .filter((tunnel): tunnel is TunnelOptions => tunnel !== null);
  checkTunnels(tunnels, problems);
  return tunnels;
}

/** Sections that speak of the same thing: those of one name in different files. */
function named(sections: readonly Section[], problems: Problems): Section[][] {
  const things: Section[][] = [];
  for (const section of sections) {
    const name = nameOf(section);
    const before = name === null ? undefined : things.find(([first]) => nameOf(first) === name);
    const twin = before?.find((other) => other.place.source === section.place.source);
    if (twin !== undefined) {
      const text = `[${section.group} "${name}"] stands at ${placeText(twin.place)} already`;
      problems.error(section.place, text);
    }
    if (before === undefined) things.push([section]);
    else before.push(section);
  }
  return things;
}

function nameOf(section: Section): string | null {
  return section.id ?? section.entries.find(({ key }) => key === "id")?.value ?? null;
}
