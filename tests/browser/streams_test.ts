/** The console plays streams, and shows the guest's pixels when the film rests. */
import { assert, assertEquals } from "@std/assert";
import { eventually } from "../kit/desk.ts";
import { needs } from "../kit/peers.ts";
import { assertSamePixels } from "../kit/png.ts";
import { codecsOf, framesOf, nearness, playFilm, streaming } from "../kit/video360.ts";
import { joinPort, serveConsole } from "../kit/web_console.ts";
import { canvasOf, golden, ignore, openConsole, same } from "./page.ts";

for (const codec of ["mjpeg", "vp8", "vp9"] as const) {
  Deno.test({
    name: `the console shows a film while it plays, and the guest's pixels afterwards, ${codec}`,
    ignore: ignore || codec !== "mjpeg" && needs("ffmpeg").ignore,
    async fn() {
      await using served = await playFilm("all", [codec]);
      await using console = await serveConsole(joinPort(served.port));
      await using browser = await openConsole(console.web.address);
      await streaming(served);
      let best = -Infinity;
      await eventually(
        async () => {
          // what is exact is no frame of a film
          const near = nearness(await canvasOf(browser));
          if (near < Infinity) best = Math.max(best, near);
          return best > 27;
        },
        "its canvas shows a frame of the film",
        20,
      ).catch(() => {});
      assert(best > 27, `${best} dB`);
      await served.appliance.guestDone;
      const last = await golden("video360");
      let seen = await canvasOf(browser);
      await eventually(async () => same(seen = await canvasOf(browser), last), "the pixels", 20)
        .catch(() => {});
      assertSamePixels(seen, last);
      const { dropped, droppedWhy, video } = await browser.evaluate("viewer.stats()");
      assertEquals([dropped, droppedWhy], [0, ""]);
      assertEquals([video.codec, codecsOf(served)], [codec.toUpperCase(), [codec]]);
      const least = codec === "mjpeg" ? 5 : 1;
      assert(
        video.frames >= least && framesOf(served) >= video.frames,
        `${video.frames} frames shown`,
      );
    },
  });
}
