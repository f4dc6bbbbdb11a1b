/** Every recording ends in a canvas with libspice's last frame in every pixel, whatever form its pictures have. */
import { assertEquals } from "@std/assert";
import { assertSamePixels } from "../kit/png.ts";
import { joinPort, serveConsole } from "../kit/web_console.ts";
import { canvasOf, golden, ignore, openConsole, replay, same } from "./page.ts";

const names = ["alltypes", "browser", "office", "office-dfps", "qemu", "video360"];
const all = names.flatMap((name) => [[name, "off"], [name, "lz4"]] as const);
const packed = [
  ["alltypes", "auto_glz"],
  ["browser", "quic"],
  ["browser", "glz"],
  ["office-dfps", "lz"],
] as const;

/** How long after the last command was sent the picture may take. */
const PATIENCE_MS = 15_000;

for (const [name, compression] of [...all, ...packed]) {
  Deno.test({
    name: `the console's canvas shows the last frame of ${name}, ${compression}`,
    ignore,
    async fn() {
      const expected = await golden(name);
      await using served = await replay(name, compression);
      await using console = await serveConsole(joinPort(served.port));
      await using browser = await openConsole(console.web.address);
      await served.appliance.guestDone;
      let seen = await canvasOf(browser);
      for (const until = Date.now() + PATIENCE_MS; !same(seen, expected);) {
        if (Date.now() > until) break;
        await new Promise((wake) => setTimeout(wake, 100));
        seen = await canvasOf(browser);
      }
      assertSamePixels(seen, expected);
      const { dropped, droppedWhy } = await browser.evaluate("viewer.stats()");
      assertEquals([dropped, droppedWhy], [0, ""], "every drawing was drawn");
      assertEquals(await browser.evaluate("viewer.inWorker"), true);
      assertEquals(browser.console.filter((line) => line.startsWith("threw")), []);
    },
  });
}
