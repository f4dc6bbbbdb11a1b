/// <reference lib="dom" />
/** The console's JSON API as the page asks it. Source of truth: web/api/schemas.ts. */
import type { Client, Guest, Login, Port, Power, Session, Tunnel } from "../api/schemas.ts";

/** What the server answered instead: a sentence for people. */
export class Refused extends Error {
  override name = "Refused";
  constructor(message: string, readonly status: number) {
    super(message);
  }
}

/** So long an answer may take. */
const ANSWER_MS = 15_000;

export class Api {
  readonly #answerMs: number;
  /** Who this page is; null: the server has no API, or was not asked yet. */
  session: Session | null = null;

  constructor(answerMs = ANSWER_MS) {
    this.#answerMs = answerMs;
  }

  /** Asks who this page is. Rejects with a TypeError when the server cannot be reached, or does not answer. */
  async hello(): Promise<Session | null> {
    const answer = await this.#fetch("session", { headers: { accept: "application/json" } });
    if (answer.status === 404) return this.session = null;
    return this.session = await read<Session>(answer);
  }

  /** Refused: with why. */
  async login(login: Login): Promise<Session> {
    return this.session = await this.#ask<Session>("POST", "session", login);
  }

  async logout(): Promise<void> {
    await this.#ask("DELETE", "session");
    this.session = null;
  }

  clients(): Promise<Client[]> {
    return this.#ask<Client[]>("GET", "clients");
  }

  tunnels(): Promise<Tunnel[]> {
    return this.#ask<Tunnel[]>("GET", "tunnels");
  }

  ports(): Promise<Port[]> {
    return this.#ask<Port[]>("GET", "ports");
  }

  async disconnect(id: number): Promise<void> {
    await this.#ask("DELETE", `clients/${id}`);
  }

  async guest(): Promise<Guest | undefined> {
    return (await this.#ask<Guest[]>("GET", "guests"))[0];
  }

  async power(action: Power["action"]): Promise<void> {
    await this.#ask("POST", "guests/0/power", { action });
  }

  /** The person may do what this role may. */
  may(role: "operator" | "admin"): boolean {
    const own = this.session?.role;
    return own === "admin" || own === role || this.session?.login === "open";
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (method !== "GET" && this.session?.csrf) headers["x-csrf-token"] = this.session.csrf;
    if (body !== undefined) headers["content-type"] = "application/json";
    const answer = await this.#fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return await read<T>(answer);
  }

  /** The body, too, has to come in time. */
  async #fetch(path: string, what: RequestInit): Promise<Response> {
    const signal = AbortSignal.timeout(this.#answerMs);
    try {
      return await fetch(`api/${path}`, { ...what, signal });
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new TypeError(`The server has not answered within ${this.#answerMs / 1000} s`);
    }
  }
}

async function read<T>(answer: Response): Promise<T> {
  if (answer.status === 204) return undefined as T;
  if (answer.ok) return await answer.json();
  let message = `The server answered ${answer.status}`;
  try {
    message = (await answer.json()).message ?? message;
  } catch { /* a proxy between may answer in other words */ }
  const after = Number(answer.headers.get("retry-after"));
  if (answer.status === 429 && after > 0) message += `. Try again in ${after} s.`;
  throw new Refused(message, answer.status);
}
