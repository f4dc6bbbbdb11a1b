import { assertEquals } from "@std/assert";
import type { FrameMaker } from "../../../../channels/display/coder.ts";
import {
  type CoderNews,
  type CoderOrder,
  FarCoders,
} from "../../../../channels/display/far_coders.ts";
import type { Bitmap } from "../../../../core/protocol/image.ts";
import { FakeLog } from "../../../kit/linked.ts";

function picture(memory: ArrayBufferLike): Bitmap {
  return {
    ...{ type: "bitmap", id: 0n, flags: 0, width: 2, height: 1, format: "bit32", bitmapFlags: 4 },
    ...{ x: 2, y: 1, stride: 8, palette: null, data: new Uint8Array(memory, 8, 8) },
  };
}

function scene() {
  const orders: CoderOrder[] = [];
  const helper = {
    post: (message: unknown) => void orders.push(message as CoderOrder),
    onMessage: null as ((message: unknown) => void) | null,
    onLost: null as ((reason: string, again: boolean) => void) | null,
  };
  const log = new FakeLog();
  const far = new FarCoders(helper, log);
  const heard: unknown[] = [];
  const start = (name: string): FrameMaker => {
    const maker = far.start([name]);
    maker.onFrame = (frame) => heard.push([name, ...frame]);
    maker.onEnd = (reason, never) => heard.push([name, reason, never]);
    return maker;
  };
  const say = (news: CoderNews) => helper.onMessage!(news);
  return { orders, helper, heard, log, start, say };
}

Deno.test("pictures in shared memory are told of, others copied, and each may change when it was read", () => {
  const { orders, heard, start, say } = scene();
  const maker = start("a"), shared = picture(new SharedArrayBuffer(16));
  let taken = 0;
  maker.give(shared, () => taken++);
  const [, order] = orders as [unknown, { picture: Bitmap }];
  assertEquals([order.picture.data.buffer === shared.data.buffer, taken], [true, 0]);
  say({ taken: 1 });
  say({ taken: 1 });
  say({ frame: 1, data: Uint8Array.of(7) });
  assertEquals([taken, heard], [1, [["a", 7]]]);
  const own = picture(new ArrayBuffer(16));
  maker.give(own, () => taken++);
  const { data } = (orders[2] as { picture: Bitmap }).picture;
  assertEquals([taken, data.buffer === own.data.buffer, data.length], [2, false, 8]);
});

Deno.test("each process hears what is its own, and one that was closed nothing", () => {
  const { orders, heard, start, say } = scene();
  const [a, b] = [start("a"), start("b")];
  a.close();
  a.close();
  say({ frame: 1, data: Uint8Array.of(1) });
  say({ frame: 2, data: Uint8Array.of(2) });
  say({ ended: 2, reason: "it ended with 1", never: false });
  say({ ended: 2, reason: "twice", never: false });
  b.close();
  assertEquals(heard, [["b", 2], ["b", "it ended with 1", false]]);
  assertEquals(orders, [{ start: 1, args: ["a"] }, { start: 2, args: ["b"] }, { close: 1 }]);
});

Deno.test("when the worker is lost its processes are, and none will come", () => {
  const { orders, helper, heard, start } = scene();
  start("a");
  helper.onLost!("out of memory", false);
  const later = start("b");
  let taken = 0;
  later.give(picture(new SharedArrayBuffer(16)), () => taken++);
  assertEquals(heard, [["a", "out of memory", true], ["b", "out of memory", true]]);
  assertEquals([taken, orders.length], [1, 1]);
});

Deno.test("processes of a lost worker end, and the one that has its place starts others", () => {
  const { orders, helper, heard, log, start, say } = scene();
  const lost = start("a");
  let taken = 0;
  lost.give(picture(new SharedArrayBuffer(16)), () => taken++);
  helper.onLost!("out of memory", true);
  lost.close();
  const later = start("b");
  later.give(picture(new SharedArrayBuffer(16)), () => taken++);
  say({ taken: 2 });
  say({ frame: 2, data: Uint8Array.of(5) });
  assertEquals(heard, [["a", "out of memory", false], ["b", 5]]);
  assertEquals(orders.filter((order) => "start" in order || "close" in order), [
    { start: 1, args: ["a"] },
    { start: 2, args: ["b"] },
  ]);
  assertEquals([taken, log.of("coding-lost")], [1, [{ reason: "out of memory", again: true }]]);
});
