import { assertEquals, assertRejects } from "@std/assert";
import type { Audience } from "../../../../../core/guest.ts";
import { RecordingError, RecordingReader } from "../../../../../qxl/drivers/replay/recording.ts";
import {
  Replay,
  type ReplayDriver,
  type ReplayOptions,
} from "../../../../../qxl/drivers/replay/replay.ts";
import { FakeClock } from "../../../../kit/fake_clock.ts";
import { ensure, Recorder } from "./recorder.ts";

/** A driver that notes its calls, and has room for so many commands. */
class NotedDriver implements ReplayDriver {
  readonly calls: string[] = [];
  free = Infinity;
  #waiting: (() => void)[] = [];

  #command(call: string): boolean {
    if (this.free === 0) return false;
    this.free--;
    this.calls.push(call);
    return true;
  }
  createPrimary(mode: { width: number; height: number }, pixels?: Uint8Array) {
    this.calls.push(`primary ${mode.width}x${mode.height}${pixels ? " with pixels" : ""}`);
  }
  destroyPrimary = () => void this.calls.push("no primary");
  draw: ReplayDriver["draw"] = ({ kind, base }) => this.#command(`${kind} ${base.box.right}`);
  createSurface: ReplayDriver["createSurface"] = (id) => this.#command(`surface ${id}`);
  destroySurface: ReplayDriver["destroySurface"] = (id) => this.#command(`no surface ${id}`);
  cursor: ReplayDriver["cursor"] = ({ kind }) => this.#command(`cursor ${kind}`);
  updateArea = (id: number) => void this.calls.push(`update ${id}`);
  room = () => new Promise<void>((resolve) => this.#waiting.push(resolve));

  give(free: number): void {
    this.free = free;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Viewers that come and take when the test says so. */
class Viewers implements Pick<Audience, "whenViewers" | "drained"> {
  #arrived = Promise.withResolvers<void>();
  asked = -1;
  waiting: (() => void)[] = [];
  whenViewers(count: number): Promise<void> {
    this.asked = count;
    return count === 0 ? Promise.resolve() : this.#arrived.promise;
  }
  arrive = () => this.#arrived.resolve();
  drained = () => new Promise<void>((resolve) => this.waiting.push(resolve));
}

const recording = () =>
  new Recorder().event(1, 16, 1e9).primary(4, 4, 16, 2e9).fill("0 0 1 1", 1, 3e9).event(1, 2, 3e9)
    .fill("0 0 1 2", 2, 5e9);

function stage(bytes: Uint8Array, options: Partial<ReplayOptions>) {
  const driver = new NotedDriver(), clock = new FakeClock(), viewers = new Viewers();
  const replay = new Replay({
    driver,
    clock,
    audience: () => Promise.resolve(viewers as unknown as Audience),
    open: () => ReadableStream.from([bytes.slice(0, 50), bytes.slice(50)]),
    reader: () => new RecordingReader("test.rec"),
  }, { pace: "max", waitClients: 0, loop: false, ...options });
  return { driver, clock, viewers, replay, done: replay.play() };
}

/** Until everything that can happen without time has happened. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
const whole = ["primary 4x4 with pixels", "drawFill 1", "drawFill 2"];

Deno.test("replay at full pace does all, and says how much it was", async () => {
  const { driver, done } = stage(recording().bytes, {});
  assertEquals(await done, { commands: 2, draws: 2, seconds: 0 });
  assertEquals(driver.calls, whole);
});

Deno.test("replay at the recorded pace keeps the distances between events", async () => {
  const { driver, clock, done } = stage(recording().bytes, { pace: "recorded" });
  await settle();
  assertEquals(driver.calls, whole.slice(0, 1));
  clock.advance(999);
  await settle();
  assertEquals(driver.calls.length, 1);
  clock.advance(1);
  await settle();
  assertEquals(driver.calls.length, 2);
  clock.advance(2000);
  assertEquals((await done).seconds, 3);
});

Deno.test("replay that came late does not wait", async () => {
  const { driver, clock, done } = stage(recording().bytes, { pace: "recorded" });
  await settle();
  clock.advance(60_000);
  assertEquals((await done).commands, 2);
  assertEquals(driver.calls, whole);
});

Deno.test("replay in lockstep waits until every viewer has been sent the last command", async () => {
  const { driver, viewers, done } = stage(recording().bytes, { pace: "lockstep" });
  await settle();
  assertEquals(driver.calls, whole.slice(0, 2));
  viewers.waiting.shift()!();
  await settle();
  assertEquals(driver.calls, whole);
  viewers.waiting.shift()!();
  await done;
});

Deno.test("replay holds until so many clients are there", async () => {
  const { driver, viewers, done } = stage(recording().bytes, { waitClients: 2 });
  await settle();
  assertEquals([viewers.asked, driver.calls.length], [2, 0]);
  viewers.arrive();
  await done;
  assertEquals(driver.calls, whole);
});

Deno.test("replay waits for room in the card, and loses and repeats nothing", async () => {
  const recorder = new Recorder().primary(4, 4, 16);
  for (let i = 1; i <= 9; i++) recorder.fill(`0 0 1 ${i}`, i);
  const { driver, done } = stage(recorder.bytes, {});
  driver.free = 2;
  for (let i = 0; i < 5; i++) {
    await settle();
    assertEquals(driver.calls.length, 1 + Math.min(9, 2 + 2 * i));
    driver.give(2);
  }
  await done;
  assertEquals(driver.calls.slice(1), Array.from({ length: 9 }, (_, i) => `drawFill ${i + 1}`));
});

Deno.test("replay lets time pass for sockets while it goes on", async () => {
  const recorder = new Recorder().primary(4, 4, 16);
  for (let i = 0; i < 40; i++) recorder.fill("0 0 1 1", i);
  const { driver, clock, done } = stage(recorder.bytes, {});
  const slow = driver.draw;
  driver.draw = (...all) => (clock.advance(6), slow(...all));
  let turns = 0;
  const watch = setInterval(() => {
    if (clock.planned === 0) return;
    turns++;
    clock.advance(0);
  }, 1);
  await done;
  clearInterval(watch);
  assertEquals(turns, 5);
});

Deno.test("replay in a loop begins again with a card as new", async () => {
  const recorder = new Recorder().primary(4, 4, 16).event(0, 5).lines(
    "surface_cmd",
    "surface_id 3",
  );
  recorder.lines("type 0", "flags 0", "u.surface_create.format 32", "u.surface_create.width 1");
  recorder.lines("u.surface_create.height 1", "u.surface_create.stride 4");
  const { driver, clock, replay, done } = stage(recorder.bytes, { loop: true });
  await settle();
  const once = ["primary 4x4 with pixels", "surface 3"];
  const cleared = ["no surface 3", "no primary", "cursor reset"];
  assertEquals(driver.calls, [...once, ...cleared]);
  clock.advance(1);
  await settle();
  assertEquals(driver.calls, [...once, ...cleared, ...once, ...cleared]);
  replay.stop();
  assertEquals((await done).commands, 2);
});

Deno.test("replay clears the surfaces and the primary when the recording says so", async () => {
  const recorder = new Recorder().primary(4, 4, 16).event(0, 5).lines(
    "surface_cmd",
    "surface_id 3",
  );
  recorder.lines("type 0", "flags 0", "u.surface_create.format 32", "u.surface_create.width 1");
  recorder.lines("u.surface_create.height 1", "u.surface_create.stride 4").event(1, 19);
  const { driver, done } = stage(recorder.bytes, {});
  await done;
  assertEquals(driver.calls.slice(2), ["no surface 3", "no primary"]);
});

Deno.test("replay stops wherever it waits, and says what it did until then", async () => {
  for (const options of [{ waitClients: 1 }, { pace: "recorded" }, { pace: "lockstep" }] as const) {
    const { clock, replay, done } = stage(recording().bytes, options);
    await settle();
    replay.stop();
    ensure((await done).commands <= 1);
    assertEquals(clock.planned, 0);
  }
  const { driver, replay, done } = stage(recording().bytes, {});
  driver.free = 0;
  await settle();
  replay.stop();
  assertEquals((await done).commands, 0);
});

Deno.test("replay of a bad recording does what is good of it, and fails", async () => {
  const { driver, done } = stage(recording().event(0, 9).bytes, {});
  await assertRejects(() => done, RecordingError, "command type 9");
  assertEquals(driver.calls, whole);
});
