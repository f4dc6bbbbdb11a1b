import { assert, assertEquals } from "@std/assert";
import { MmClock } from "../../../channels/mm_clock.ts";
import { PlaybackService } from "../../../channels/playback.ts";
import { OpusDecoder } from "../../../core/codecs/opus/mod.ts";
import type { GuestSound, SoundListener } from "../../../core/guest.ts";
import { Capabilities, PlaybackCap } from "../../../core/protocol/capabilities.ts";
import { Playback } from "../../../core/protocol/playback.ts";
import { FakeClock } from "../../kit/fake_clock.ts";
import { fakeClient, Talk } from "../../kit/linked.ts";
import { loudest, tone } from "../../kit/tones.ts";

const gtk = Capabilities.of(PlaybackCap.volume, PlaybackCap.latency, PlaybackCap.opus);
const old = Capabilities.of();

class FakeSound implements GuestSound {
  listener: SoundListener | null = null;
  attached = 0;
  attach(listener: SoundListener | null): void {
    this.listener = listener;
    this.attached++;
  }
}

function setting({ compress = true, now = 1_000_000 } = {}) {
  const clock = new FakeClock(now), sound = new FakeSound(), mmClock = new MmClock(clock);
  const service = new PlaybackService(sound, mmClock, compress);
  const join = (caps = gtk) => new Talk(Playback, service, fakeClient({ clock }), { caps });
  /** Ten milliseconds pass, and the guest plays them. */
  const play = (samples: Int16Array, talks: { exchange(): void }[]) => {
    for (let at = 0; at < samples.length; at += 960) {
      sound.listener!.played(samples.subarray(at, at + 960));
      clock.advance(10);
      for (const talk of talks) talk.exchange();
    }
  };
  return { clock, sound, mmClock, service, join, play };
}

Deno.test("playback says the mode before the start; Opus where both can, else samples as they are", () => {
  for (
    const [compress, caps, mode] of [[true, gtk, "opus"], [true, old, "raw"], [
      false,
      gtk,
      "raw",
    ]] as const
  ) {
    const { sound, join } = setting({ compress });
    const talk = join(caps);
    sound.listener!.started();
    talk.exchange();
    const [first, second, ...rest] = talk.take();
    assertEquals([first.name, first.body.mode], ["mode", mode]);
    assertEquals(second.name, "start");
    assertEquals(
      [second.body.channels, second.body.format, second.body.frequency],
      [2, "s16", 48000],
    );
    assertEquals(rest, []);
  }
});

Deno.test("samples as they are arrive in packets of 480 frames, stamped 10 ms apart, the last filled with silence", () => {
  const { sound, join, clock } = setting({ compress: false });
  const talk = join();
  sound.listener!.started();
  talk.exchange();
  talk.take();
  const samples = Int16Array.from({ length: 2 * 1100 }, (_, i) => i);
  sound.listener!.played(samples.subarray(0, 700));
  clock.advance(7);
  sound.listener!.played(samples.subarray(700));
  sound.listener!.stopped();
  talk.exchange();
  const told = talk.take();
  assertEquals(told.map(({ name }) => name), ["data", "data", "data", "stop"]);
  const heard = told.slice(0, 3).flatMap((
    { body },
  ) => [...new Int16Array(body.data.slice().buffer)]);
  assertEquals(heard, [...samples, ...new Array(3 * 960 - samples.length).fill(0)]);
  const times = told.slice(0, 3).map(({ body }) => body.time);
  assertEquals(times.map((time) => time - times[0]), [0, 10, 20]);
});

Deno.test("several clients hear one encoding; a tone is still that tone", () => {
  const { sound, join, play } = setting();
  const talks = [join(), join()];
  sound.listener!.started();
  play(tone(440, 0.5), talks);
  const packets = talks.map((talk) =>
    talk.take().filter(({ name }) => name === "data").map(({ body }) => body.data as Uint8Array)
  );
  assertEquals(packets[0].length, 50);
  assertEquals(packets[0], packets[1]);
  const decoder = new OpusDecoder();
  const heard = packets[0].flatMap((packet) => [...decoder.decode(packet)]);
  assertEquals(loudest(Int16Array.from(heard).subarray(9600)), 440);
});

Deno.test("who comes while something plays is told so; the guest is listened to while somebody is there", () => {
  const { sound, join } = setting();
  const first = join();
  const listener = sound.listener!;
  listener.started();
  listener.volumeChanged([0x8000, 0xffff], true);
  const second = join();
  assertEquals(second.names(), ["mode", "volume", "mute", "start"]);
  first.conversation.closed();
  assert(sound.listener !== null);
  second.conversation.closed();
  assertEquals([sound.listener, sound.attached], [null, 2]);
});

Deno.test("volume is told to those that know the word", () => {
  const { sound, join } = setting();
  const [knows, not] = [join(), join(old)];
  sound.listener!.volumeChanged([1, 65535], false);
  knows.exchange();
  not.exchange();
  const [, volume, mute] = knows.take();
  assertEquals([volume.body, mute.body], [{ volume: [1, 65535] }, { mute: 0 }]);
  assertEquals(not.names(), ["mode"]);
});

Deno.test("while sound plays the time is the sound's: what streams demand is told as latency", () => {
  const { sound, join, mmClock } = setting();
  const announced: number[] = [];
  const talk = join(), deaf = join(old), calm = join();
  mmClock.onAnnounce(talk.client, (time) => announced.push(time));
  sound.listener!.started();
  for (const { client } of [talk, deaf]) mmClock.demandLatency(client, 700);
  for (const each of [talk, deaf, calm]) each.exchange();
  assertEquals(talk.names(), ["mode", "start", "latency"]);
  assertEquals(deaf.names(), ["mode", "start"]);
  assertEquals(calm.names(), ["mode", "start"]);
  assertEquals(announced, []);
  sound.listener!.stopped();
  assertEquals(announced.length, 1);
});

Deno.test("a latency that a stream demanded before is told after the start", () => {
  const { sound, join, mmClock } = setting();
  const talk = join();
  mmClock.demandLatency(talk.client, 900);
  sound.listener!.started();
  talk.exchange();
  const told = talk.take();
  assertEquals(told.map(({ name }) => name), ["mode", "start", "latency"]);
  assertEquals(told[2].body, { latencyMs: 900 });
});

Deno.test("a client that does not read misses the oldest sound and costs 200 ms of it", () => {
  const { sound, join, play } = setting({ compress: false });
  const talk = join(), reader = join();
  sound.listener!.started();
  talk.reading = false;
  const samples = Int16Array.from({ length: 960 * 200 }, (_, i) => Math.floor(i / 960));
  play(samples, [talk, reader]);
  assert(talk.conversation.outbox.waitingBytes < 8192);
  talk.reading = true;
  talk.exchange();
  const heard = talk.take().filter(({ name }) => name === "data").map(({ body }) => body.data[0]);
  assertEquals(heard.slice(0, 3), [0, 1, 2]);
  assertEquals(heard.slice(-20), Array.from({ length: 20 }, (_, i) => 180 + i));
  assert(heard.length <= 23, `${heard.length} packets`);
  assertEquals(reader.take().filter(({ name }) => name === "data").length, 200);
});

Deno.test("a source that does not keep time: what comes 200 ms too early is left out, stamps never go back", () => {
  const { sound, join, clock } = setting({ compress: false });
  const talk = join();
  sound.listener!.started();
  sound.listener!.played(new Int16Array(960 * 1000));
  talk.exchange();
  const early = talk.take().filter(({ name }) => name === "data");
  assert(early.length >= 20 && early.length <= 30, `${early.length} packets`);
  clock.advance(5000);
  sound.listener!.played(new Int16Array(960 * 3));
  talk.exchange();
  const late = talk.take();
  const times = [...early, ...late].map(({ body }) => body.time as number);
  assert(times.every((time, i) => i === 0 || time >= times[i - 1]));
  const steps = late.map(({ body }, i) => body.time - late[0].body.time - 10 * i);
  assert(steps.length === 3 && steps.every((step) => Math.abs(step) <= 1), `${steps}`);
});
