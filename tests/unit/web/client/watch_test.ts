import { assertEquals } from "@std/assert";
import { Watch } from "../../../../web/client/watch.ts";

/** A watch whose clock and server are ours. */
function stage() {
  let now = 1000, heard = 1000;
  const asked: { answer: () => void; fail: () => void; signal: AbortSignal }[] = [];
  const dead: number[] = [];
  const watch = new Watch({ url: "healthz", silentMs: 5000, answerMs: 6000 }, {
    now: () => now,
    ask: (_url, signal) =>
      new Promise<void>((answer, fail) => asked.push({ answer, fail: () => fail(), signal })),
    dead: (ms) => dead.push(ms),
  });
  return {
    watch,
    asked,
    dead,
    hear: () => heard = now,
    sleep: (ms: number) => now += ms,
    /** So many seconds go by, looked at each second. */
    async seconds(count: number) {
      for (let i = 0; i < count; i++) {
        now += 1000;
        watch.look(heard);
        await Promise.resolve();
        await Promise.resolve();
      }
    },
  };
}

Deno.test("a server that says something is not asked", async () => {
  const { asked, hear, seconds } = stage();
  for (let i = 0; i < 10; i++) {
    await seconds(3);
    hear();
  }
  assertEquals(asked.length, 0);
});

Deno.test("a silent server that answers is left alone, and asked again when it stays silent", async () => {
  const { asked, dead, seconds } = stage();
  await seconds(5);
  assertEquals(asked.length, 1);
  asked[0].answer();
  await seconds(1);
  await seconds(3);
  assertEquals(asked.length, 1);
  await seconds(2);
  assertEquals(asked.length, 2);
  assertEquals(dead, []);
});

Deno.test("a server that neither says nor answers anything is given up in time", async () => {
  const { asked, dead, seconds } = stage();
  await seconds(10);
  assertEquals(dead, []);
  await seconds(1);
  assertEquals(dead, [11000]);
  assertEquals(asked.length, 1);
  assertEquals(asked[0].signal.aborted, true);
});

Deno.test("one that cannot be reached is asked again and again, until it is given up", async () => {
  const { asked, dead, seconds } = stage();
  await seconds(5);
  for (let i = 0; i < 5; i++) {
    asked.at(-1)!.fail();
    await seconds(1);
  }
  assertEquals(dead, []);
  assertEquals(asked.length > 2, true);
  await seconds(1);
  assertEquals(dead.length, 1);
});

Deno.test("something that comes while it is asked is as good as an answer", async () => {
  const { asked, dead, hear, seconds } = stage();
  await seconds(8);
  hear();
  await seconds(4);
  assertEquals(asked.length, 1);
  assertEquals(asked[0].signal.aborted, true);
  assertEquals(dead, []);
});

Deno.test("who slept gives the server all of its time", async () => {
  const { asked, dead, sleep, seconds } = stage();
  await seconds(7);
  sleep(60_000);
  await seconds(1);
  assertEquals(dead, []);
  assertEquals(asked.length, 2);
  asked[1].answer();
  await seconds(3);
  assertEquals(dead, []);
});

Deno.test("a connection on which nothing comes any more is given up though the server answers elsewhere, but not for a sleep", async () => {
  const { watch, asked, dead, hear, sleep, seconds } = stage();
  const answered = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await seconds(1);
      asked.at(-1)?.answer();
    }
  };
  await answered(44);
  assertEquals(dead, []);
  await answered(1);
  assertEquals(dead, [45_000]);
  hear();
  sleep(60_000);
  watch.look(61_000);
  await answered(40);
  assertEquals(dead, [45_000]);
});
