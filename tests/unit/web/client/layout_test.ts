import { assert, assertEquals } from "@std/assert";
import { place } from "../../../../web/client/layout.ts";

const picture = { width: 800, height: 600 };

Deno.test("fit keeps the shape and takes all the room of one side", () => {
  const wide = place(picture, { width: 1600, height: 900 }, "fit", 1);
  assertEquals(wide, { width: 1200, height: 900, left: 200, top: 0, sharp: false });
  const tall = place(picture, { width: 400, height: 900 }, "fit", 1);
  assertEquals([tall.width, tall.height, tall.left, tall.top], [400, 300, 0, 300]);
});

Deno.test("one to one is one pixel of the screen, however many CSS counts", () => {
  const { width, height, sharp } = place(picture, { width: 1600, height: 900 }, "actual", 2);
  assertEquals([width, height, sharp], [400, 300, true]);
});

Deno.test("sharp is a whole multiple, never less than one", () => {
  const room = { width: 1300, height: 700 };
  assertEquals(place(picture, room, "sharp", 1).width, 800);
  assertEquals(place(picture, room, "sharp", 2).width, 800);
  assertEquals(place(picture, { width: 100, height: 100 }, "sharp", 1).width, 800);
  const { left, top } = place(picture, { width: 1301, height: 701 }, "sharp", 2);
  for (const edge of [left, top]) assert(Number.isInteger(edge * 2), "on a device pixel");
});
