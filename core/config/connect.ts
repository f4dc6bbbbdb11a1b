/** `spice-appliance connect …`: argv → what the client's side of a tunnel is to do. Source of truth: `connectUsage`. */
// @ts-types="./parse_args.d.ts"
import { parseArgs } from "@std/cli/parse-args";
import { address } from "./permissions.ts";
import { ConfigError, didYouMean } from "./problems.ts";
import { isTunnelName, target } from "./tunnel.ts";
import { oneOf, socketAddress } from "./values.ts";

/** What the person allows: the server's tunnel of this name may reach this. */
export interface AllowedTunnel {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** Plain data, for a worker. */
export interface ConnectInvocation {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly tunnels: readonly AllowedTunnel[];
  /** The person agreed beforehand. */
  readonly yes: boolean;
  /** PEM: the authorities that are believed; null: the system's. */
  readonly caFile: string | null;
  /** The first line is the password; null: SPICE_PASSWORD, or a person is asked. */
  readonly passwordFile: string | null;
  readonly logFormat: "text" | "json";
}

/** What `connect --help` prints. */
export const connectUsage = `spice-appliance connect: let a SPICE server use your network

  spice-appliance connect spice://HOST:PORT --tunnel NAME=HOST:PORT [options]

  --tunnel NAME=HOST:PORT
                       let the server's [tunnel "NAME"] reach this in your network;
                       may be repeated. The server's file must name the same target
  --yes                agree without being asked
  --ca-file FILE       believe these authorities, in PEM, for spice+tls://HOST:PORT;
                       without it those of this system
  --password-file FILE
                       take the password from the first line of this file; without it
                       from SPICE_PASSWORD, or a person is asked
  --log-format FORMAT  text (the default) or json
  --help               print this, and end

It shows nothing: use it beside remote-viewer or a browser. It may reach the server
and those targets, and nothing else. Ctrl+C ends it, and all that it carries.
`;

/** Options without a value, and with one. */
export const connectSwitches = ["yes", "help"];
export const connectWords = ["tunnel", "ca-file", "password-file", "log-format"];

/** Reads the arguments behind `connect`; null: help is wanted. Throws a ConfigError with all that is wrong. */
export function readConnect(args: readonly string[]): ConnectInvocation | null {
  const problems: string[] = [];
  const parsed = parseArgs(args, {
    boolean: connectSwitches,
    string: connectWords,
    collect: ["tunnel"],
    alias: { h: "help" },
    unknown(argument) {
      if (!argument.startsWith("-")) return true;
      const known = [...connectSwitches, ...connectWords].map((word) => `--${word}`);
      const hint = didYouMean(argument.replace(/=[^]*/, ""), known);
      problems.push(`${argument}: connect has no such option${hint}; see connect --help`);
      return false;
    },
  });
  if (parsed.help) return null;
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      problems.push(error instanceof Error ? error.message : `${error}`);
    }
  };
  const word = (name: string): string | null => {
    const value = [parsed[name] ?? []].flat().at(-1);
    if (value === "") problems.push(`--${name} needs a value; see connect --help`);
    return value === undefined ? null : String(value);
  };
  const tunnels: AllowedTunnel[] = [];
  for (const text of [parsed.tunnel ?? []].flat().map(String)) {
    const tunnel = attempt(() => readAllowed(text));
    if (!tunnel) continue;
    if (tunnels.some(({ name }) => name === tunnel.name)) {
      problems.push(`--tunnel ${tunnel.name} stands twice`);
    }
    tunnels.push(tunnel);
  }
  if ([parsed.tunnel ?? []].flat().length === 0) {
    problems.push("connect needs --tunnel printer=printer.lan:9100; see connect --help");
  }
  const [server, ...more] = parsed._.map(String);
  const at = server === undefined ? undefined : attempt(() => readServer(server));
  if (server === undefined) problems.push("connect needs spice://host:port; see connect --help");
  for (const extra of more) problems.push(`${extra}: one server at a time; see connect --help`);
  const logFormat = attempt(() => oneOf("text", "json")(word("log-format") ?? "text"));
  const caFile = word("ca-file"), passwordFile = word("password-file");
  if (caFile !== null && at && !at.tls) {
    problems.push(`--ca-file is for spice+tls://, and ${server} is not inside TLS`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const yes = parsed.yes === true;
  return { ...at!, tunnels, yes, caFile, passwordFile, logFormat: logFormat! };
}

/** `printer=printer.lan:9100` */
function readAllowed(text: string): AllowedTunnel {
  const [, name, place] = /^([^=]*)=([^]*)$/.exec(text) ?? [];
  if (name === undefined || !isTunnelName(name)) {
    throw new RangeError(`--tunnel must be like printer=printer.lan:9100, not "${text}"`);
  }
  try {
    return { name, ...target(place) };
  } catch (error) {
    throw new RangeError(`--tunnel ${name}: ${error instanceof Error ? error.message : error}`);
  }
}

/** `spice://my-host:5930`, `spice+tls://my-host:5931` */
function readServer(text: string): { host: string; port: number; tls: boolean } {
  const [, tls, place] = /^spice(\+tls)?:\/\/([^/]+)\/?$/.exec(text) ?? [];
  const wrong = `the server must be spice://host:port or spice+tls://host:port, not "${text}"`;
  if (place === undefined) throw new RangeError(wrong);
  try {
    const at = socketAddress(place);
    if ("host" in at) return { ...at, tls: tls !== undefined };
  } catch { /* told below */ }
  throw new RangeError(wrong);
}

/** What a person is asked, in words that need no knowledge of SPICE. */
export function consentText(server: string, { name, host, port }: AllowedTunnel): string {
  return `The server ${server} wants to use your network for "${name}":
whoever works with its guest, and programs on it, will be able to reach
    ${address(host, port)}
as if they stood where you are, as often as they like, while this program runs.
Nothing else of your network is open to them. Ctrl+C takes it back.
Allow it? [y/N] `;
}
