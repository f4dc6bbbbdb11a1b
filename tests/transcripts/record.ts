/**
 * Records what spicy and spice-html5 say to the demo: `deno run -A tests/transcripts/record.ts`,
 * with both, Xvfb, xdotool and chromium installed.
 */
import { TICKET_ALGORITHM } from "../../core/link/key_pool.ts";
import { Chromium } from "../kit/chromium.ts";
import { Desk, eventually } from "../kit/desk.ts";
import { servePages } from "../kit/html5.ts";
import type { Served } from "../kit/served.ts";
import { type Conversation, serveRecorded } from "./conversation.ts";

const here = (name: string) => new URL(name, import.meta.url);

/** Uses a client at a port; says when everything has been done with it, and the client still is there. */
type Use = (port: number, served: Served, done: () => Promise<void>) => Promise<void>;

/** Lets a client in through a proxy that notes what it says, until the guest has felt it all. */
async function record(use: Use): Promise<Conversation> {
  await using served = await serveRecorded();
  using proxy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const said: [number, string][] = [];
  (async () => {
    let count = 0;
    for await (const client of proxy) {
      const connection = count++;
      const server = await Deno.connect({ hostname: "127.0.0.1", port: served.port });
      server.readable.pipeTo(client.writable).catch(() => {});
      const note = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform(bytes, controller) {
          said.push([connection, bytes.toHex()]);
          controller.enqueue(bytes);
        },
      });
      client.readable.pipeThrough(note).pipeTo(server.writable).catch(() => {});
    }
  })().catch(() => {});
  let conversation: Conversation | null = null;
  await use(proxy.addr.port, served, async () => {
    await eventually(
      () => served.keys.flat().includes(0x97) && served.moves.some(([kind]) => kind === "release"),
      "the guest has felt it",
    );
    conversation = { said: [...said], keys: [...served.keys], moves: [...served.moves] };
  });
  return conversation!;
}

const ready = (served: Served) =>
  eventually(
    () => served.sessions.clients[0]?.channels === 4 && served.mouse.current === "client",
    "its channels are up and it points by itself",
  );
const spicy: Use = async (port, served, done) => {
  await using desk = await Desk.open();
  desk.start("spicy", `--uri=spice://127.0.0.1:${port}`);
  await ready(served);
  await eventually(async () => await desk.colours() > 1000, "it shows the desktop");
  await desk.hand("mousemove", "300", "300", "click", "1", "click", "5");
  await desk.hand("type", "--delay", "50", "Hi");
  await done();
};

const html5: Use = async (port, served, done) => {
  await using web = servePages();
  await using browser = await Chromium.open(
    `${web.url}/spice_auto.html?host=127.0.0.1&port=${port}&path=`,
  );
  await ready(served);
  for (const type of ["Moved", "Pressed", "Released"] as const) await browser.mouse(type, 200, 150);
  for (const [letter, code] of [["h", 72], ["i", 73]] as const) {
    await browser.key("keyDown", letter, `Key${letter.toUpperCase()}`, code);
    await browser.key("keyUp", letter, `Key${letter.toUpperCase()}`, code);
  }
  await done();
};

try {
  await Deno.stat(here("key.json"));
} catch {
  const { privateKey } = await crypto.subtle.generateKey(
    { ...TICKET_ALGORITHM, modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ["encrypt", "decrypt"],
  );
  const { kty, n, e, d, p, q, dp, dq, qi } = await crypto.subtle.exportKey("jwk", privateKey);
  const text = JSON.stringify({ kty, n, e, d, p, q, dp, dq, qi }, null, 2);
  await Deno.writeTextFile(here("key.json"), text + "\n");
}
for (const [name, use] of Object.entries({ spicy, html5 })) {
  const { said, keys, moves } = await record(use);
  const lines = (list: readonly unknown[]) =>
    `[\n    ${list.map((item) => JSON.stringify(item)).join(",\n    ")}\n  ]`;
  const text = `{\n  "said": ${lines(said)},\n  "keys": ${lines(keys)},\n  "moves": ${
    lines(moves)
  }\n}\n`;
  await Deno.writeTextFile(here(`${name}.json`), text);
}
