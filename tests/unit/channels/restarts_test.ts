import { assertEquals, assertThrows } from "@std/assert";
import { MOST_RESTARTS, restarting } from "../../../channels/restarts.ts";
import type { Helper } from "../../../channels/spawn.ts";

function scene() {
  const workers: (Helper & { readonly heard: unknown[]; closed: boolean })[] = [];
  const state = { allowed: true };
  const start = (): Helper => {
    if (!state.allowed) throw new Deno.errors.NotCapable("may not run it");
    const heard: unknown[] = [];
    const worker = {
      heard,
      closed: false,
      post: (message: unknown) => void heard.push(message),
      onMessage: null,
      onLost: null,
      close: () => void (worker.closed = true),
    };
    workers.push(worker);
    return worker;
  };
  return { workers, state, start };
}

Deno.test("another worker has the place of a lost one, so often and no more", () => {
  const { workers, start } = scene();
  const helper = restarting(start), heard: unknown[] = [];
  helper.onMessage = (message) => heard.push(message);
  helper.onLost = (reason, again) => heard.push([reason, again]);
  helper.post("a");
  for (let i = 0; i <= MOST_RESTARTS; i++) workers[i].onLost!(`${i}`, false);
  helper.post("b");
  workers.at(-1)!.onMessage!("c");
  const again = (i: number) => [`${i}`, i < MOST_RESTARTS];
  assertEquals(heard, [...Array.from({ length: MOST_RESTARTS + 1 }, (_, i) => again(i)), "c"]);
  assertEquals(workers.length, MOST_RESTARTS + 1);
  assertEquals([workers[0].heard, workers.at(-1)!.heard], [["a"], ["b"]]);
});

Deno.test("a worker that may not be started again is lost for good, and one that was closed is not missed", () => {
  const { workers, state, start } = scene();
  const helper = restarting(start), heard: unknown[] = [];
  helper.onLost = (reason, again) => heard.push([reason, again]);
  state.allowed = false;
  workers[0].onLost!("shot", false);
  assertEquals([heard, workers.length], [[["shot", false]], 1]);
  assertThrows(() => restarting(start), Deno.errors.NotCapable);
  state.allowed = true;
  const other = restarting(start);
  other.onLost = () => heard.push("missed");
  other.close();
  workers[1].onLost!("closed", false);
  assertEquals([heard.length, workers.length, workers[1].closed], [1, 2, true]);
});
