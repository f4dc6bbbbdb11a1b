/** Who sent a request, and whether they may. */
import type { WebOptions, WebRole } from "../core/config/options.ts";
import { isKnownHost } from "../core/link/origin.ts";
import type { Account, Accounts } from "./accounts.ts";
import type { Voucher } from "./control.ts";
import { type Login, type Logins, sameText } from "./logins.ts";
import { isOurs } from "./origin.ts";
import type { Sender } from "./remote.ts";
import { Refusal } from "./refusal.ts";

/** Somebody who may at least look. */
export interface Who extends Account {
  /** What a page shows of it; null: a token, or nobody had to log in. */
  readonly login: Login | null;
  /** Whom their WebSockets belong to; null: SPICE's own rules hold. */
  readonly voucher: Voucher | null;
}

/** What the sessions belong to that a token opened. */
export const tokenLogin = (name: string | null): string => `token ${name}`;

export interface GateOptions {
  readonly web: Pick<WebOptions, "names">;
  readonly accounts: Accounts;
  readonly logins: Logins;
  /** The cookie's name. */
  readonly cookie: string;
}

const RANK: Readonly<Record<WebRole, number>> = { viewer: 0, operator: 1, admin: 2 };

export class Gate {
  readonly #o: GateOptions;

  constructor(options: GateOptions) {
    this.#o = options;
  }

  /** Nobody has to log in. */
  get open(): boolean {
    return this.#o.accounts.ways.length === 0;
  }

  /** Refusal: the request is for somebody else's name, and nobody is asked who they are. */
  checkHost(headers: Headers): void {
    if (isKnownHost(headers, this.#o.web.names)) return;
    throw new Refusal(
      421,
      "unknown-host",
      `This console opens without a login, and then it answers only to addresses, localhost and ` +
        `the names that [web] lists: name = "${headers.get("host")?.replace(/:\d+$/, "") ?? ""}"`,
    );
  }

  /** Refusal: a page of another origin sent it. */
  checkOrigin(headers: Headers, { secure }: Sender): void {
    if (isOurs(headers, secure)) return;
    throw new Refusal(403, "wrong-origin", "Pages of other origins may not do this");
  }

  /** Who sent it; null: they have to log in. Refusal: a token that is none of ours. */
  whoIs(headers: Headers, sender: Sender): Who | null {
    const { accounts, logins, cookie } = this.#o;
    const said = headers.get("authorization");
    // SPEC: other schemes are a proxy's, whose logins browsers show to what is behind it, too
    if (said !== null && /^Bearer\b/i.test(said)) {
      const [, token] = /^Bearer +([\w.~+/=-]{1,200})$/i.exec(said) ?? [];
      const account = token === undefined ? null : accounts.token(token);
      if (account === null) throw new Refusal(401, "wrong-token", "There is no such token");
      return { ...account, login: null, voucher: voucher(account, tokenLogin(account.user)) };
    }
    const value = cookieOf(headers, cookie);
    const login = value === null ? null : logins.find(value);
    if (login !== null) return { ...login, login, voucher: voucher(login, login.id) };
    if (!this.open) return null;
    // who is not on this machine got in by SPICE's rules, and may do what SPICE can
    const role = sender.local ? "admin" : "operator";
    return { user: null, role, login: null, voucher: null };
  }

  /** Refusal: nobody logged in, or they may not. */
  checkRole(who: Who | null, role: WebRole): Who {
    if (who === null) throw new Refusal(401, "login-needed", "Log in first");
    if (RANK[who.role] >= RANK[role]) return who;
    throw new Refusal(403, "not-allowed", `This is for ${role}s, and you are ${who.role} here`);
  }

  /** Refusal: a change without the token that pages of this login have. */
  checkChange(who: Who | null, headers: Headers): void {
    if (who === null || who.login === null) return;
    if (sameText(headers.get("x-csrf-token") ?? "", who.login.csrf)) return;
    throw new Refusal(403, "csrf", "Send the login's csrf as x-csrf-token");
  }
}

function voucher({ user, role }: Account, login: string): Voucher {
  return { identity: user ?? undefined, login, viewOnly: role === "viewer" };
}

/** The value of a cookie; null: it was not sent. */
function cookieOf(headers: Headers, name: string): string | null {
  const pairs = headers.get("cookie")?.split(";").map((pair) => pair.trim()) ?? [];
  const found = pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
  return found !== undefined && /^[\w-]{1,100}$/.test(found) ? found : null;
}
