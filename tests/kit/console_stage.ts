/** The console's routes without sockets: requests in, answers out, with a clock of its own. */
import { defaultWeb, type SaslOptions, type WebOptions } from "../../core/config/options.ts";
import { scramKeys } from "../../core/link/scram.ts";
import { Accounts } from "../../web/accounts.ts";
import { createWeb, type Incoming, type WebFile } from "../../web/app.ts";
import { webFile } from "../../web/serve.ts";
import type { Voucher } from "../../web/control.ts";
import { Gate } from "../../web/gate.ts";
import { Logins } from "../../web/logins.ts";
import type { Sender } from "../../web/remote.ts";
import { fakeControl, type FakeControlOptions } from "./fake_control.ts";
import { FakeLog } from "./linked.ts";

const page = new TextEncoder().encode("<p>page");
const script = new TextEncoder().encode("export const chunk = 1;");
export const stageFiles: ReadonlyMap<string, WebFile> = new Map([
  ["/", { type: "text/html; charset=utf-8", bytes: page }],
  ["/console/chunk-4QKKQHTR.js", webFile("text/javascript; charset=utf-8", script)],
]);

export const HERE = "here.example:1";

export interface StageOptions {
  readonly web?: Partial<WebOptions>;
  readonly sasl?: SaslOptions;
  readonly control?: FakeControlOptions;
  readonly sender?: Partial<Sender>;
  readonly tlsPort?: number;
}

/** A user whose password is "sesame". */
export async function user(name: string, role: "viewer" | "operator" | "admin") {
  return { name, role, scram: await scramKeys("sesame", new Uint8Array(16), 4096) };
}

export class ConsoleStage {
  nowMs = 1000;
  readonly log = new FakeLog();
  readonly control;
  readonly logins: Logins;
  readonly accounts: Accounts;
  readonly app;
  /** WebSockets that were opened. */
  readonly opened: (Voucher | null)[] = [];
  readonly sender: Sender;
  /** What this browser keeps. */
  cookie: string | null = null;
  csrf: string | null = null;
  slept = 0;

  constructor({ web: more, sasl, control, sender, tlsPort }: StageOptions = {}) {
    const now = () => this.nowMs;
    const web = { ...defaultWeb, names: ["here.example"], ...more };
    this.control = fakeControl({ now, ...control });
    this.logins = new Logins({
      now,
      idleMs: web.idleMinutes * 60_000,
      longestMs: web.sessionHours * 3_600_000,
      onEnd: ({ id }) => this.control.disconnectLogin(id),
    });
    const { tickets, throttle: { hashes } } = this.control;
    const accounts = this.accounts = new Accounts({
      ...web,
      sasl: sasl ?? null,
      ticket: tickets,
      hashes,
    });
    const cookie = "spice-5980";
    this.app = createWeb({
      files: stageFiles,
      control: this.control,
      accounts,
      logins: this.logins,
      gate: new Gate({ web, accounts, logins: this.logins, cookie }),
      log: this.log,
      base: `${web.path}/`,
      cookie,
      now,
      sleep: (ms) => {
        this.slept += ms;
        this.nowMs += ms;
        return Promise.resolve();
      },
      startedMs: 0,
      metrics: () => [],
      tlsPort: () => tlsPort ?? null,
    });
    this.sender = {
      address: "127.0.0.1",
      secure: false,
      local: true,
      private: true,
      spice: false,
      ...sender,
    };
  }

  /** One request as this browser sends it. */
  async ask(
    method: string,
    path: string,
    { headers = {}, body, upgrade = false, sender }: {
      headers?: Record<string, string>;
      body?: unknown;
      upgrade?: boolean;
      sender?: Partial<Sender>;
    } = {},
  ): Promise<Response> {
    const all = new Headers({ host: HERE });
    if (this.cookie !== null) all.set("cookie", this.cookie);
    if (this.csrf !== null) all.set("x-csrf-token", this.csrf);
    if (body !== undefined) all.set("content-type", "application/json");
    if (method !== "GET") all.set("origin", `http://${HERE}`);
    for (const [name, value] of Object.entries(headers)) all.set(name, value);
    const incoming: Incoming = {
      sender: { ...this.sender, ...sender },
      ...upgrade && {
        upgrade: (voucher: Voucher | null) => {
          this.opened.push(voucher);
          return new Response("open");
        },
      },
    };
    const init = {
      method,
      headers: all,
      body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    };
    return await this.app.request(`http://${HERE}${path}`, init, incoming);
  }

  /** Logs in and keeps the cookie, as a page does. */
  async login(body: { user?: string; password: string }): Promise<Response> {
    const response = await this.ask("POST", "/api/session", { body });
    if (response.ok) {
      this.cookie = response.headers.get("set-cookie")!.split(";")[0];
      this.csrf = (await response.clone().json()).csrf;
    }
    return response;
  }
}
