/**
 * The shapes of the JSON API: what is sent, what comes back. The page, the OpenAPI document and the
 * tests read them here. Times are seconds, dates are ISO 8601 in UTC.
 *
 * How a page gets in:
 * 1. `GET api/session` says whether a login is needed (`login`), and what can be given (`ways`).
 * 2. `POST api/session` with `{ password }` (the SPICE password) or `{ user, password }` answers the
 *    same shape and sets the cookie. 401: wrong. 403: passwords go only inside TLS or on this
 *    machine. 429: too many wrong ones, `Retry-After` says when.
 * 3. Every POST, PUT and DELETE sends the header `x-csrf-token: <csrf>` (when `csrf` is not null)
 *    and, where it has a body, `content-type: application/json`.
 * 4. The WebSocket `spice` takes the cookie; SPICE's own ticket is then not looked at: give an empty
 *    password. A handshake that fails tells a page nothing: ask `GET api/session` again.
 * 5. `DELETE api/session` logs out, and closes the WebSockets of this login.
 */
import * as v from "valibot";

/** viewer: looks. operator: types, points, presses the power button. admin: tickets, other people's sessions. */
export const Role = v.picklist(["viewer", "operator", "admin"]);
export type Role = v.InferOutput<typeof Role>;

const seconds = v.pipe(v.number(), v.minValue(0));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

/** Any answer from 400 on. */
export const Problem = v.object({
  /** A word for programs: `wrong-credentials`. */
  error: v.string(),
  /** A sentence for people. */
  message: v.string(),
});

export const Session = v.object({
  /** open: nobody has to log in. needed: log in first. done: this is who you are. */
  login: v.picklist(["open", "needed", "done"]),
  /** What a login can be made with: the SPICE password, or a user's name and password. */
  ways: v.array(v.picklist(["ticket", "user"])),
  /** null: nobody in particular. */
  user: v.nullable(v.string()),
  role: v.nullable(Role),
  /** To be sent as `x-csrf-token` with every POST, PUT and DELETE; null: not needed. */
  csrf: v.nullable(v.string()),
  /** When the login ends, whatever happens; null: it does not. */
  until: v.nullable(v.string()),
});
export type Session = v.InferOutput<typeof Session>;

export const Login = v.object({
  /** Absent: the password is the guest's SPICE password. */
  user: v.optional(name),
  password: v.pipe(v.string(), v.maxLength(1024)),
});
export type Login = v.InferOutput<typeof Login>;

export const Guest = v.object({
  id: count,
  name: v.string(),
  /** `550e8400-e29b-41d4-a716-446655440000`; null: it has none. */
  uuid: v.nullable(v.string()),
  /** demo, replay, … */
  driver: v.string(),
  state: v.picklist(["off", "starting", "running", "paused", "ended"]),
  /** Whether `POST api/guests/0/power` does anything. */
  controllable: v.boolean(),
});
export type Guest = v.InferOutput<typeof Guest>;

export const Status = v.object({
  version: v.string(),
  uptime: seconds,
  guest: Guest,
  clients: count,
  displays: count,
  /** Where SPICE clients connect: `spice://127.0.0.1:5930`. */
  addresses: v.array(v.string()),
});
export type Status = v.InferOutput<typeof Status>;

/** One display of the guest, and the heads that it shows. */
export const Display = v.object({
  display: count,
  /** Of the whole picture; null: it shows nothing. */
  size: v.nullable(v.object({ width: count, height: count })),
  heads: v.array(v.object({ id: count, x: count, y: count, width: count, height: count })),
  /** Where its picture is, relative to the API: `displays/0/screenshot.png`. */
  screenshot: v.string(),
});
export type Display = v.InferOutput<typeof Display>;

export const Client = v.object({
  id: count,
  /** Who logged in; null: by ticket, or without. */
  user: v.nullable(v.string()),
  role: Role,
  address: v.string(),
  /** tcp, unix; tls and websocket say what is around it. */
  transport: v.string(),
  tls: v.boolean(),
  websocket: v.boolean(),
  connected: seconds,
  /** Shortest round trip of late; null: not measured. */
  latency: v.nullable(seconds),
  /** As the net test found; null: not measured. */
  bitsPerSecond: v.nullable(v.number()),
  channels: v.array(v.object({
    /** main, display, inputs, cursor, … */
    type: v.string(),
    id: count,
    sentBytes: count,
    receivedBytes: count,
  })),
  /** It is the caller's own login that brought this client. */
  own: v.boolean(),
});
export type Client = v.InferOutput<typeof Client>;

export const Port = v.object({
  name: v.string(),
  /** agent, webdav, port, usbredir, smartcard; usb-listener: where USB devices come without SPICE; sound: an [audiodev]. */
  kind: v.string(),
  /** Its socket is open: the machine is there. A listener's always is. */
  open: v.boolean(),
  /** A client has it, or devices have come. */
  used: v.boolean(),
  /** Where a listener's devices have come from. */
  from: v.array(v.string()),
});
export type Port = v.InferOutput<typeof Port>;

export const Tunnel = v.object({
  name: v.string(),
  /** Where it listens at the server. */
  listen: v.string(),
  /** What it reaches in the network of the client that carries it. */
  target: v.string(),
  /** idle: no client has agreed to carry it. carried: `client` does. */
  state: v.picklist(["idle", "carried"]),
  client: v.nullable(count),
  /** Connections now, since the start, and those that came while nobody could carry them. */
  open: count,
  opened: count,
  refused: count,
  /** Into the client's network, and out of it. */
  sentBytes: count,
  receivedBytes: count,
  /** Why the latest connection that failed did: refused, unreachable, timeout, reset, …; null: none has. */
  failure: v.nullable(v.string()),
});
export type Tunnel = v.InferOutput<typeof Tunnel>;

/** An address from which nobody gets in for a time: too many logins failed. */
export const Ban = v.object({ address: v.string(), until: v.string() });
export type Ban = v.InferOutput<typeof Ban>;

export const Ticket = v.object({
  /** false: everybody may come in, or users are asked for instead. */
  required: v.boolean(),
  set: v.boolean(),
  /** When it stops to open sessions; null: never, or there is none. */
  expires: v.nullable(v.string()),
});
export type Ticket = v.InferOutput<typeof Ticket>;

export const NewTicket = v.object({
  /** At most 60 bytes of UTF-8. */
  password: v.pipe(v.string(), v.minLength(1), v.maxLength(60)),
  /** Seconds from now; absent: it does not end. */
  lifetime: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(10 * 365 * 86400))),
});
export type NewTicket = v.InferOutput<typeof NewTicket>;

/** A password that opens one session, once. */
export const OneTimeTicket = v.object({ password: v.string(), expires: v.string() });
export type OneTimeTicket = v.InferOutput<typeof OneTimeTicket>;

export const Power = v.object({ action: v.picklist(["power-down", "reset"]) });
export type Power = v.InferOutput<typeof Power>;
