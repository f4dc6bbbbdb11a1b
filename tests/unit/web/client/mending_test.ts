import { assertEquals, assertRejects } from "@std/assert";
import { Mending } from "../../../../web/client/sound/mending.ts";

/** Codecs that break on negative numbers: at once, or (below -10) later. */
async function stage() {
  const out: number[] = [], hopeless: unknown[] = [];
  let made = 0, closed = 0;
  const mending: Mending<number> = await Mending.make((failed) => {
    made++;
    return Promise.resolve({
      push(value: number) {
        if (value < -10) return queueMicrotask(() => failed("later"));
        if (value < 0) throw new Error("now");
        out.push(value);
        mending.worked();
      },
      close: () => void closed++,
    });
  }, (error) => hopeless.push(error));
  const push = async (...values: number[]) => {
    for (const value of values) {
      mending.push(value);
      for (let i = 0; i < 5; i++) await Promise.resolve();
    }
  };
  return { mending, push, out, hopeless, made: () => made, closed: () => closed };
}

Deno.test("a codec that breaks is made anew, whether it says so at once or later", async () => {
  const { push, out, hopeless, made, closed } = await stage();
  await push(1, -1, 2, -11, 3);
  assertEquals(out, [1, 2, 3]);
  assertEquals([made(), closed()], [3, 2]);
  assertEquals(hopeless, []);
});

Deno.test("one that breaks again and again is given up, once", async () => {
  const { push, out, hopeless, made } = await stage();
  await push(...Array(30).fill(-1), 1);
  assertEquals(hopeless.length, 1);
  assertEquals(made(), 10);
  assertEquals(out, []);
});

Deno.test("what works between failures gives it all of its tries again", async () => {
  const { push, hopeless } = await stage();
  for (let i = 0; i < 30; i++) await push(-1, 1);
  assertEquals(hopeless, []);
});

Deno.test("one that is closed stays closed, and one that cannot be made at all is said to be", async () => {
  const { mending, push, out, made } = await stage();
  mending.close();
  await push(1, -1);
  assertEquals([out.length, made()], [0, 1]);
  await assertRejects(() => Mending.make(() => Promise.reject(new Error("no Opus")), () => {}));
});
