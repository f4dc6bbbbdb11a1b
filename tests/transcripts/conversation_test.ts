/** Whole conversations of spicy and spice-html5, said again: the guest feels what it felt then. record.ts records them. */
import { assertEquals } from "@std/assert";
import { until } from "../kit/linked.ts";
import { type Conversation, serveRecorded } from "./conversation.ts";

for (const [name, file] of [["spicy", "spicy.json"], ["spice-html5", "html5.json"]]) {
  Deno.test(`${name} as it was recorded links its channels, types and points`, async () => {
    const text = await Deno.readTextFile(new URL(file, import.meta.url));
    const { said, keys, moves }: Conversation = JSON.parse(text);
    await using served = await serveRecorded();
    const connections: Deno.TcpConn[] = [];
    const deaf: Promise<void>[] = [];
    // the first is main; what it asked for was there before the others came to need it
    for (const [number, bytes] of said.toSorted(([a], [b]) => Math.sign(a) - Math.sign(b))) {
      if (number > 0) await until(() => served.mouse.current === "client", "client mode");
      if (connections[number] === undefined) {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port: served.port });
        connections[number] = connection;
        // what it is told was heard long ago
        deaf.push(connection.readable.pipeTo(new WritableStream()).catch(() => {}));
      }
      const rest = Uint8Array.fromHex(bytes);
      for (let at = 0; at < rest.length;) at += await connections[number].write(rest.subarray(at));
    }
    const channels = () => served.sessions.clients.map(({ channels }) => channels);
    await until(
      () =>
        served.moves.length >= moves.length && served.keys.length >= keys.length &&
        channels()[0] === 4,
      "all that was done",
    );
    assertEquals(served.keys, keys);
    assertEquals(served.moves, moves);
    assertEquals(channels(), [4]);
    const { log } = served;
    assertEquals([...log.of("link-refused"), ...log.of("client-erred")], []);
    assertEquals(log.of("channel-failed"), []);
    for (const connection of connections) connection.close();
    await Promise.all(deaf);
  });
}
