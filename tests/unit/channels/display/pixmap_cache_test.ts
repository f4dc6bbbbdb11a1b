import { assertEquals } from "@std/assert";
import { CachePlan, PixmapCache } from "../../../../channels/display/pixmap_cache.ts";
import { decode, encode } from "../../../../core/binary/codec.ts";
import { Display } from "../../../../core/protocol/display.ts";

Deno.test("all of a cache of tiny pictures can be dropped with one message", () => {
  const limit = 1 << 20, cache = new PixmapCache(BigInt(limit));
  const plan = new CachePlan(0, cache);
  const send = (id: bigint, pixels: number) => {
    cache.add(id, pixels, plan);
    const drops = plan.before()?.drops ?? [];
    plan.sent(id);
    return drops;
  };
  for (let id = 1n; id <= 70_000n; id++) send(id, 1);
  const drops = send(70_001n, limit);
  assertEquals([cache.size, cache.pixels], [1, limit]);
  const { codec } = Display.server.byName.invalList;
  const told = decode(codec, encode(codec, { resources: drops }));
  assertEquals(told.resources.length, drops.length);
});
