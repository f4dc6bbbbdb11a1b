/** The same bytes said to libspice-server and to us: the same answers, byte for byte. */
import { assert, assertEquals } from "@std/assert";
import { startAppliance } from "../kit/appliance.ts";
import { answer, libspice, link, linkCases } from "../kit/link_cases.ts";
import { peer } from "../kit/peers.ts";

Deno.test({
  name: "links, good and bad, are answered as libspice-server answers them",
  ignore: peer("replay") === null,
  async fn() {
    await using theirs = await libspice();
    await using ours = await startAppliance();
    for (const [name, bytes] of Object.entries(linkCases)) {
      const ports = [ours.port, theirs.port];
      const [ourAnswer, theirAnswer] = await Promise.all(ports.map((port) => answer(port, bytes)));
      assertEquals(ourAnswer, theirAnswer, name);
    }
    // here we say more: libspice closes without a word
    const unknown = link(5);
    assertEquals(await answer(theirs.port, unknown), "");
    assert((await answer(ours.port, unknown)).startsWith("52454451" + "02000000".repeat(2)));
  },
});
