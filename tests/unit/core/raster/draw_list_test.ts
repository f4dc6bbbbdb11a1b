import { assert, assertEquals } from "@std/assert";
import { seeded } from "../../../../core/binary/random.ts";
import type { Drawing } from "../../../../core/protocol/drawing.ts";
import { drawOn } from "../../../../core/raster/canvas.ts";
import { DrawList } from "../../../../core/raster/draw_list.ts";
import { createSurface } from "../../../../core/raster/surface.ts";
import { randomDrawing, type Stage } from "../../../kit/random_drawing.ts";

const stage: Stage = {
  width: 90,
  height: 70,
  surfaceIds: [0, 1, 2],
  cachedImages: 10,
  paletteIds: 5,
};

function easel() {
  const surfaces = stage.surfaceIds.map(() => createSurface("xrgb32", stage.width, stage.height));
  const draw = (drawing: Drawing) =>
    drawOn(surfaces[drawing.base.surfaceId], drawing, { surface: (id) => surfaces[id] });
  return { surfaces, draw };
}

/** Copies of opaque pictures, so that much is hidden. */
function simple(drawing: Drawing): Drawing {
  return drawing.kind === "drawFill"
    ? {
      ...drawing,
      data: { ...drawing.data, ropDescriptor: 8, brush: { type: "solid", color: 7 } },
    }
    : drawing;
}

Deno.test("leaving out what is hidden changes no pixel, however long drawings wait", () => {
  let hidden = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const random = seeded(seed), all = easel(), few = easel();
    const list = new DrawList<{ drawing: Drawing | null }>(() => hidden++);
    const limit = 1 + random.below(150);
    for (let i = 0; i < 400; i++) {
      const drawing = simple(randomDrawing(random, stage));
      all.draw(drawing);
      list.push({ drawing });
      while (list.length > limit) few.draw(list.shift()!.drawing!);
    }
    for (let item; (item = list.shift()) !== undefined;) few.draw(item.drawing!);
    assertEquals(list.length, 0);
    all.surfaces.forEach((surface, id) =>
      assertEquals(few.surfaces[id].bytes, surface.bytes, `surface ${id}, seed ${seed}`)
    );
  }
  assert(hidden > 1000, `${hidden} were hidden`);
});

const fill = (left: number, right: number): Drawing => ({
  kind: "drawFill",
  base: { surfaceId: 0, box: { top: 0, left, bottom: 10, right }, clip: { type: "none" } },
  data: {
    brush: { type: "solid", color: left },
    ropDescriptor: 8,
    mask: { flags: 0, pos: { x: 0, y: 0 }, bitmap: null },
  },
});

Deno.test("a drawing that two later ones hide together is let go, and one that shows in between is not", () => {
  const gone: (Drawing | null)[] = [];
  const list = new DrawList<{ drawing: Drawing | null }>((item) => gone.push(item.drawing));
  const below = fill(0, 20);
  list.push({ drawing: below });
  list.push({ drawing: fill(0, 10) });
  list.push({ drawing: fill(11, 20) });
  assertEquals(gone, []);
  list.push({ drawing: fill(10, 11) });
  assertEquals(gone, [below]);
  assertEquals(list.length, 3);
});

Deno.test("nothing is hidden across a barrier", () => {
  const gone: unknown[] = [];
  const list = new DrawList<{ drawing: Drawing | null }>((item) => gone.push(item));
  list.push({ drawing: fill(0, 20) });
  list.push({ drawing: null });
  list.push({ drawing: fill(0, 20) });
  assertEquals(gone, []);
  assertEquals(list.length, 3);
});
