import { assertEquals } from "@std/assert";
import { cutOut } from "../../../../core/raster/blit.ts";

Deno.test("cutOut copies what lies in the rows, eight pixels a byte where a pixel is a bit", () => {
  const items = Uint8Array.from({ length: 16 }, (_, i) => i);
  const bits = { format: "a1", width: 20, height: 3, items, start: 1, step: 5 } as const;
  assertEquals(cutOut(bits), {
    ...{ format: "a1", width: 20, height: 3, start: 0, step: 3 },
    items: Uint8Array.of(1, 2, 3, 6, 7, 8, 11, 12, 13),
  });
  const bytes = { ...bits, format: "a8", width: 4 } as const;
  const part = { top: 1, left: 1, bottom: 3, right: 3 };
  assertEquals(cutOut(bytes, part).items, Uint8Array.of(7, 8, 12, 13));
});
