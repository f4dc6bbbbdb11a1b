import { assertEquals } from "@std/assert";
import {
  type ApplianceOptions,
  defaultOptions,
  defaultWeb,
  type X11Guest,
} from "../../../../core/config/options.ts";
import { changesOf, takenOver } from "../../../../core/config/reload.ts";

const ticket = { disabled: false, password: "sesame", expires: null };
const running: ApplianceOptions = { ...defaultOptions, tickets: ticket, web: defaultWeb };
const listen = { ...running.listen, host: "127.0.0.1", port: 5930, tlsPort: null };
const tls = { certFile: "cert", keyFile: "key", keyPassword: null, caFile: null };
const secure: Partial<ApplianceOptions> = {
  listen: { ...listen, host: "0.0.0.0", tlsPort: 5931 },
  tls,
  channelSecurity: { default: "secure", channels: {} },
};
const plain: Partial<ApplianceOptions> = {
  listen,
  tls: null,
  channelSecurity: { default: "any", channels: {} },
};

/** What becomes of a running configuration; what waits is as it was before. */
function reload(old: Partial<ApplianceOptions>, changes: Partial<ApplianceOptions>) {
  const was = { ...running, ...old }, next = structuredClone({ ...was, ...changes });
  const { now, later } = changesOf(was, next);
  const taken = takenOver(was, next);
  for (const name of now) assertEquals(taken[name], next[name], name);
  for (const name of later) assertEquals(taken[name], was[name], name);
  assertEquals(Object.keys(taken).toSorted(), Object.keys(was).toSorted());
  return { now, later };
}

Deno.test("who comes in, limits, the log and what must be inside TLS change while it runs", () => {
  const changes = {
    tickets: { ...ticket, password: "another" },
    channelSecurity: { default: "secure", channels: {} },
    limits: { ...defaultOptions.limits, clients: 3 },
    log: { ...defaultOptions.log, level: "debug" },
  } as const;
  assertEquals(reload({}, changes).now.toSorted(), Object.keys(changes).toSorted());
  const sasl = (password: string) => ({ users: [{ name: "ann", secret: { password } }] });
  assertEquals(reload({ sasl: sasl("a") }, { sasl: sasl("b") }), { now: ["sasl"], later: [] });
});

Deno.test("a secret that comes from elsewhere than a variable asks for no restart of the guest", () => {
  const identity = { name: null, uuid: null, folder: "", number: 0 };
  const screen = { display: null, xauthority: null, width: 1024, height: 768 };
  const x11: X11Guest = { driver: "x11", command: null, ...identity, ...screen };
  const changes = { guest: { ...x11, withheld: [] }, tickets: { ...ticket, password: "another" } };
  const { now, later } = reload({ guest: { ...x11, withheld: ["PW"] } }, changes);
  assertEquals([now, later], [["tickets"], []]);
  assertEquals(reload({ guest: x11 }, { guest: { ...x11, width: 800 } }).later, ["guest"]);
});

Deno.test("what must be inside TLS waits with the ports that it is said of", () => {
  const all = ["channelSecurity", "listen", "tls"];
  for (const [old, next] of [[secure, plain], [plain, secure]]) {
    const { now, later } = reload(old, next);
    assertEquals([now, later.toSorted()], [[], all]);
  }
  const [, ...two] = all;
  assertEquals(reload(secure, { channelSecurity: plain.channelSecurity }).later, []);
  assertEquals(reload(secure, { listen, tls: null }).later.toSorted(), two);
});

Deno.test("tickets are not dropped at an address that is left with the next start", () => {
  const open = { ...ticket, disabled: true, password: null };
  const { now, later } = reload(secure, { listen, tickets: open });
  assertEquals([now, later.toSorted()], [[], ["listen", "tickets"]]);
  assertEquals(reload(secure, { tickets: open }).now, ["tickets"]);
  assertEquals(reload(secure, { listen, tickets: { ...ticket, password: "new" } }).now, [
    "tickets",
  ]);
});

Deno.test("the console's users change while it runs, and whether SASL asks does not", () => {
  const users = [{ name: "ann", role: "viewer" as const, scram: null as never }];
  const sasl = { users: [{ name: "ann", secret: { password: "p" } }] };
  const changes = {
    web: { ...defaultWeb, users },
    sasl: null,
    tickets: { ...ticket, disabled: true },
  };
  const { now, later } = reload({ sasl }, changes);
  assertEquals([now, later.toSorted()], [["web"], ["sasl", "tickets"]]);
  assertEquals(reload({}, { web: { ...defaultWeb, users, port: 1 } }), { now: [], later: ["web"] });
  assertEquals(reload({}, { web: null }), { now: [], later: ["web"] });
});
