/** A demo desktop with all that the console has buttons for: sound, users, streams of every kind. */
import { defaultWeb } from "../../mod.ts";
import type { ApplianceOptions } from "../../mod.ts";
import { startAppliance, type TestAppliance } from "../kit/appliance.ts";
import type { Chromium } from "../kit/chromium.ts";
import { user } from "../kit/console_stage.ts";
import { eventually } from "../kit/desk.ts";
import { FakeAgent } from "../kit/fake_agent.ts";
import { openConsole, shown } from "./page.ts";

const KINDS = { agent: "agent", tty: "port", dav: "webdav", usb: "usbredir" } as const;

/** Everybody's password. */
export const PASSWORD = "sesame";

export interface Furnished extends AsyncDisposable {
  readonly served: TestAppliance;
  readonly address: string;
  /** What the guest's text console was told. */
  readonly heard: string;
  /** What is in the guest, as it is spoken to now. */
  readonly agent: FakeAgent;
  /** Says something there. */
  say(text: string): Promise<void>;
}

/** Users are vera, who only looks, otto, who operates, and ann, who may do everything. */
export async function furnished(guest?: ApplianceOptions["guest"]): Promise<Furnished> {
  const folder = await Deno.makeTempDir({ prefix: "furnished-" });
  const path = (id: string) => `${folder}/${id}.sock`;
  const lines = new Map<string, Deno.UnixConn>();
  let heard = "", agent = new FakeAgent(() => {});
  const listen = async (id: string, conn: Deno.UnixConn) => {
    const bytes = new Uint8Array(4096);
    if (id === "agent") agent = new FakeAgent((said) => void conn.write(said));
    for (let n; (n = await conn.read(bytes)) !== null;) {
      if (id === "agent") agent.push(bytes.subarray(0, n));
      if (id === "tty") heard += new TextDecoder().decode(bytes.subarray(0, n));
    }
  };
  const listeners = Object.keys(KINDS).map((id) => {
    const listener = Deno.listen({ transport: "unix", path: path(id) });
    (async () => {
      for await (const conn of listener) {
        lines.set(id, conn);
        listen(id, conn).catch(() => {});
      }
    })().catch(() => {});
    return listener;
  });
  const users = [
    await user("vera", "viewer"),
    await user("otto", "operator"),
    await user("ann", "admin"),
  ];
  const served = await startAppliance({
    ...(guest && { guest }),
    characterDevices: Object.keys(KINDS).map((id) => ({
      id,
      backend: "socket",
      address: { path: path(id) },
      server: false,
      reconnectSeconds: 1,
    })),
    ports: Object.entries(KINDS).map(([id, kind]) => ({
      kind,
      name: id,
      chardev: id,
      filter: null,
    })),
    web: { ...defaultWeb, port: 0, users },
  });
  return {
    served,
    address: served.appliance.console!,
    get heard() {
      return heard;
    },
    get agent() {
      return agent;
    },
    async say(text) {
      await eventually(() => lines.has("tty"), "the appliance has the console's line");
      await lines.get("tty")!.write(new TextEncoder().encode(text));
    },
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      for (const line of [...listeners, ...lines.values()]) line.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Opens the console as one of its users. */
export async function comesIn(address: string, name: string): Promise<Chromium> {
  const browser = await openConsole(address);
  const asked = `!document.getElementById("login").hidden`;
  await eventually(() => browser.evaluate(asked), "it asks who is there");
  await browser.evaluate(`
    document.getElementById("user").value = "${name}";
    document.getElementById("password").value = "${PASSWORD}";
    document.getElementById("login").requestSubmit()`);
  await shown(browser);
  return browser;
}
