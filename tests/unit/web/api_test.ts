import { assert, assertEquals, assertMatch } from "@std/assert";
import * as v from "valibot";
import { routes } from "../../../web/api/table.ts";
import { Problem } from "../../../web/api/schemas.ts";
import type { GuestPower } from "../../../core/guest.ts";
import type { ClientFacts, TunnelFacts } from "../../../web/control.ts";
import { createSurface } from "../../../core/raster/surface.ts";
import { ConsoleStage, user } from "../../kit/console_stage.ts";
import { FakeGuest } from "../../kit/fake_guest.ts";

const facts: ClientFacts = {
  id: 7,
  user: "bob",
  viewOnly: false,
  login: "l",
  address: "192.0.2.7",
  transport: "tcp",
  secure: true,
  webSocket: true,
  connectedMs: 500,
  latencyMs: 12,
  bitsPerSecond: null,
  channels: [{ type: "display", id: 0, sentBytes: 9, receivedBytes: 3 }],
};

const tunnel: TunnelFacts = {
  name: "printer",
  listen: "127.0.0.1:9100",
  target: "printer.lan:9100",
  client: 7,
  open: 1,
  opened: 2,
  refused: 0,
  sentBytes: 3,
  receivedBytes: 4,
  failure: "timeout",
};

/** A guest with a picture and a power button. */
function guest() {
  const pressed: string[] = [];
  const power: GuestPower = {
    state: "running",
    onState: () => {},
    controllable: true,
    powerDown: () => Promise.resolve(void pressed.push("power-down")),
    reset: () => Promise.resolve(void pressed.push("reset")),
  };
  const fake = new FakeGuest();
  const { displays: [display] } = fake;
  display.surfaces.set(0, createSurface("xrgb32", 4, 2));
  display.monitors = {
    maxAllowed: 1,
    heads: [{ monitorId: 0, surfaceId: 0, x: 0, y: 0, width: 4, height: 2, flags: 0 }],
  };
  return { pressed, guest: { name: fake.name, uuid: fake.uuid, displays: fake.displays, power } };
}

async function stageOf(role: "viewer" | "operator" | "admin" | null) {
  const { guest: it, pressed } = guest();
  const users = [await user("ann", role ?? "viewer")];
  const stage = new ConsoleStage({
    web: { users },
    control: { password: "secret", guest: it, clients: () => [facts], tunnels: () => [tunnel] },
  });
  const { throttle } = stage.control;
  throttle.bans.rule = { failures: 1, minutes: 1 };
  throttle.failed("2001:db8:0:1::7");
  if (role !== null) await stage.login({ user: "ann", password: "sesame" });
  return { stage, pressed };
}

/** What each operation is asked with. */
const bodies: Record<string, unknown> = {
  "post /api/session": { user: "ann", password: "sesame" },
  "post /api/guests/:guest/power": { action: "reset" },
  "put /api/ticket": { password: "new" },
};
const pathOf = (path: string) =>
  path.replace(":guest", "0").replace(":display", "0").replace(":client", "7").replace(
    ":address",
    encodeURIComponent("2001:db8:0:1::/64"),
  );

Deno.test("every operation answers as the table says, to an admin", async () => {
  // logging out comes last
  const order = routes.toSorted((a, b) =>
    +(a.path === "/api/session") - +(b.path === "/api/session")
  );
  const { stage, pressed } = await stageOf("admin");
  for (const { method, path, answer } of order) {
    const body = bodies[`${method} ${path}`];
    const response = await stage.ask(method.toUpperCase(), pathOf(path), { body });
    const name = `${method} ${path}: ${response.status}`;
    assertEquals(response.status, answer.status, name);
    assertEquals(response.headers.get("cache-control"), "no-store", name);
    if (answer.status === 204) continue;
    const type = answer.type ?? "application/json";
    assert(response.headers.get("content-type")?.startsWith(type), name);
    const said = type === "application/json" ? await response.json() : await response.text();
    if (answer.schema) v.parse(answer.schema, said);
  }
  assertEquals(pressed, ["reset"]);
  assertEquals(stage.control.gone[0], 7);
});

Deno.test("every operation is refused to who may less than it needs", async () => {
  const ranks = [null, "viewer", "operator", "admin"] as const;
  for (const [rank, role] of ranks.entries()) {
    const { stage } = await stageOf(role);
    for (const { method, path, role: needed } of routes) {
      if (needed === "anyone" || rank >= ranks.indexOf(needed)) continue;
      const body = bodies[`${method} ${path}`];
      const response = await stage.ask(method.toUpperCase(), pathOf(path), { body });
      assertEquals(response.status, role === null ? 401 : 403, `${role}: ${method} ${path}`);
      v.parse(Problem, await response.json());
    }
  }
});

Deno.test("who is no admin disconnects nobody but themselves", async () => {
  const { stage } = await stageOf("operator");
  assertEquals((await stage.ask("DELETE", "/api/clients/7")).status, 403);
  assertEquals((await stage.ask("DELETE", "/api/clients/8")).status, 403);
  await stage.ask("GET", "/spice", { upgrade: true });
  Object.assign(stage.control, { clients: () => [{ ...facts, login: stage.opened[0]!.login }] });
  const [client] = await (await stage.ask("GET", "/api/clients")).json();
  assertEquals(client.own, true);
  assertEquals((await stage.ask("DELETE", "/api/clients/7")).status, 204);
});

Deno.test("the document names every operation, with its parameters and answers, and nothing else", async () => {
  const { stage } = await stageOf(null);
  const document = await (await stage.ask("GET", "/api/openapi.json")).json();
  const said = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations as object).map((method) => `${method} ${path}`)
  );
  const routed = routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  assertEquals(said.toSorted(), routed.toSorted());
  const text = JSON.stringify(document);
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    assert(document.components.schemas[name], name);
  }
  const { put } = document.paths["/api/ticket"];
  assertEquals(put.requestBody.content["application/json"].schema, {
    $ref: "#/components/schemas/NewTicket",
  });
  assertEquals(document.components.schemas.NewTicket.properties.password.maxLength, 60);
  const { delete: gone } = document.paths["/api/clients/{client}"];
  assertEquals(gone.parameters.map(({ name }: { name: string }) => name), ["client"]);
});

Deno.test("numbers in paths are numbers, and of what there is", async () => {
  const { stage } = await stageOf("admin");
  const get = async (path: string) => (await stage.ask("GET", path)).status;
  assertEquals(await get("/api/displays/1/screenshot.png"), 404);
  assertEquals(await get("/api/displays/-1/screenshot.png"), 404);
  assertEquals(await get("/api/displays/0x0/screenshot.png"), 404);
  assertEquals(await get("/api/displays/..%2f0/screenshot.png"), 404);
  assertEquals(await get("/api/nothing"), 404);
});

Deno.test("the password is set, told of without itself, and expired", async () => {
  const { stage } = await stageOf("admin");
  const { tickets } = stage.control;
  const ask = async (method: string, body?: unknown) =>
    await (await stage.ask(method, "/api/ticket", { body })).json();
  assertEquals(await ask("GET"), { required: true, set: true, expires: null });
  const set = await ask("PUT", { password: "new one", lifetime: 60 });
  assertEquals([set.set, await tickets!.isCurrent("new one")], [true, true]);
  const left = new Date(set.expires).getTime() - Date.now();
  assert(left > 50_000 && left < 70_000, set.expires);
  assertEquals((await ask("PUT", { password: "é".repeat(31) })).error, "bad-request", "62 bytes");
  assertEquals(await ask("DELETE"), { required: true, set: false, expires: null });
  assertEquals(await tickets!.isCurrent("new one"), false);
});

Deno.test("where no password is asked for there is none to set", async () => {
  const stage = new ConsoleStage();
  assertEquals((await stage.ask("PUT", "/api/ticket", { body: { password: "x" } })).status, 409);
  assertEquals((await stage.ask("POST", "/api/ticket/once")).status, 409);
  const text = await (await stage.ask("GET", "/api/viewer.vv")).text();
  assert(!text.includes("password"));
});

Deno.test("the file for remote-viewer names what the caller can reach, and a ticket for once", async () => {
  const { stage } = await stageOf("viewer");
  const spice = {
    ...stage.control.spice,
    host: "0.0.0.0",
    tlsPort: 5931,
    ca: "-----\nx\n",
    subject: "CN=h",
  };
  Object.assign(stage.control, { spice });
  const response = await stage.ask("GET", "/api/viewer.vv");
  assertMatch(response.headers.get("content-disposition")!, /^attachment; filename="console.vv"$/);
  const text = await response.text();
  assertMatch(text, /^\[virt-viewer\]\ntype=spice\nhost=here\.example\nport=5930\ntls-port=5931\n/);
  assertMatch(text, /\nca=-----\\nx\nhost-subject=CN=h\ndelete-this-file=1\n$/);
  assertMatch(text, /\npassword=[\w-]{32}\n/);
  assert(!text.includes("secret"));
});

Deno.test("a guest whose name is an attack adds no line to the file", async () => {
  const { guest: it } = guest();
  const name = "x\nhost=evil\r\ntype=vnc\\n\0";
  const stage = new ConsoleStage({ control: { guest: { ...it, name } } });
  const text = await (await stage.ask("GET", "/api/viewer.vv")).text();
  assert(!/^host=evil|^type=vnc/m.test(text), text);
});

Deno.test("a file is not given to who could not use it", async () => {
  const stage = new ConsoleStage({ sender: { local: false, private: true, address: "192.0.2.1" } });
  assertEquals((await stage.ask("GET", "/api/viewer.vv")).status, 409);
});

Deno.test("a guest without a power button says so", async () => {
  const stage = new ConsoleStage();
  const body = { action: "reset" };
  assertEquals((await stage.ask("POST", "/api/guests/0/power", { body })).status, 409);
  const [it] = await (await stage.ask("GET", "/api/guests")).json();
  assertEquals([it.state, it.controllable], ["running", false]);
});
