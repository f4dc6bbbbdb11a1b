import { assertEquals } from "@std/assert";
import { LateFrames } from "../../../../web/client/late_frames.ts";
import { FakeClock } from "../../../kit/fake_clock.ts";

function setting() {
  const clock = new FakeClock(0), shown: string[] = [];
  const late = new LateFrames((ms, call) => clock.after(ms, call));
  const push = (
    name: string,
    dueMs: number,
    { bytes = 1000, broken = false, alone = false } = {},
  ) =>
    late.push({
      bytes,
      skip: alone ? () => shown.push(`not ${name}`) : null,
      wait: () => Math.max(0, dueMs - clock.now()),
      show() {
        shown.push(name);
        return broken ? Promise.reject(new Error("broken")) : Promise.resolve();
      },
    });
  /** Time passes, and what is done in it is done. */
  const pass = async (ms: number) => {
    clock.advance(ms);
    await new Promise((wake) => setTimeout(wake));
  };
  return { late, shown, push, pass };
}

Deno.test("a frame that is due is shown before anything else is done", async () => {
  const { push, shown } = setting();
  await push("one", 0);
  assertEquals(shown, ["one"]);
});

Deno.test("frames that wait keep nothing else waiting, and are shown when they are due, in order", async () => {
  const { push, shown, pass } = setting();
  await push("one", 100);
  await push("two", 130);
  await push("due already", 0);
  assertEquals(shown, []);
  await pass(99);
  assertEquals(shown, []);
  await pass(1);
  assertEquals(shown, ["one"]);
  await pass(30);
  assertEquals(shown, ["one", "two", "due already"]);
});

Deno.test("a frame that cannot be shown does not keep those behind it", async () => {
  const { push, shown, pass } = setting();
  await push("first", 50, { broken: true });
  await push("next", 60);
  await pass(50);
  await pass(10);
  assertEquals(shown, ["first", "next"]);
});

Deno.test("a frame that another has overtaken is not shown, unless later ones need it", async () => {
  const { push, shown, pass } = setting();
  for (const [name, due] of [["one", 20], ["two", 40], ["three", 60]] as const) {
    await push(name, due, { alone: name !== "two" });
  }
  await push("four", 300, { alone: true });
  await pass(100);
  assertEquals(shown, ["one", "two", "three"], "each when it was due");
  const slow = setting();
  for (const due of [20, 20, 20]) await slow.push(`${slow.shown.length}`, due, { alone: true });
  await slow.pass(20);
  assertEquals(slow.shown, ["not 0", "not 0", "0"]);
});

Deno.test("frames and bytes beyond a bound do not wait, and of a stream that ended none is shown", async () => {
  const { late, push, shown, pass } = setting();
  for (let i = 0; i < 80; i++) await push(`${i}`, 1000 + i);
  await pass(0);
  assertEquals(shown.length, 16);
  await push("large", 5000, { bytes: 1 << 25 });
  await pass(0);
  assertEquals(shown.at(-1), "large");
  for (let i = 0; i < 10; i++) await push(`${i}`, 9000);
  const count = shown.length;
  late.close();
  await pass(20_000);
  assertEquals(shown.length, count);
});

Deno.test("who brings frames faster than they are shown is made to wait, and let go when it is over", async () => {
  const late = new LateFrames((ms, call) => new FakeClock().after(ms, call));
  const showing: (() => void)[] = [];
  let brought = 0;
  const bring = async () => {
    for (; brought < 300; brought++) {
      const show = () => new Promise<void>((done) => showing.push(done));
      await late.push({ bytes: 1000, skip: null, wait: () => 0, show });
    }
  };
  const turn = () => new Promise((wake) => setTimeout(wake));
  late.push({
    bytes: 1000,
    skip: null,
    wait: () => 0,
    show: () => new Promise((done) => showing.push(done)),
  });
  const bringing = bring();
  await turn();
  assertEquals(brought, 64);
  for (let shown = 0; shown < 10; shown++) {
    showing.shift()!();
    await turn();
  }
  assertEquals(brought, 74);
  late.close();
  await turn();
  assertEquals(brought > 74, true);
  for (let shown = 0; brought < 300; shown++) {
    showing.shift()?.();
    await turn();
  }
  await bringing;
});
