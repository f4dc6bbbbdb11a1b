/** `[web]`: the console for browsers. The appliance's own section. */
import { fromBase64, scramSecret } from "./access.ts";
import {
  type ApplianceOptions,
  defaultWeb,
  type TlsOptions,
  type WebOptions,
  type WebRole,
  type WebToken,
  type WebUser,
} from "./options.ts";
import type { Problems } from "./problems.ts";
import { type Given, key, repeatedKey, type Settings } from "./settings.ts";
import { credentialFiles } from "./tls.ts";
import { filled, integer, listed, onOff, port, text } from "./values.ts";

export const webKeys = {
  "enabled": key(onOff),
  "port": key(port),
  "tls-port": key(port),
  "addr": key(filled),
  "unix": key(onOff),
  "path": key(basePath),
  "name": repeatedKey(hostName),
  "user": { ...repeatedKey(text), secret: true },
  "token": { ...repeatedKey(text), secret: true },
  "trusted-proxies": repeatedKey(network),
  "idle-minutes": key(integer(1, 7 * 24 * 60)),
  "session-hours": key(integer(1, 31 * 24)),
  "x509-dir": key(filled),
  "x509-key-file": key(filled),
  "x509-key-password": { read: text, secret: true },
  "x509-cert-file": key(filled),
  "x509-cacert-file": key(filled),
} as const;

type WebSettings = Settings<typeof webKeys>;

/** Where the console is and who may use it; null: there is none. spiceTls: the certificate of `[spice]`. */
export function readWeb(
  web: WebSettings,
  spiceTls: TlsOptions | null,
  readable: (path: string) => boolean,
  problems: Problems,
): WebOptions | null {
  if (web.get("enabled") === false) return null;
  return {
    ...readPlace(web, problems),
    tls: readTls(web, spiceTls, readable, problems),
    required: web.place !== null,
    path: web.get("path") ?? "",
    names: web.all("name").map(({ value }) => value),
    trustedProxies: web.all("trusted-proxies").flatMap(({ value }) => value),
    users: readUsers(web.all("user"), problems),
    tokens: readTokens(web.all("token"), problems),
    idleMinutes: web.get("idle-minutes") ?? defaultWeb.idleMinutes,
    sessionHours: web.get("session-hours") ?? defaultWeb.sessionHours,
  };
}

function readPlace(
  web: WebSettings,
  problems: Problems,
): Pick<WebOptions, "host" | "port" | "tlsPort" | "unix"> {
  const addr = web.get("addr");
  const tlsPort = web.get("tls-port") ?? null;
  const said = web.get("port");
  if (web.get("unix")) {
    if (addr === undefined) {
      const text = `unix needs the socket's path: addr = "/run/console.sock"`;
      problems.error(web.placeOf("unix"), text);
    }
    if (said !== undefined || tlsPort !== null) {
      const which = said !== undefined ? "port" : "tls-port";
      problems.error(web.placeOf(which), `${which} and unix exclude each other; remove one`);
    }
    return { host: defaultWeb.host, port: null, tlsPort: null, unix: addr ?? null };
  }
  if (addr?.startsWith("/")) {
    problems.error(web.placeOf("addr"), `addr is a path; for a Unix socket say unix = "on" too`);
  }
  if (said !== undefined && said !== 0 && said === tlsPort) {
    problems.error(web.placeOf("tls-port"), `port and tls-port are both ${said}; they must differ`);
  }
  const usual = tlsPort === null ? defaultWeb.port : null;
  return { host: addr ?? defaultWeb.host, port: said ?? usual, tlsPort, unix: null };
}

/** The certificate of `tls-port`: the section's own, or that of `[spice]`. */
function readTls(
  web: WebSettings,
  spiceTls: TlsOptions | null,
  readable: (path: string) => boolean,
  problems: Problems,
): TlsOptions | null {
  const own = ["x509-dir", "x509-key-file", "x509-key-password", "x509-cert-file"] as const;
  if (web.get("tls-port") === undefined) {
    web.unused([...own, "x509-cacert-file"], "there is no tls-port", problems);
    return null;
  }
  const said = own.some((name) => web.get(name) !== undefined);
  if (!said && spiceTls !== null) return spiceTls;
  return credentialFiles(web, readable, problems);
}

/** `name:hash` or `name:role:hash`, taken apart; null: it is neither. */
function account(value: string): { name: string; role: WebRole; hash: string } | null {
  const roles = ["viewer", "operator", "admin"] as const;
  const [, name, said, hash] =
    /^([^:]{1,64}):(?:(viewer|operator|admin):)?((?:SCRAM-SHA-256|SHA-256)\$.*)$/.exec(value) ?? [];
  if (name === undefined) return null;
  return { name, hash, role: roles.find((role) => role === said) ?? "operator" };
}

function readUsers(given: readonly Given<string>[], problems: Problems): WebUser[] {
  const users = new Map<string, WebUser>();
  for (const { value, place } of given) {
    const { name, role, hash } = account(value) ?? {};
    const scram = hash === undefined ? null : scramSecret(hash);
    if (name === undefined || role === undefined || scram === null) {
      const who = /^([^:]+):/.exec(value)?.[1] ?? "NAME";
      problems.error(
        place,
        `a user is "name:role:SCRAM-SHA-256$…" with a hashed password and the role ${
          listed(["viewer", "operator", "admin"])
        }; "spice-appliance --hash-password ${who}" asks for the password and prints the line`,
      );
    } else if (users.has(name)) problems.error(place, `user "${name}" stands twice`);
    else users.set(name, { name, role, scram });
  }
  return [...users.values()];
}

function readTokens(given: readonly Given<string>[], problems: Problems): WebToken[] {
  return given.flatMap(({ value, place }) => {
    const { name, role, hash } = account(value) ?? {};
    const [, text] = /^SHA-256\$([^$:]+)$/.exec(hash ?? "") ?? [];
    const sha256 = text === undefined ? null : fromBase64(text);
    if (name !== undefined && role !== undefined && sha256?.length === 32) {
      return { name, role, sha256 };
    }
    problems.error(
      place,
      `a token is "name:role:SHA-256$…", its hash and not itself; ` +
        `"spice-appliance --make-token NAME:viewer" makes one and prints the line`,
    );
    return [];
  });
}

/** What is wrong with a console that others can reach and that asks nobody who they are; null: nothing. */
export function openToStrangers(
  { web, tickets, sasl }: Pick<ApplianceOptions, "web" | "tickets" | "sasl">,
): string | null {
  if (web === null || web.unix !== null || isLoopback(web.host)) return null;
  if (!tickets.disabled || sasl !== null || web.users.length > 0) return null;
  return `[web] at ${web.host} can be reached from other machines, and nobody is asked who they are: ` +
    `add a user = "…" to [web] ("spice-appliance --hash-password NAME" makes the line), set a ` +
    `password in [spice] instead of disable-ticketing, or leave addr = "127.0.0.1"`;
}

/** An address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^(::ffff:)?127(\.\d{1,3}){3}$/i.test(host);
}

/** `/vm1`; "/" and "" mean the root. */
function basePath(value: string): string {
  if (value === "/" || value === "") return "";
  if (/^(\/[\w.~-]+)+\/?$/.test(value) && !/\/\.\.?(\/|$)/.test(value)) {
    return value.replace(/\/$/, "");
  }
  throw new RangeError(`must look like "/vm1", not "${value}"`);
}

function hostName(value: string): string {
  if (/^[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(value)) return value.toLowerCase();
  throw new RangeError(`must be a host's name, as "console.example.org", not "${value}"`);
}

/** Addresses and networks, separated by commas: `10.0.0.0/8, ::1`, or "unix". */
function network(value: string): string[] {
  const all = value.split(",").map((part) => part.trim()).filter((part) => part !== "");
  const right = all.every((part) =>
    part === "unix" || /^(\d{1,3}(\.\d{1,3}){3}|[\da-f]*:[\da-f:.]+)(\/\d{1,3})?$/i.test(part)
  );
  if (all.length > 0 && right) return all;
  throw new RangeError(`must be addresses or networks, as "127.0.0.1, 10.0.0.0/8", not "${value}"`);
}
