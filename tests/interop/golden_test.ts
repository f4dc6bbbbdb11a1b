/** spice-gtk's picture of each recording is the golden one in every pixel. */
import { zstdDecompressSync } from "node:zlib";
import { assertEquals } from "@std/assert";
import type { ReplayGuest } from "../../mod.ts";
import { recording, startAppliance } from "../kit/appliance.ts";
import { gtkPicture, shot } from "../kit/gtk_picture.ts";
import { assertSamePixels, decodePng, psnr } from "../kit/png.ts";

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

// auto_lz and auto_glz differ in the dictionary alone
for (const compression of ["off", "lz4", "lz", "quic", "glz", "auto_glz", "auto_lz"] as const) {
  const images = {
    compression,
    jpegWan: "never",
    zlibGlzWan: "never",
    streamingVideo: "off",
  } as const;
  for (const name of compression === "auto_lz" ? ["office-dfps", "alltypes"] : names) {
    for (const pace of ["max", "lockstep"] as const) {
      // at full speed much is merged into pictures, whatever the codec
      if (pace === "max" && compression !== "off" && compression !== "auto_glz") continue;
      Deno.test({
        name:
          `spice-gtk there from the start shows the last frame of ${name}, ${pace}, ${compression}`,
        ignore: shot === null,
        async fn() {
          await using served = await startAppliance({ guest: replay(name, { pace }), images });
          const picture = gtkPicture(served.port, 3000);
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

const slow = {
  compression: "auto_glz",
  jpegWan: "always",
  zlibGlzWan: "always",
  streamingVideo: "off",
} as const;

for (const name of ["browser", "office", "video360"]) {
  Deno.test({
    name: `on a slow line, spice-gtk shows the last frame of ${name} exactly once it rests`,
    ignore: shot === null,
    async fn() {
      const guest = replay(name, { pace: "lockstep" });
      await using served = await startAppliance({ guest, images: slow });
      const picture = gtkPicture(served.port, 3000);
      await served.appliance.guestDone;
      assertSamePixels(await picture, await golden(name));
      assertEquals(served.log.filter((line) => line.includes('"level":"error"')), []);
    },
  });
}

Deno.test({
  name: "on a slow line, spice-gtk shows a film's picture as JPEG first, near to the guest's",
  ignore: shot === null,
  async fn() {
    const file = await Deno.makeTempFile({ suffix: ".rec" });
    try {
      await Deno.writeFile(file, firstEvents("video360", 120));
      const guest = { ...replay("video360", { pace: "lockstep" }), file };
      // on a busy machine a short wait ends before the film does; the longest is one for exact pixels
      for (const idleMs of [200, 400, 800, 2000]) {
        await using served = await startAppliance({ guest, images: slow });
        const soon = await gtkPicture(served.port, idleMs);
        await served.appliance.guestDone;
        const distance = psnr(soon, await decodePng(await served.appliance.screenshot(0)));
        console.log(`spice-gtk's picture ${idleMs} ms after the film: ${distance.toFixed(1)} dB`);
        if (distance > 32) return;
      }
      throw new Error("spice-gtk never showed the film's last picture");
    } finally {
      await Deno.remove(file);
    }
  },
});

/** A recording that ends early. */
function firstEvents(name: string, count: number): Uint8Array {
  const all = zstdDecompressSync(Deno.readFileSync(recording(name)), { maxOutputLength: 2 ** 30 });
  let at = 0;
  for (let n = 0; n <= count; n++) at = all.indexOf("\nevent ", at + 1);
  return all.subarray(0, at + 1);
}
