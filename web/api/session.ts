/** Logging in and out. */
import type { Account } from "../accounts.ts";
import { Refusal } from "../refusal.ts";
import type { Sender } from "../remote.ts";
import type { Who } from "../gate.ts";
import { dateOf, type Desk, json, nothing, type Route, withBody } from "./route.ts";
import { Login, Session } from "./schemas.ts";

/** A slot that is further away is not waited for. */
const PATIENCE_MS = 4000;
/** What is said to who has to come again; the longest pause of an address. */
const RETRY_SECONDS = "30";

export const sessionRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/api/session",
    summary: "Who the caller is, and whether and how to log in",
    role: "anyone",
    answer: { status: 200, schema: Session, says: "The caller's session" },
    run: ({ who }, desk) => json(Session, sessionOf(who, desk)),
  },
  withBody({
    method: "post",
    path: "/api/session",
    summary: "Log in: with the SPICE password, or as a user",
    role: "anyone",
    body: Login,
    answer: { status: 200, schema: Session, says: "Logged in; the cookie is set" },
    refusals: {
      401: "Wrong user or password",
      403: "The way here is not private: passwords go only inside TLS",
      409: "Nobody has to log in here",
      429: "Too many attempts; Retry-After says when",
    },
    async run({ body, sender, who }, desk) {
      const account = await logIn(body, sender, desk);
      // what the cookie stood for before is not kept beside it
      if (who?.login) desk.logins.close(who.login);
      const { cookie, login } = desk.logins.open(account.user, account.role);
      const { user, role } = account;
      desk.log.info("console-login", { from: sender.address, user, role, login: login.id });
      const now: Who = { ...account, login, voucher: null };
      const flags = `; HttpOnly; SameSite=Strict${sender.secure ? "; Secure" : ""}`;
      return json(Session, sessionOf(now, desk), {
        "set-cookie": `${desk.cookie}=${cookie}; Path=${desk.base}${flags}`,
      });
    },
  }),
  {
    method: "delete",
    path: "/api/session",
    summary: "Log out; WebSockets of this login are closed",
    role: "anyone",
    answer: { status: 204, says: "Logged out" },
    run({ who, sender }, { logins, log, cookie, base }) {
      if (who?.login) {
        logins.close(who.login);
        log.info("console-logout", { from: sender.address, user: who.user, login: who.login.id });
      }
      const response = nothing();
      response.headers.set(
        "set-cookie",
        `${cookie}=; Path=${base}; Max-Age=0; HttpOnly; SameSite=Strict`,
      );
      return response;
    },
  },
];

function sessionOf(who: Who | null, desk: Desk): Session {
  return {
    login: who === null ? "needed" : desk.gate.open ? "open" : "done",
    ways: desk.accounts.ways,
    user: who?.user ?? null,
    role: who?.role ?? null,
    csrf: who?.login?.csrf ?? null,
    until: who?.login ? dateOf(who.login.untilMs, desk) : null,
  };
}

async function logIn(
  { user, password }: Login,
  sender: Sender,
  { accounts, gate, control: { throttle }, log, sleep }: Desk,
): Promise<Account> {
  if (gate.open) throw new Refusal(409, "open", "Nobody has to log in here");
  if (!sender.private) {
    throw new Refusal(
      403,
      "not-private",
      "This connection is not encrypted, and passwords go only inside TLS: give [web] a tls-port, " +
        "or name the proxy that it came through in [web] trusted-proxies",
    );
  }
  const busy = () =>
    new Refusal(429, "too-many", "Too many attempts; wait a little", {
      "retry-after": RETRY_SECONDS,
    });
  using attempt = accounts.begin(sender.address);
  if (attempt === null) throw busy();
  const wait = throttle.admit(sender.address);
  if (wait > PATIENCE_MS) throw busy();
  if (wait > 0) await sleep(wait);
  const account = await accounts.check(user, password);
  if (account === "busy") throw busy();
  if (account === null) {
    throttle.failed(sender.address, user);
    log.warn("console-login-failed", { from: sender.address, user });
    const what = user === undefined ? "password" : "user or password";
    throw new Refusal(401, "wrong-credentials", `Wrong ${what}`);
  }
  throttle.succeeded(sender.address, user);
  return account;
}
