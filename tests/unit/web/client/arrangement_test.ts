import { assertEquals } from "@std/assert";
import { arrangement, type Screens, type Wish } from "../../../../web/client/arrangement.ts";

const wish = (head: number | null, width: number, height: number, display = 0): Wish => ({
  display,
  head,
  width,
  height,
});

function card(...sizes: [id: number, width: number, height: number][]): Screens {
  const heads = sizes.map(([monitorId, width, height]) => ({
    ...{ monitorId, surfaceId: 0, width, height, x: 0, y: 0, flags: 0 },
  }));
  return { displays: [0], heads, mostHeads: 4 };
}

const said = (own: Wish, others: readonly Wish[], screens: Screens) =>
  arrangement(own, others, screens)?.map(({ x, y, width, height }) => [x, y, width, height]);

Deno.test("a window with all of the only display wishes for one monitor", () => {
  assertEquals(said(wish(null, 1001, 701), [], card([0, 800, 600])), [[0, 0, 1000, 700]]);
  const two = card([0, 800, 600], [1, 640, 480]);
  assertEquals(said(wish(null, 1000, 700), [], two), undefined, "it shows two");
});

Deno.test("a window with a head leaves the other heads as they are, side by side", () => {
  const screens = card([0, 800, 600], [1, 640, 480]);
  assertEquals(said(wish(0, 1000, 700), [], screens), [[0, 0, 1000, 700], [1000, 0, 640, 480]]);
  assertEquals(said(wish(1, 320, 200), [], screens), [[0, 0, 800, 600], [800, 0, 320, 200]]);
});

Deno.test("what another window wishes for goes before what the guest has", () => {
  const screens = card([0, 800, 600]);
  assertEquals(said(wish(1, 320, 200), [wish(null, 1024, 768)], screens), [
    [0, 0, 1024, 768],
    [1024, 0, 320, 200],
  ]);
});

Deno.test("a head that there is not comes, and one whose window closed goes", () => {
  assertEquals(said(wish(1, 640, 480), [], card([0, 800, 600])), [
    [0, 0, 800, 600],
    [800, 0, 640, 480],
  ]);
  assertEquals(said(wish(2, 640, 480), [], card([0, 800, 600])), [
    [0, 0, 800, 600],
    [800, 0, 0, 0],
    [800, 0, 640, 480],
  ]);
  assertEquals(said(wish(0, 800, 600), [wish(1, 0, 0)], card([0, 800, 600], [1, 640, 480])), [
    [0, 0, 800, 600],
    [800, 0, 0, 0],
  ]);
});

Deno.test("nothing is asked for before the heads are known, nor a head that the guest cannot have", () => {
  const unknown = { displays: [0], heads: [], mostHeads: 0 };
  assertEquals(said(wish(1, 640, 480), [], unknown), undefined);
  assertEquals(said(wish(null, 640, 480), [], unknown), undefined);
  assertEquals(said(wish(null, 640, 480), [], { ...card(), displays: [] }), undefined);
  assertEquals(said(wish(4, 640, 480), [], card([0, 800, 600])), undefined);
  const outside = [wish(999, 640, 480)];
  assertEquals(said(wish(0, 640, 480), outside, card([0, 800, 600])), [[0, 0, 640, 480]]);
});

Deno.test("of several displays each has a monitor, and of those without a window the server knows", () => {
  const screens: Screens = { displays: [0, 1, 2], heads: [], mostHeads: 1 };
  assertEquals(said(wish(null, 640, 480, 1), [], screens), [[0, 0, 0, 0], [0, 0, 640, 480]]);
  assertEquals(said(wish(null, 640, 480, 1), [wish(null, 800, 600, 2)], screens), [
    [0, 0, 0, 0],
    [0, 0, 640, 480],
    [640, 0, 800, 600],
  ]);
  assertEquals(said(wish(null, 640, 480, 1), [wish(null, 8, 8, 7)], screens)?.length, 2);
});

Deno.test("of heads with numbers that no display has none is asked for", () => {
  const screens = card([0, 800, 600], [4_000_000_000, 640, 480]);
  assertEquals(said(wish(0, 1000, 700), [], screens), [[0, 0, 1000, 700]]);
});
