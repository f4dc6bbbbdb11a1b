import { assert, assertEquals } from "@std/assert";
import { PcmMicrophone, PcmSound, pcmUser } from "../../../../channels/audiodev/pcm.ts";
import type { SoundListener } from "../../../../core/guest.ts";
import { FakeClock } from "../../../kit/fake_clock.ts";
import { FakePort } from "../../../kit/fake_port.ts";

const STEREO = { frequency: 48_000, channels: 2 } as const;

class Ear implements SoundListener {
  readonly said: string[] = [];
  readonly samples: number[] = [];
  started() {
    this.said.push("started");
  }
  played(samples: Int16Array) {
    this.samples.push(...samples);
  }
  stopped() {
    this.said.push("stopped");
  }
  volumeChanged() {}
}

function stage(format: { frequency: number; channels: 1 | 2 } = STEREO) {
  const clock = new FakeClock(), port = new FakePort("port"), ear = new Ear();
  const sound = new PcmSound(format, clock, (on) => port.flow(on));
  const microphone = new PcmMicrophone(format, port);
  sound.attach(ear);
  port.attach(pcmUser(sound, microphone));
  return { clock, port, ear, sound, microphone };
}

/** Frames that count up, never silent. */
function counting(frames: number, from = 1): Int16Array {
  return Int16Array.from({ length: 2 * frames }, (_, i) => (from + i) % 30_000 + 1);
}
const bytesOf = (samples: Int16Array) => new Uint8Array(samples.buffer.slice(0));

Deno.test("every sample is heard once, in order, however the bytes are cut", () => {
  const { clock, port, ear } = stage();
  const samples = counting(4800), bytes = bytesOf(samples);
  for (let at = 0, n = 1; at < bytes.length; at += n, n = n * 5 % 977 + 1) {
    while (!port.flowing) clock.advance(5);
    port.say(bytes.subarray(at, at + n));
  }
  clock.advance(200);
  assertEquals(ear.samples, [...samples]);
  assertEquals(ear.said, ["started"]);
  clock.advance(1000);
  assertEquals(ear.said, ["started", "stopped"]);
  assertEquals(clock.planned, 0);
});

Deno.test("a writer that knows no time is made to keep it", () => {
  const { clock, port, ear } = stage();
  const began = clock.now(), samples = counting(48_000), bytes = bytesOf(samples);
  let most = 0;
  for (let at = 0; at < bytes.length; at += 8192) {
    while (!port.flowing) clock.advance(1);
    port.say(bytes.subarray(at, at + 8192));
    most = Math.max(most, ear.samples.length / 96 - (clock.now() - began));
  }
  clock.advance(100);
  assert(most <= 80, `${most} ms too early`);
  assert(clock.now() - began >= 920, `a second was over after ${clock.now() - began} ms`);
  assertEquals(ear.samples.length, samples.length);
});

Deno.test("who paused is heard at once, and gets no time back", () => {
  const { clock, port, ear } = stage();
  port.say(bytesOf(counting(480)));
  clock.advance(500);
  port.say(bytesOf(counting(12_000)));
  assertEquals(ear.samples.length / 2, 480 + 3840);
  assertEquals(port.flowing, false);
});

Deno.test("silence is no sound: a sink that writes it for ever plays nothing", () => {
  const { clock, port, ear } = stage();
  const tick = (samples: Int16Array, times: number) => {
    for (let i = 0; i < times; i++) {
      port.say(bytesOf(samples));
      clock.advance(10);
    }
  };
  tick(new Int16Array(960), 300);
  assertEquals([ear.said, ear.samples.length], [[], 0]);
  tick(counting(480), 10);
  tick(new Int16Array(960), 99);
  assertEquals(ear.said, ["started"]);
  tick(new Int16Array(960), 10);
  assertEquals(ear.said, ["started", "stopped"]);
  tick(counting(480), 1);
  assertEquals(ear.said, ["started", "stopped", "started"]);
});

Deno.test("nobody hears: the writer goes on at its pace; who comes later is told that it plays", () => {
  const { clock, port, sound } = stage();
  sound.attach(null);
  for (let i = 0; i < 100; i++) {
    assertEquals(port.flowing, true);
    port.say(bytesOf(counting(480)));
    clock.advance(10);
  }
  const late = new Ear();
  sound.attach(late);
  assertEquals([late.said, sound.heard], [["started"], true]);
});

Deno.test("a new stream begins with a whole frame", () => {
  const { clock, port, ear } = stage();
  port.say(Uint8Array.of(1, 0, 2));
  port.become(false);
  port.become(true);
  port.say(bytesOf(Int16Array.of(7, 8)));
  clock.advance(2000);
  assertEquals(ear.samples, [7, 8]);
});

Deno.test("one channel of 16 kHz is heard on both sides at 48 kHz", () => {
  const { clock, port, ear } = stage({ frequency: 16_000, channels: 1 });
  const samples = new Int16Array(1600).fill(1000);
  port.say(bytesOf(samples));
  clock.advance(200);
  const frames = ear.samples.length / 2;
  assert(frames > 4700 && frames <= 4800, `${frames}`);
  assertEquals(ear.samples.slice(400), ear.samples.slice(400).fill(1000));
});

Deno.test("what is spoken is written as it is wanted, and no more than a reader takes", () => {
  const { port, microphone } = stage({ frequency: 48_000, channels: 1 });
  const wanted: boolean[] = [];
  microphone.onWanted((want) => wanted.push(want));
  microphone.spoken(Int16Array.of(10, 20, 30, 40));
  assertEquals(port.take(), bytesOf(Int16Array.of(15, 35)));
  port.waitingBytes = 70_000;
  microphone.spoken(Int16Array.of(10, 20));
  assertEquals(port.take().length, 0);
  port.waitingBytes = 0;
  port.become(false);
  microphone.spoken(Int16Array.of(10, 20));
  assertEquals([port.take().length, microphone.wanted], [0, false]);
  port.become(true);
  assertEquals([wanted, microphone.wanted], [[false, true], true]);
});
