/** Records link.json anew: `deno run -A tests/transcripts/record_link.ts`, with libspice-server and spice-gtk installed. */
import { startAppliance } from "../kit/appliance.ts";
import { answer, libspice, linkCases } from "../kit/link_cases.ts";
import { spiceGtk } from "../kit/spice_gtk.ts";

/** The first bytes of each channel that spice-gtk links, seen on the way to a server that lets it in. */
async function firstWords(): Promise<string[]> {
  await using served = await startAppliance();
  const proxy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const first: string[] = [];
  (async () => {
    for await (const client of proxy) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: served.port });
      server.readable.pipeTo(client.writable).catch(() => {});
      let fresh = true;
      const note = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform(bytes, controller) {
          if (fresh) first.push(bytes.toHex());
          fresh = false;
          controller.enqueue(bytes);
        },
      });
      client.readable.pipeThrough(note).pipeTo(server.writable).catch(() => {});
    }
  })();
  await spiceGtk({ host: "127.0.0.1", port: String(proxy.addr.port) });
  proxy.close();
  return first;
}

await using server = await libspice();
const answers: Record<string, { said: string; heard: string }> = {};
for (const [name, said] of Object.entries(linkCases)) {
  answers[name] = { said: said.toHex(), heard: await answer(server.port, said) };
}
const clients = { "spice-gtk": await firstWords() };
const text = JSON.stringify({ libspice: answers, clients }, null, 2);
await Deno.writeTextFile(new URL("link.json", import.meta.url), text + "\n");
