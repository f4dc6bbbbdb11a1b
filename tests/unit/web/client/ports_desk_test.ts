import { assertEquals } from "@std/assert";
import { PortsDesk, type StreamSession } from "../../../../web/client/ports/desk.ts";
import type { StreamNews } from "../../../../web/client/ports/words.ts";

Deno.test("that a stream cannot be had is said once, however often it is tried", async () => {
  const desk = new PortsDesk(() => {});
  const { port1, port2 } = new MessageChannel();
  const said: StreamNews[] = [];
  const last = Promise.withResolvers<void>();
  port1.onmessage = ({ data }: MessageEvent<StreamNews>) => {
    said.push(data);
    if (data.is === "gone" && data.why !== "Somebody has it") last.resolve();
  };
  let tries = 0;
  const session = {
    link: () => {
      tries++;
      return Promise.reject(new Error("Somebody has it"));
    },
    base: {},
  } as unknown as StreamSession;
  const list = [{ type: 9, id: 0 }]; // usbredir
  const id = { kind: "usbredir", id: 0 } as const;
  desk.begin(session, list);
  desk.open(id, port2);
  for (let i = 0; i < 3; i++) {
    await new Promise((wake) => setTimeout(wake));
    desk.begin(session, list);
  }
  await new Promise((wake) => setTimeout(wake));
  assertEquals(tries, 4);
  desk.end();
  await last.promise;
  assertEquals(said, [
    { is: "gone", why: "Somebody has it" },
    { is: "gone", why: "The connection to the server is gone" },
  ]);
  port1.close();
  port2.close();
});
