/**
 * Who may come in: `[object]` secrets, the appliance's own `[ticket]` and `[sasl]`, and what they make of `[spice]`.
 * Source of truth: qemu crypto/secret_common.c; ui/spice-core.c (password, password-secret); RFC 5802 and 7677 for stored SCRAM keys.
 */
import type { SaslOptions, SaslUser, ScramSecret, TicketOptions } from "./options.ts";
import type { Place, Problems } from "./problems.ts";
import type { SpiceSettings } from "./spice.ts";
import { key, repeatedKey, type Settings } from "./settings.ts";
import { cannot, filled, oneOf, text } from "./values.ts";

/** libspice-server's SPICE_MAX_PASSWORD_LENGTH, in bytes. */
const longestTicket = 60;
const noKeys = "encrypted secrets are not read; protect the file by its mode";

/** `[object "sec0"]` with qom-type = "secret". */
export const secretKeys = {
  "id": key(filled),
  "qom-type": key(oneOf("secret")),
  "data": { read: text, secret: true },
  "file": key(filled),
  "env": key(filled),
  "credential": key(name),
  "format": key(oneOf("raw", "base64")),
  "keyid": key(cannot(noKeys)),
  "iv": key(cannot(noKeys)),
} as const;

/** When the password stops to open new sessions. */
export const ticketKeys = {
  "expires": key(text),
} as const;

/** Who may come in when `sasl = "on"`. */
export const saslKeys = {
  "user": { ...repeatedKey(text), secret: true },
  "file": key(filled),
} as const;

/** Reads a small text file; throws an Error that says why not. */
export type ReadText = (path: string) => string;

/** What secrets need of the world. */
export interface SecretHost {
  readonly readText: ReadText;
  variable(name: string): string | undefined;
}

/** The secret's text. A line end at its end is an editor's and not part of it. */
export function readSecret(
  secret: Settings<typeof secretKeys>,
  host: SecretHost,
  problems: Problems,
): string | undefined {
  const ways = (["data", "file", "env", "credential"] as const).filter((name) =>
    secret.get(name) !== undefined
  );
  if (ways.length !== 1) {
    const all = `file = "…", credential = "…", env = "…" and data = "…"`;
    problems.error(secret.place, `a secret needs one of ${all}`);
    return undefined;
  }
  const raw = rawSecret(secret, host, problems);
  if (raw === undefined || secret.get("format") !== "base64") return raw?.replace(/\r?\n$/, "");
  const decoded = fromBase64(raw.trim());
  if (decoded === null) problems.error(secret.place, `the secret is not base64`);
  return decoded === null ? undefined : new TextDecoder().decode(decoded).replace(/\r?\n$/, "");
}

/** systemd.exec(5): where LoadCredential= and SetCredential= put theirs. */
const CREDENTIALS = "CREDENTIALS_DIRECTORY";

function rawSecret(
  secret: Settings<typeof secretKeys>,
  { readText, variable }: SecretHost,
  problems: Problems,
): string | undefined {
  const [file, env, credential] = [secret.get("file"), secret.get("env"), secret.get("credential")];
  if (file !== undefined) return textOf(file, secret.placeOf("file"), readText, problems);
  if (env !== undefined) {
    const value = variable(env);
    if (value === undefined) {
      problems.error(secret.placeOf("env"), `the environment has no variable ${env}`);
    }
    return value;
  }
  if (credential === undefined) return secret.get("data");
  const folder = variable(CREDENTIALS);
  if (folder !== undefined) {
    const place = secret.placeOf("credential");
    return textOf(`${folder}/${credential}`, place, readText, problems);
  }
  const why = `the environment has no ${CREDENTIALS}: systemd sets it for LoadCredential=`;
  problems.error(secret.placeOf("credential"), `credential = "${credential}": ${why}`);
}

/** A file's name and no path: it stays in the folder of credentials. */
function name(value: string): string {
  if (/^[^/\0]+$/.test(value) && value !== "." && value !== "..") return value;
  throw new RangeError(`a credential has a name without "/", not "${value}"`);
}

/** Ticketing as `[spice]` asks for it. There is no way to leave the door open by forgetting something. */
export function readTickets(
  spice: SpiceSettings,
  ticket: Settings<typeof ticketKeys>,
  secretOf: (id: string, place: Place | null) => string | undefined,
  problems: Problems,
): TicketOptions {
  const disabled = spice.get("disable-ticketing") ?? false;
  const id = spice.get("password-secret");
  const plain = spice.get("password");
  const name = id === undefined ? "password" : "password-secret";
  if (id !== undefined && plain !== undefined) {
    const both = "password and password-secret exclude each other; remove one";
    problems.error(spice.placeOf("password-secret"), both);
  }
  const password = id === undefined ? plain : secretOf(id, spice.placeOf("password-secret"));
  const length = new TextEncoder().encode(password ?? "").length;
  if (length > longestTicket || password?.includes("\0")) {
    const text =
      `${name}: a ticket has at most ${longestTicket} bytes and no NUL, this has ${length}`;
    problems.error(spice.placeOf(name), text);
  }
  if (password === "") problems.error(spice.placeOf(name), `${name}: the password is empty`);
  if (disabled && (id !== undefined || plain !== undefined)) {
    const why = `disable-ticketing = "on" lets everybody in`;
    spice.unused(["password", "password-secret"], why, problems);
  }
  if (!disabled && id === undefined && plain === undefined && !spice.get("sasl")) {
    const ways = `password = "…", password-secret = "…" or disable-ticketing = "on"`;
    problems.error(spice.place, `nobody could come in: [spice] needs ${ways}`);
  }
  return { disabled, password: password ?? null, expires: readExpiry(ticket, problems) };
}

/** QMP's expire_password: "never", "now", "+60" (seconds from now), or seconds since 1970; and a date. */
function readExpiry(
  ticket: Settings<typeof ticketKeys>,
  problems: Problems,
): TicketOptions["expires"] {
  const said = ticket.get("expires") ?? "never";
  if (said === "never") return null;
  if (said === "now") return { seconds: 0 };
  if (/^\+\d{1,9}$/.test(said)) return { seconds: Number(said) };
  if (/^\d{9,11}$/.test(said)) return new Date(Number(said) * 1000);
  const date = /^\d{4}-\d\d-\d\d/.test(said) ? new Date(said) : new Date(NaN);
  if (Number.isNaN(date.getTime())) {
    const forms = `"never", "+3600" (seconds from now) or "2030-01-31T12:00:00Z"`;
    problems.error(ticket.placeOf("expires"), `expires must be ${forms}, not "${said}"`);
  }
  return date;
}

/** The users of `[sasl]`; null: `sasl` is off. */
export function readSasl(
  spice: SpiceSettings,
  sasl: Settings<typeof saslKeys>,
  readText: ReadText,
  problems: Problems,
): SaslOptions | null {
  if (!spice.get("sasl")) {
    sasl.unused(["user", "file"], `[spice] has no sasl = "on"`, problems);
    return null;
  }
  const place = spice.placeOf("sasl");
  if (!spice.get("tls-port") && !spice.get("unix")) {
    problems.error(place, `sasl = "on" needs tls-port = "5931": passwords go only inside TLS`);
  }
  if (spice.get("disable-ticketing")) {
    problems.error(
      place,
      `sasl = "on" and disable-ticketing = "on" exclude each other; remove one`,
    );
  }
  const why = `sasl = "on" asks for users instead of a ticket`;
  spice.unused(["password", "password-secret"], why, problems);
  const lines = sasl.all("user").map(({ value, place }) => ({ value, place }));
  const file = sasl.get("file");
  if (file !== undefined) {
    const content = textOf(file, sasl.placeOf("file"), readText, problems) ?? "";
    content.split(/\r?\n/).forEach((value, index) => {
      const place = { source: file, line: index + 1 };
      if (value.trim() !== "" && !value.startsWith("#")) lines.push({ value, place });
    });
  }
  const users = new Map<string, SaslUser>();
  for (const { value, place } of lines) {
    const user = readUser(value);
    if (user === null) {
      const forms = "name:password or name:SCRAM-SHA-256$4096:salt$StoredKey:ServerKey";
      problems.error(place, `a user is ${forms}`);
    } else if (users.has(user.name)) {
      problems.error(place, `user "${user.name}" stands twice`);
    } else users.set(user.name, user);
  }
  if (users.size === 0) {
    problems.error(place, `sasl = "on" needs users: [sasl] with user = "name:password"`);
  }
  return { users: [...users.values()] };
}

/** `name:password`, or behind the colon what PostgreSQL and others keep: RFC 5803's fields in base64. */
function readUser(value: string): SaslUser | null {
  const colon = value.indexOf(":");
  if (colon < 1 || colon === value.length - 1) return null;
  const [name, secret] = [value.slice(0, colon), value.slice(colon + 1)];
  if (!secret.startsWith("SCRAM-SHA-256$")) return { name, secret: { password: secret } };
  const scram = scramSecret(secret);
  return scram && { name, secret: { scram } };
}

/** RFC 5803's fields in base64, as `--hash-password` prints them; null: they are not. */
export function scramSecret(hash: string): ScramSecret | null {
  const [, rounds, ...parts] =
    /^SCRAM-SHA-256\$(\d{4,8}):([^$:]+)\$([^$:]+):([^$:]+)$/.exec(hash) ?? [];
  const [salt, storedKey, serverKey] = parts.map(fromBase64);
  const iterations = Number(rounds);
  if (!salt || storedKey?.length !== 32 || serverKey?.length !== 32 || iterations < 4096) {
    return null;
  }
  return { iterations, salt, storedKey, serverKey };
}

function textOf(
  path: string,
  place: Place | null,
  readText: ReadText,
  problems: Problems,
): string | undefined {
  try {
    return readText(path);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    problems.error(place, error.message);
    return undefined;
  }
}

/** null: that is not base64. */
export function fromBase64(value: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
