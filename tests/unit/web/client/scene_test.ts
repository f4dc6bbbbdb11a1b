import { assertEquals } from "@std/assert";
import type { Drawing } from "../../../../core/protocol/drawing.ts";
import type { Image } from "../../../../core/protocol/image.ts";
import { Scene } from "../../../../web/client/scene.ts";
import { Screen } from "../../../../web/client/screen.ts";
import { Stats } from "../../../../web/client/stats.ts";

const box = { top: 0, left: 0, bottom: 1, right: 2 };

function copy(surfaceId: number, srcBitmap: Image): Drawing {
  return {
    kind: "drawCopy",
    base: { surfaceId, box, clip: { type: "none" } },
    data: {
      srcBitmap,
      srcArea: box,
      ropDescriptor: 8, // opPut
      scaleMode: "interpolate",
      mask: { flags: 0, pos: { x: 0, y: 0 }, bitmap: null },
    },
  };
}

/** A scene whose primary is as large as the picture. */
function small(stats: Stats): Scene {
  const canvas = { getContext: () => ({}) } as unknown as OffscreenCanvas;
  const scene = new Scene(new Screen(canvas, () => {}), stats);
  scene.create(0, "xrgb32", 2, 1);
  return scene;
}

const head = { id: 9n, width: 2, height: 1 };
const picture = {
  ...head,
  type: "bitmap",
  flags: 1, // cacheMe
  format: "bit32",
  bitmapFlags: 4, // topDown
  x: 2,
  y: 1,
  stride: 8,
  palette: null,
  data: Uint8Array.of(1, 2, 3, 0, 4, 5, 6, 0),
} as Image;

Deno.test("a picture that the server wants kept is kept, though its drawing failed", () => {
  const stats = new Stats();
  using scene = small(stats);
  scene.draw(copy(7, picture));
  assertEquals([stats.dropped, stats.droppedWhy], [1, "no surface 7"]);
  scene.draw(copy(0, { ...head, type: "fromCache", flags: 0 } as Image));
  assertEquals(stats.dropped, 1);
  assertEquals([...scene.primary!.bytes.subarray(0, 3)], [1, 2, 3]);
});

Deno.test("a picture out of the cache that is to be kept under its own number stays there", () => {
  const stats = new Stats();
  using scene = small(stats);
  scene.draw(copy(0, picture));
  for (const flags of [1, 4, 0]) {
    scene.draw(copy(0, { ...head, type: "fromCache", flags } as Image));
  }
  assertEquals([stats.dropped, stats.droppedWhy], [0, ""]);
});
