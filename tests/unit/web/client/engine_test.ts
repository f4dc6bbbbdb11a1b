import { assertEquals } from "@std/assert";
import { defaultWeb } from "../../../../mod.ts";
import type { AgentState } from "../../../../web/client/orders.ts";
import { startAppliance } from "../../../kit/appliance.ts";
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
