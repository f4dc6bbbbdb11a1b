import { assertEquals } from "@std/assert";
import { type Api, Refused } from "../../../../web/console/api.ts";
import type { Card } from "../../../../web/console/card.ts";
import { Entry } from "../../../../web/console/entry.ts";

/** The page's entry, at a server that answers its hello so: with a session, or an error. */
function stage(answer: { now: unknown }) {
  const said: string[] = [];
  const api = {
    session: null as unknown,
    hello() {
      if (answer.now instanceof Error) return Promise.reject(answer.now);
      return Promise.resolve(api.session = answer.now);
    },
  };
  const card = {
    show: (state: string, why: string) => said.push(`${state}: ${why}`),
    ask: (ways: string[]) => said.push(`ask: ${ways}`),
  };
  const host = { enter: () => said.push("enter"), known: () => {} };
  const entry = new Entry(api as unknown as Api, card as unknown as Card, host);
  return { entry, take: () => said.splice(0) };
}

const open = { login: "open", ways: [] };

Deno.test("who is refused is told why, and comes in when the reason is gone", async () => {
  const answer: { now: unknown } = { now: new Refused("This console answers to addresses", 421) };
  const { entry, take } = stage(answer);
  await entry.open();
  assertEquals(take(), ["connecting: ", "failed: This console answers to addresses"]);
  assertEquals(entry.asking, true, "what the connection says does not hide it");
  answer.now = open;
  await entry.open();
  assertEquals([take(), entry.asking], [["connecting: ", "enter"], false]);
});

Deno.test("a server that is not there, or ails, is tried by the connection", async () => {
  const answer: { now: unknown } = { now: new TypeError("no network") };
  const { entry, take } = stage(answer);
  const busy = new Refused("Too Many Requests", 429);
  for (const error of [answer.now, busy, new Refused("Bad Gateway", 502)]) {
    answer.now = error;
    await entry.open();
    assertEquals([take(), entry.asking], [["connecting: ", "enter"], false]);
  }
  answer.now = open;
  await entry.open();
  for (const passing of [busy, new Refused("Bad Gateway", 502)]) {
    answer.now = passing;
    assertEquals(await entry.lost(), false);
  }
  answer.now = new Refused("Log in at the proxy", 401);
  assertEquals(await entry.lost(), true);
});
