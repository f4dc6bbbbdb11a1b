/** While nothing moves, clients cost nothing: no drawing, no message, no timer that runs all the time. */
import { assert, assertEquals } from "@std/assert";
import { startApart } from "../kit/apart.ts";
import { SpiceClient } from "../kit/spice_client.ts";

const SECONDS = 5;
const CLIENTS = 10;

Deno.test("ten clients of a desktop where nothing moves are sent nothing", async () => {
  await using server = await startApart();
  const clients = [await SpiceClient.connect(server.port)];
  const moving = await server.look();
  await server.until(({ draws }) => draws > moving.draws + 10, "the moving picture moves");

  clients[0].main.peer.send.mouseModeRequest({ mode: 2 });
  await server.until(() => clients[0].mouseMode === 2, "the pointer goes where it is put", 20);
  // a click into the moving picture stops it
  const { send } = clients[0].inputs.peer;
  send.mousePosition({ x: 800, y: 150, buttonsState: 0, displayId: 0 });
  send.mousePress({ button: "left", buttonsState: 1 });
  send.mouseRelease({ button: "left", buttonsState: 0 });
  while (clients.length < CLIENTS) clients.push(await SpiceClient.connect(server.port));
  let before = await server.look();
  await server.until(
    (look) => {
      const stands = look.draws === before.draws && look.drained;
      before = look;
      return stands;
    },
    "the picture stands",
    20,
  );

  await new Promise((wake) => setTimeout(wake, SECONDS * 1000));
  const after = await server.look();
  const percent = (after.cpu - before.cpu) / SECONDS * 100;
  console.log(`${CLIENTS} idle clients: ${percent.toFixed(1)} % of a core over ${SECONDS} s`);
  // the clock on its panel may have changed, and each channel may be pinged
  assert(after.draws - before.draws <= 5, `${after.draws - before.draws} drawings`);
  for (const { connectionId, errors } of clients) {
    const said = Number(after.serials[connectionId]) - Number(before.serials[connectionId]);
    assert(said <= 6, `${said} messages`);
    assertEquals(errors, []);
  }
  await Promise.all(clients.map((client) => client.leave()));
});
