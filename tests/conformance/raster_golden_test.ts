/**
 * Whole recordings drawn by the local renderer, against the last frame that libspice showed of them.
 * A small one lies in this repository; more are used where a checkout has them beside it.
 */
import { zstdDecompressSync } from "node:zlib";
import { assertSamePixels, decodePng, pictureOf } from "../kit/png.ts";
import { played } from "../kit/played.ts";

interface Golden {
  readonly name: string;
  readonly recording: URL;
  readonly picture: URL;
}

const shared = new URL("../../../shared/", import.meta.url);

function* goldens(): Generator<Golden> {
  const own = new URL("../data/raster/", import.meta.url);
  for (const { name } of Deno.readDirSync(own)) {
    if (!name.endsWith(".rec.zst")) continue;
    const picture = new URL(name.replace(".rec.zst", ".png"), own);
    yield { name, recording: new URL(name, own), picture };
  }
  let others: Deno.DirEntry[] = [];
  try {
    others = [...Deno.readDirSync(new URL("recordings/", shared))];
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log("only the repository's own recording is drawn: there are none beside it");
  }
  for (const { name } of others) {
    if (!name.endsWith(".rec.zst")) continue;
    const picture = new URL(`golden/${name.replace(".rec.zst", ".png")}`, shared);
    yield { name, recording: new URL(`recordings/${name}`, shared), picture };
  }
}

for (const { name, recording, picture } of goldens()) {
  Deno.test(`the renderer shows ${name} as libspice does, in every pixel`, async () => {
    const surfaces = played(zstdDecompressSync(Deno.readFileSync(recording)), name);
    const expected = await decodePng(Deno.readFileSync(picture));
    assertSamePixels(pictureOf(surfaces.get(0)!), expected, name);
  });
}
