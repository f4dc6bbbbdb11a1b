/** The clients, the ticket, and the file that starts one more. */
import * as v from "valibot";
import type { ClientFacts, SpiceDoors } from "../control.ts";
import type { Who } from "../gate.ts";
import { nameOf } from "../../core/link/origin.ts";
import { Refusal } from "../refusal.ts";
import { viewerFile } from "../viewer_file.ts";
import { isLoopback } from "../../core/config/web.ts";
import type { Tickets } from "../../core/link/ticket.ts";
import {
  type Call,
  dateOf,
  type Desk,
  json,
  nothing,
  numberOf,
  type Route,
  withBody,
} from "./route.ts";
import { Ban, Client, NewTicket, OneTimeTicket, Ticket } from "./schemas.ts";

/** A ticket for once is good for so long. */
const ONCE_SECONDS = 60;

export const peopleRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/api/clients",
    summary: "Who is connected, and how it is for them",
    role: "viewer",
    answer: { status: 200, schema: v.array(Client), says: "The clients" },
    run: ({ who }, { control, now }) =>
      json(v.array(Client), control.clients().map((facts) => clientOf(facts, who, now()))),
  },
  {
    method: "delete",
    path: "/api/clients/:client",
    summary: "Disconnect a client; one's own needs no admin",
    role: "viewer",
    answer: { status: 204, says: "It was told to go" },
    refusals: { 404: "There is no such client" },
    run({ params, who, sender }, { control, gate, log, now }) {
      const id = numberOf(params, "client");
      const facts = control.clients().find((client) => client.id === id);
      const own = facts !== undefined && clientOf(facts, who, now()).own;
      if (!own) gate.checkRole(who, "admin");
      if (!control.disconnect(id)) {
        throw new Refusal(404, "not-found", `There is no client ${id}`);
      }
      log.info("console-disconnects", { client: id, user: who?.user, from: sender.address });
      return nothing();
    },
  },
  {
    method: "get",
    path: "/api/bans",
    summary:
      "Addresses from which too many logins failed, and until when nobody gets in from there",
    role: "admin",
    answer: { status: 200, schema: v.array(Ban), says: "The bans that stand" },
    run: (_, desk) =>
      json(
        v.array(Ban),
        desk.control.throttle.bans.list().map(({ address, untilMs }) => ({
          address,
          until: dateOf(untilMs, desk) ?? "",
        })),
      ),
  },
  {
    method: "delete",
    path: "/api/bans/:address",
    summary: "Let an address in again",
    role: "admin",
    answer: { status: 204, says: "It may try again" },
    refusals: { 404: "It is not banned" },
    run({ params, who, sender }, { control, log }) {
      const { address } = params;
      if (!control.throttle.pardon(address)) {
        throw new Refusal(404, "not-found", `${address} is not banned`);
      }
      log.info("console-lifts-ban", { address, user: who?.user, from: sender.address });
      return nothing();
    },
  },
  {
    method: "get",
    path: "/api/ticket",
    summary: "Whether a SPICE password is needed, set, and until when",
    role: "operator",
    answer: { status: 200, schema: Ticket, says: "The ticket, without the password" },
    run: (_, desk) => json(Ticket, ticketOf(desk)),
  },
  withBody({
    method: "put",
    path: "/api/ticket",
    summary: "Set the SPICE password; sessions that stand stay",
    role: "admin",
    body: NewTicket,
    answer: { status: 200, schema: Ticket, says: "It is set" },
    refusals: { 409: "No password is asked for: ticketing is off, or SASL is on" },
    run({ body: { password, lifetime }, who, sender }, desk) {
      const tickets = ticketsOf(desk);
      try {
        tickets.setTicket(password, lifetime);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new Refusal(400, "bad-request", error.message);
      }
      desk.log.info("console-sets-password", { lifetime, user: who?.user, from: sender.address });
      return json(Ticket, ticketOf(desk));
    },
  }),
  {
    method: "delete",
    path: "/api/ticket",
    summary: "Expire the SPICE password and tickets for once: nobody new comes in by them",
    role: "admin",
    answer: { status: 200, schema: Ticket, says: "It is gone" },
    refusals: { 409: "No password is asked for: ticketing is off, or SASL is on" },
    run({ who, sender }, desk) {
      ticketsOf(desk).clear();
      desk.log.info("console-expires-password", { user: who?.user, from: sender.address });
      return json(Ticket, ticketOf(desk));
    },
  },
  {
    method: "post",
    path: "/api/ticket/once",
    summary: `A password that opens one session, once, within ${ONCE_SECONDS} seconds`,
    role: "viewer",
    answer: { status: 200, schema: OneTimeTicket, says: "The ticket; a viewer's only looks" },
    refusals: { 409: "No password is asked for: ticketing is off, or SASL is on" },
    run: async ({ who }, desk) =>
      json(OneTimeTicket, {
        password: await issue(ticketsOf(desk), who),
        expires: dateOf(desk.now() + ONCE_SECONDS * 1000, desk)!,
      }),
  },
  {
    method: "get",
    path: "/api/viewer.vv",
    summary: "A file that starts remote-viewer, with a ticket for once where one is needed",
    role: "viewer",
    answer: { status: 200, type: "application/x-virt-viewer", says: "The file" },
    refusals: { 409: "The SPICE ports cannot be reached from where the caller is" },
    run: vv,
  },
];

async function vv({ who, headers, sender }: Call, desk: Desk): Promise<Response> {
  const { control } = desk;
  const tickets = control.tickets?.required ? control.tickets : null;
  const password = tickets === null ? undefined : await issue(tickets, who);
  const text = viewerFile(reachable(control.spice, headers, sender.local), {
    title: control.guest.name,
    username: control.tickets === null ? who?.user ?? undefined : undefined,
    password,
  });
  return new Response(text, {
    headers: {
      "content-type": "application/x-virt-viewer",
      "content-disposition": 'attachment; filename="console.vv"',
    },
  });
}

/** The doors under the name by which the caller reached this console. */
function reachable(doors: SpiceDoors, headers: Headers, local: boolean): SpiceDoors {
  if (doors.unix !== null) {
    throw new Refusal(409, "unreachable", "SPICE is at a Unix socket, which .vv files cannot name");
  }
  if (isLoopback(doors.host) && !local) {
    throw new Refusal(
      409,
      "unreachable",
      `SPICE listens at ${doors.host}, which only its own machine reaches: say [spice] addr`,
    );
  }
  const anywhere = doors.host === "0.0.0.0" || doors.host === "::";
  const host = anywhere || isLoopback(doors.host) ? nameOf(headers) ?? doors.host : doors.host;
  return { ...doors, host: host.replace(/^\[|\]$/g, "") };
}

function issue(tickets: Tickets, who: Who | null): Promise<string> {
  return tickets.issue(ONCE_SECONDS, {
    identity: who?.user ?? undefined,
    viewOnly: who?.role === "viewer",
  });
}

/** Refusal: no password is asked for. */
function ticketsOf({ control: { tickets } }: Desk): Tickets {
  if (tickets?.required) return tickets;
  const why = tickets === null ? "users of SASL are asked for" : "ticketing is off";
  throw new Refusal(409, "no-ticket", `No password is asked for: ${why}`);
}

function ticketOf(desk: Desk): Ticket {
  const { tickets } = desk.control;
  const until = tickets?.until ?? null;
  return {
    required: tickets?.required ?? false,
    set: until !== null && desk.now() <= until,
    expires: until === null ? null : dateOf(until, desk),
  };
}

function clientOf(facts: ClientFacts, who: Who | null, nowMs: number): Client {
  return {
    id: facts.id,
    user: facts.user,
    role: facts.viewOnly ? "viewer" : "operator",
    address: facts.address,
    transport: facts.transport,
    tls: facts.secure,
    websocket: facts.webSocket,
    connected: (nowMs - facts.connectedMs) / 1000,
    latency: facts.latencyMs === null ? null : facts.latencyMs / 1000,
    bitsPerSecond: facts.bitsPerSecond,
    channels: facts.channels.map((channel) => ({ ...channel })),
    own: facts.login !== null && facts.login === who?.voucher?.login,
  };
}
