/** One line of the API's table: what is asked, who may, what comes back. */
import type * as v from "valibot";
import type { Control } from "../control.ts";
import type { Accounts } from "../accounts.ts";
import type { Gate, Who } from "../gate.ts";
import type { Logins } from "../logins.ts";
import type { Log } from "../../core/log.ts";
import type { Metric } from "../../core/metrics.ts";
import { Refusal } from "../refusal.ts";
import type { Sender } from "../remote.ts";
import type { Role } from "./schemas.ts";

/** What answers are made of. */
export interface Desk {
  readonly control: Control;
  readonly accounts: Accounts;
  readonly logins: Logins;
  readonly gate: Gate;
  readonly log: Log;
  /** The path of the page, with a slash at the end. */
  readonly base: string;
  readonly cookie: string;
  readonly now: () => number;
  /** Waits, for slowed logins. */
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Of the process and of the console. */
  readonly metrics: () => readonly Metric[];
  readonly startedMs: number;
}

/** One request. */
export interface Call<B = unknown> {
  readonly who: Who | null;
  readonly sender: Sender;
  readonly headers: Headers;
  /** What stands for `:name` in the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: B;
}

export type Method = "get" | "post" | "put" | "delete";

/** One operation. */
export interface Route {
  readonly method: Method;
  /** `/api/clients/:client` */
  readonly path: string;
  readonly summary: string;
  /** anyone: without a login. */
  readonly role: Role | "anyone";
  readonly body?: v.GenericSchema;
  readonly query?: Readonly<Record<string, string>>;
  readonly answer: Answer;
  /** Other statuses that this operation has, beside those that all have. */
  readonly refusals?: Readonly<Record<number, string>>;
  run(call: Call<never>, desk: Desk): Promise<Response> | Response;
}

export interface Answer {
  readonly status: 200 | 204;
  /** `application/json` if not said; none with 204. */
  readonly type?: string;
  readonly schema?: v.GenericSchema;
  readonly says: string;
}

/** A route with a body: its schema says what `run` gets. */
export function withBody<S extends v.GenericSchema>(
  route: Omit<Route, "run" | "body"> & {
    readonly body: S;
    run(call: Call<v.InferOutput<S>>, desk: Desk): Promise<Response> | Response;
  },
): Route {
  return route as Route;
}

/** JSON of this shape. */
export function json<S extends v.GenericSchema>(
  _: S,
  value: v.InferOutput<S>,
  headers?: Record<string, string>,
): Response {
  return Response.json(value, { headers });
}

export const nothing = () => new Response(null, { status: 204 });

/** The number behind `:name`. Refusal: it is none. */
export function numberOf(params: Readonly<Record<string, string>>, name: string): number {
  const said = params[name];
  if (/^\d{1,10}$/.test(said)) return Number(said);
  throw new Refusal(404, "not-found", `There is no ${name} "${said.slice(0, 40)}"`);
}

/** Milliseconds of the clock as a date. */
export function dateOf(ms: number, { now }: Pick<Desk, "now">): string | null {
  if (!Number.isFinite(ms)) return null;
  const date = new Date(Date.now() + ms - now());
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
