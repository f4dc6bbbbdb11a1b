/** spice-gtk's picture of each recording is the golden one in every pixel. */
import { assertEquals } from "@std/assert";
import type { ReplayGuest } from "../../mod.ts";
import { recording, startAppliance } from "../kit/appliance.ts";
import { gtkPicture, shot } from "../kit/gtk_picture.ts";
import { assertSamePixels, decodePng } from "../kit/png.ts";

const names = ["alltypes", "browser", "office", "office-dfps", "qemu", "video360"];

async function golden(name: string) {
  return await decodePng(
    await Deno.readFile(new URL(`../data/golden/${name}.png`, import.meta.url)),
  );
}

const replay = (name: string, more: Partial<ReplayGuest>): ReplayGuest => ({
  driver: "replay",
  name: null,
  uuid: null,
  file: recording(name),
  pace: "max",
  waitClients: 1,
  loop: false,
  after: "stay",
  ...more,
});

for (const compression of ["off", "lz4", "lz", "quic", "glz", "auto_glz"] as const) {
  const images = {
    compression,
    jpegWan: "never",
    zlibGlzWan: "never",
    streamingVideo: "off",
  } as const;
  for (const name of names) {
    for (const pace of ["max", "lockstep"] as const) {
      // at full speed much is merged into pictures, whatever the codec
      if (pace === "max" && compression !== "off" && compression !== "auto_glz") continue;
      Deno.test({
        name:
          `spice-gtk there from the start shows the last frame of ${name}, ${pace}, ${compression}`,
        ignore: shot === null,
        async fn() {
          await using served = await startAppliance({ guest: replay(name, { pace }), images });
          const picture = gtkPicture(served.port, 1500);
          await served.appliance.guestDone;
          assertSamePixels(await picture, await golden(name));
        },
      });
    }
    Deno.test({
      name: `spice-gtk that comes late shows the last frame of ${name}, ${compression}`,
      ignore: shot === null,
      async fn() {
        const guest = replay(name, { waitClients: 0 });
        await using served = await startAppliance({ guest, images });
        await served.appliance.guestDone;
        assertSamePixels(await gtkPicture(served.port, 500), await golden(name));
        assertEquals(served.log.filter((line) => line.includes('"level":"error"')), []);
      },
    });
  }
}
