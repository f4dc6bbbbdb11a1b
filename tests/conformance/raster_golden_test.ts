/** Whole recordings drawn by the local renderer, against the last frame that libspice showed of them. */
import { zstdDecompressSync } from "node:zlib";
import { assertSamePixels, decodePng, pictureOf } from "../kit/png.ts";
import { played } from "../kit/played.ts";

interface Golden {
  readonly name: string;
  readonly recording: URL;
  readonly picture: URL;
}

const data = new URL("../data/", import.meta.url);

function* goldens(): Generator<Golden> {
  for (const [recordings, pictures] of [["raster/", "raster/"], ["recordings/", "golden/"]]) {
    for (const { name } of Deno.readDirSync(new URL(recordings, data))) {
      if (!name.endsWith(".rec.zst")) continue;
      const recording = new URL(recordings + name, data);
      const picture = new URL(pictures + name.replace(".rec.zst", ".png"), data);
      yield { name, recording, picture };
    }
  }
}

for (const { name, recording, picture } of goldens()) {
  Deno.test(`the renderer shows ${name} as libspice does, in every pixel`, async () => {
    const surfaces = played(zstdDecompressSync(Deno.readFileSync(recording)), name);
    const expected = await decodePng(Deno.readFileSync(picture));
    assertSamePixels(pictureOf(surfaces.get(0)!), expected, name);
  });
}
