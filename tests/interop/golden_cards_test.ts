/**
 * spice-gtk's pictures of two display channels are the golden ones in every pixel: the channels of a
 * client share its cache and its GLZ dictionary, so what one sends refers to what the other sent, and
 * is to wait for it.
 */
import { assertEquals } from "@std/assert";
import type { ImageCompression } from "../../mod.ts";
import { gtkPictures, shot } from "../kit/gtk_picture.ts";
import { assertSamePixels, decodePng } from "../kit/png.ts";
import { serveCards } from "../kit/cards.ts";

async function test(compression: ImageCompression, name: string, cacheBytes?: number) {
  const images = {
    compression,
    jpegWan: "never",
    zlibGlzWan: "never",
    streamingVideo: "off",
    videoCodecs: ["mjpeg"],
  } as const;
  const pace = cacheBytes === undefined ? "lockstep" : "max";
  await using served = await serveCards([name, name], images, pace, 1);
  const early = gtkPictures(served.port, 10_000, 2, cacheBytes);
  // a client that cannot even begin says why
  await Promise.race([served.done, early]);
  const late = gtkPictures(served.port, 2000, 2, cacheBytes);
  const golden = await decodePng(
    await Deno.readFile(new URL(`../data/golden/${name}.png`, import.meta.url)),
  );
  for (const picture of (await Promise.all([early, late])).flat()) {
    assertSamePixels(picture, golden);
  }
  assertEquals(served.errors, []);
}

for (const compression of ["off", "lz4", "lz", "quic", "glz", "auto_glz", "auto_lz"] as const) {
  Deno.test({
    name: `spice-gtk shows the last frames of two cards, early and late, ${compression}`,
    ignore: shot === null,
    fn: () => test(compression, "office-dfps"),
  });
}

// one channel drops what the other used
for (const compression of ["lz4", "auto_glz"] as const) {
  Deno.test({
    name: `spice-gtk that keeps few pictures shows the last frames of two cards, ${compression}`,
    ignore: shot === null,
    fn: () => test(compression, "office", 200_000),
  });
}
