import { assert, assertEquals } from "@std/assert";
import { Sounds } from "../../../../../qxl/drivers/demo/apps/sounds.ts";
import { Ear, Speaker } from "../../../../../qxl/drivers/demo/speaker.ts";
import { chimes, concertPitch, RATE } from "../../../../../qxl/drivers/demo/tunes.ts";
import { FakeClock } from "../../../../kit/fake_clock.ts";
import { loudest } from "../../../../kit/tones.ts";

class Listener {
  events: string[] = [];
  samples: number[] = [];
  started() {
    this.events.push("started");
  }
  played(samples: Int16Array) {
    this.samples.push(...samples);
  }
  stopped() {
    this.events.push("stopped");
  }
  volumeChanged() {}
}

function setting() {
  const clock = new FakeClock(), speaker = new Speaker(clock), ear = new Ear();
  const app = new Sounds(speaker, ear);
  app.host = { damage: () => {}, scroll: () => {} };
  const listener = new Listener();
  return { clock, speaker, ear, app, listener };
}

Deno.test("the demo's tone is an A, as long as time goes by, until it is clicked again", () => {
  const { clock, speaker, app, listener } = setting();
  speaker.attach(listener);
  app.press("left", 58, 25);
  clock.advance(1000);
  app.press("left", 58, 25);
  clock.advance(1000);
  assertEquals(listener.events, ["started", "stopped"]);
  const seconds = listener.samples.length / 2 / RATE;
  assert(Math.abs(seconds - 1) < 0.02, `${seconds} s`);
  assertEquals(loudest(Int16Array.from(listener.samples)), 440);
});

Deno.test("the demo's chimes end by themselves and never clip", () => {
  const { clock, speaker, app, listener } = setting();
  speaker.attach(listener);
  app.press("left", 158, 25);
  assertEquals(speaker.tune, chimes);
  clock.advance(chimes.frames / RATE * 1000 + 100);
  assertEquals(listener.events, ["started", "stopped"]);
  assertEquals(listener.samples.length, 2 * chimes.frames);
  let peak = 0;
  for (let i = 0; i < chimes.frames; i++) peak = Math.max(peak, Math.abs(chimes.at(i)));
  assert(peak > 0.1 && peak < 1, `peak ${peak}`);
});

Deno.test("who listens while something plays is told so; nobody is told after a stop", () => {
  const { clock, speaker, listener } = setting();
  speaker.play(concertPitch);
  clock.advance(500);
  speaker.attach(listener);
  assertEquals(listener.events, ["started"]);
  speaker.attach(null);
  speaker.stop();
  assertEquals([listener.events, clock.planned], [["started"], 0]);
});

Deno.test("after a long pause of the machine the tone goes on, and is not made up for", () => {
  const { clock, speaker, listener } = setting();
  speaker.attach(listener);
  speaker.play(concertPitch);
  const late = listener.samples.length;
  // a clock that jumps without calling anybody
  Object.assign(clock, { now: () => 1_000_000 + 5000 });
  clock.advance(10);
  assert(listener.samples.length - late <= 2 * RATE / 5 + 2 * RATE / 50);
});

Deno.test("the ear is wanted while the microphone button is on, and shows how loud it was", () => {
  const { app, ear } = setting();
  const told: boolean[] = [];
  ear.onWanted((wanted) => told.push(wanted));
  ear.spoken(new Int16Array([30000, 30000]));
  assertEquals(ear.take(), 0);
  app.press("left", 58, 63);
  ear.spoken(new Int16Array([0, -16384]));
  assertEquals([ear.take(), ear.take()], [0.5, 0]);
  app.press("left", 58, 63);
  assertEquals(told, [true, false]);
});
