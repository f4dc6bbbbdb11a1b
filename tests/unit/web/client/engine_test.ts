import { assertEquals, assertMatch } from "@std/assert";
import { defaultWeb } from "../../../../mod.ts";
import type { AgentState } from "../../../../web/client/orders.ts";
import { AgentCap } from "../../../../core/protocol/agent.ts";
import { defaultLimits } from "../../../../core/config/options.ts";
import { Capabilities } from "../../../../core/protocol/capabilities.ts";
import { agentWords } from "../../../kit/agent_talk.ts";
import { startAppliance } from "../../../kit/appliance.ts";
import { eventually } from "../../../kit/desk.ts";
import { Pageless } from "../../../kit/pageless.ts";

const web = { ...defaultWeb, port: 0 };

Deno.test("who is disconnected is told so, and comes back only when somebody wants it", async () => {
  await using served = await startAppliance({ web });
  const address = served.appliance.console!;
  using pageless = await Pageless.open(address);
  const [{ id }] = await (await fetch(`${address}api/clients`)).json();
  await fetch(`${address}api/clients/${id}`, { method: "DELETE" });
  const over = await pageless.hears(
    "state",
    ({ state }) => state !== "connecting" && state !== "connected",
  );
  assertEquals([over.state, over.why], ["failed", "This session was ended from the console"]);
});

for (const limit of ["clients", "clientsPerAddress"] as const) {
  Deno.test(`who finds no room is told what is full, and comes in when there is: ${limit}`, async () => {
    const limits = { ...defaultLimits, [limit]: 1 };
    await using served = await startAppliance({ web, limits });
    const address = served.appliance.console!;
    using first = await Pageless.open(address);
    using late = await Pageless.open(address, {}, "waiting");
    const { why } = await late.hears("state", ({ state }) => state === "waiting");
    assertMatch(why, /^The server is full: .* There is room when somebody leaves$/);
    first.tell({ order: "close" });
    await late.hears("state", ({ state }) => state === "connected");
  });
}

Deno.test("a proxy that passes no WebSockets on is named, once the server is known to be there", async () => {
  await using served = await startAppliance({ web });
  const address = served.appliance.console!;
  // as proxies do that were not told: without Upgrade it is an ordinary request
  await using proxy = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url }) => fetch(new URL(new URL(url).pathname, address)),
  );
  const { port } = proxy.addr, way = `http://127.0.0.1:${port}/`;
  const watch = { url: `${way}healthz` };
  using pageless = await Pageless.open(way, { watch }, "waiting");
  const words = /^The server answers, but no WebSocket to it opens: a proxy between has to pass/;
  await pageless.hears("state", ({ state, why }) => state === "waiting" && words.test(why));
  // what is not there at all is not the fault of a proxy
  await proxy.shutdown();
  pageless.news.length = 0;
  await pageless.hears(
    "state",
    ({ state, why }) => state === "waiting" && why === "The server cannot be reached",
  );
});

Deno.test("a server that stops has its clients wait for the next one", async () => {
  const served = await startAppliance({ web });
  using pageless = await Pageless.open(served.appliance.console!);
  await served[Symbol.asyncDispose]();
  const over = await pageless.hears(
    "state",
    ({ state }) => state !== "connecting" && state !== "connected",
  );
  assertEquals([over.state, over.retryMs], ["waiting", 300]);
});

Deno.test("what the page offered is not offered again once the guest has copied something", async () => {
  await using served = await startAppliance({ web });
  using pageless = await Pageless.open(served.appliance.console!);
  const able = ({ agent }: { agent: AgentState }) => agent.clipboard;
  await pageless.hears("agent", able);
  pageless.tell({ order: "clip", clip: { text: "from the page" } });
  pageless.press("ControlLeft", "KeyL");
  pageless.press("KeyA");
  pageless.press("ControlLeft", "KeyC");
  await pageless.hears("clip", ({ clip }) => clip.text === "a");
  // a session anew
  pageless.news.length = 0;
  pageless.tell({ order: "record", on: true });
  await pageless.hears("agent", able);
  await pageless.hears("state", ({ state }) => state === "connected");
  pageless.press("ControlLeft", "KeyV");
  pageless.press("ControlLeft", "KeyC");
  await pageless.hears("clip", ({ clip }) => clip.text === "aa");
});

Deno.test("a recording of a session has nothing of the guest's clipboard, and the guest's name", async () => {
  await using served = await startAppliance({ web });
  using pageless = await Pageless.open(served.appliance.console!);
  pageless.news.length = 0;
  pageless.tell({ order: "record", on: true });
  await pageless.hears("agent", ({ agent }) => agent.clipboard);
  await pageless.hears("state", ({ state }) => state === "connected");
  const { name } = await pageless.hears("guest");
  pageless.press("ControlLeft", "KeyL");
  for (const letter of "secret") pageless.press(`Key${letter.toUpperCase()}`);
  pageless.press("ControlLeft", "KeyC");
  await pageless.hears("clip", ({ clip }) => clip.text === "secret");
  pageless.tell({ order: "record", on: false });
  const { file } = await pageless.hears("recorded");
  const text = new TextDecoder("latin1").decode(await file.bytes());
  assertEquals([text.includes("secret"), text.includes(name)], [false, true]);

  pageless.news.length = 0;
  pageless.tell({ order: "play", file });
  assertEquals((await pageless.hears("guest")).name, name);
  await pageless.hears("mouseMode", ({ mode }) => mode === "server");
  pageless.tell({ order: "playback", speed: 16 });
  // at its end, with all pictures drawn
  await pageless.hears("playback", ({ paused }) => paused);
});

/** A guest's agent that says what it can when it comes and whenever it is told something, and does nothing. */
async function idleAgent(conn: Deno.Conn): Promise<void> {
  const caps = [...Capabilities.of(AgentCap.mouseState).words];
  const words = agentWords({ selection: false, grabSerial: false });
  const bytes = words.message("announceCapabilities", { request: 0, caps });
  const chunk = new Uint8Array(8 + bytes.length), heard = new Uint8Array(4096);
  new Uint32Array(chunk.buffer, 0, 2).set([1, bytes.length]);
  chunk.set(bytes, 8);
  do await conn.write(chunk); while (await conn.read(heard) !== null);
}

Deno.test("a file that is on its way when the session ends, or sent to none, is said not to arrive", async () => {
  const folder = await Deno.makeTempDir({ prefix: "engine-" });
  const path = `${folder}/agent.sock`;
  using listener = Deno.listen({ transport: "unix", path });
  await using served = await startAppliance({
    characterDevices: [{
      id: "agent",
      backend: "socket",
      address: { path },
      server: false,
      reconnectSeconds: 1,
    }],
    ports: [{ kind: "agent", name: "com.redhat.spice.0", chardev: "agent", filter: null }],
    web,
  });
  using conn = await listener.accept();
  idleAgent(conn).catch(() => {});
  using pageless = await Pageless.open(served.appliance.console!);
  await pageless.hears("agent", ({ agent }) => agent.files);
  const send = (id: number) =>
    pageless.tell({ order: "sendFile", id, file: new File(["x"], `${id}.txt`) });
  const told = () => pageless.of("transfer").map(({ id, state, why }) => [id, state, why]);
  send(1);
  assertEquals(told(), [[1, "waiting", ""]]);
  pageless.tell({ order: "close" });
  send(2);
  assertEquals(told().slice(1), [
    [1, "failed", "The connection ended before it was there"],
    [2, "failed", "There is no agent now that would take it"],
  ]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name: "a device that others let go is offered to who is there, and ends nothing",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/usb.sock`;
    using _machine = Deno.listen({ transport: "unix", path });
    await using served = await startAppliance({
      web,
      characterDevices: [
        { id: "usb1", backend: "socket", address: { path }, server: false, reconnectSeconds: 1 },
      ],
      ports: [{ kind: "usbredir", name: "usb-redir0", chardev: "usb1", filter: null }],
      usb: [{ listen: [{ host: "127.0.0.1", port: 0 }], chardevs: [], filter: null }],
    });
    const listens = served.log.find((line) => line.includes("usb-listening"))!;
    const port = Number(/"port":(\d+)/.exec(listens)![1]);
    const stick = await Deno.connect({ hostname: "127.0.0.1", port });
    const told = (event: string) => () => served.log.some((line) => line.includes(event));
    await eventually(told("usb-connected"), "the stick is in the guest");
    using pageless = await Pageless.open(served.appliance.console!);
    assertEquals((await pageless.hears("ports")).ports, []);

    stick.close();
    const { ports } = await pageless.hears("ports", ({ ports }) => ports.length > 0);
    assertEquals(ports, [{ kind: "usbredir", id: 0 }]);
    assertEquals(pageless.of("state").at(-1)!.state, "connected");
    await Deno.remove(folder, { recursive: true });
  },
});
