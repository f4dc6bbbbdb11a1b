import { assertEquals, assertThrows } from "@std/assert";
import { Pulse, type PulseNames } from "../../../../channels/audiodev/pulse.ts";
import { decode } from "../../../../core/binary/codec.ts";
import { ProtocolError } from "../../../../core/binary/error.ts";
import { Command, CommandHead } from "../../../../core/pulse/commands.ts";
import { CONTROL, Frames } from "../../../../core/pulse/frames.ts";
import { FakeClock } from "../../../kit/fake_clock.ts";
import { FakePort } from "../../../kit/fake_port.ts";
import { FakeLog } from "../../../kit/linked.ts";
import * as script from "../../../kit/pulse_script.ts";

const BOTH = { sink: "out", ear: "ear" };
const NAMES = new Map<number, string>(Object.entries(Command).map(([name, n]) => [n, name]));

/** A port with a server at its end that is the test. */
function stage(names: PulseNames) {
  const port = new FakePort("port", "snd0"), clock = new FakeClock(), log = new FakeLog();
  const pulse = new Pulse(names, port, clock, log);
  port.user = pulse;
  const ear = { samples: [] as number[], said: [] as string[] };
  const listener = {
    started: () => void ear.said.push("started"),
    played: (samples: Int16Array) => void ear.samples.push(...samples),
    stopped: () => void ear.said.push("stopped"),
    volumeChanged() {},
  };
  /** What was said since: commands by name, samples by their number. */
  const said = (): (string | number)[] => {
    const all: (string | number)[] = [];
    new Frames((channel, payload) => {
      if (channel !== CONTROL) return all.push(payload.length / 4);
      const { command } = decode(CommandHead, payload.slice(0, CommandHead.min));
      all.push(NAMES.get(command)!);
    }).push(port.take());
    return all;
  };
  const hear = (on: boolean) => pulse.sound.attach(on ? listener : null);
  return { port, clock, log, pulse, ear, said, hear };
}

/** As far as both sinks are known. */
function found() {
  const all = stage(BOTH);
  all.port.become(true);
  assertEquals(all.said(), ["auth"]);
  all.port.say(script.version(0, 35));
  assertEquals(all.said(), ["setClientName"]);
  all.port.say(script.done(1));
  assertEquals(all.said(), ["subscribe", "getSinkInfo"]);
  all.port.say(script.done(2));
  all.port.say(script.sink(3, "out", 0));
  assertEquals(all.said(), ["getSinkInfo"]);
  assertEquals(all.pulse.open, false);
  all.port.say(script.sink(4, "ear", 1));
  assertEquals(all.said(), ["getSourceOutputInfoList"]);
  assertEquals(all.pulse.open, true);
  return all;
}

Deno.test("a sink is heard while somebody listens, and no longer", () => {
  const { port, said, hear, ear } = found();
  hear(true);
  assertEquals(said(), ["createRecordStream"]);
  // nobody listens any more before the server has answered
  hear(false);
  hear(true);
  assertEquals(said(), []);
  port.say(script.recording(6, 12));
  const samples = new Int16Array(960).fill(5);
  port.say(script.frame(12, new Uint8Array(samples.buffer)));
  port.say(script.frame(11, new Uint8Array(samples.buffer)));
  assertEquals([ear.said, ear.samples.length], [["started"], 960]);
  hear(false);
  assertEquals(said(), ["deleteRecordStream"]);
});

Deno.test("the microphone is asked for while a program records from its sink, and goes where there is room", () => {
  const { port, said, pulse } = found();
  const wanted: boolean[] = [];
  pulse.microphone!.onWanted((now) => wanted.push(now));
  // the other sink's recorder, and one that pauses
  port.say(script.recorders(5, { source: 100 }, { source: 101, paused: true }));
  pulse.microphone!.spoken(new Int16Array(960).fill(1));
  assertEquals([wanted, said()], [[], []]);
  port.say(script.changed(3));
  port.say(script.changed(3));
  assertEquals(said(), ["getSourceOutputInfoList"]);
  port.say(script.recorders(6, { source: 101 }));
  // the list may have been made before the second change
  assertEquals([wanted, said()], [[true], ["createPlaybackStream", "getSourceOutputInfoList"]]);
  pulse.microphone!.spoken(new Int16Array(960).fill(1));
  assertEquals(said(), []);
  port.say(script.playing(7, 3, 2000));
  pulse.microphone!.spoken(new Int16Array(960).fill(1));
  pulse.microphone!.spoken(new Int16Array(960).fill(1));
  assertEquals(said(), [480, 20]);
  port.say(script.request(3, 0xffffffff));
  for (let i = 0; i < 20; i++) pulse.microphone!.spoken(new Int16Array(960).fill(1));
  assertEquals(said().reduce<number>((sum, n) => sum + Number(n), 0), 7680);
  port.say(script.recorders(8));
  assertEquals([wanted, said()], [[true, false], ["deletePlaybackStream"]]);
});

Deno.test("a microphone's sink that is made anew is found again, without another connection", () => {
  const { port, said, pulse } = found();
  const wanted: boolean[] = [];
  pulse.microphone!.onWanted((now) => wanted.push(now));
  port.say(script.recorders(5));
  port.say(script.made(0));
  port.say(script.made(0));
  assertEquals(said(), ["getSinkInfo"]);
  port.say(script.sink(6, "ear", 7));
  assertEquals(said(), ["getSinkInfo", "getSourceOutputInfoList"]);
  port.say(script.sink(7, "ear", 7));
  port.say(script.recorders(8, { source: 107 }));
  assertEquals([wanted, said()], [[true], ["createPlaybackStream"]]);
});

Deno.test("what the server refuses is told once, by name, and ends the connection", () => {
  const { port, log } = stage({ sink: "out", ear: null });
  for (let i = 0; i < 2; i++) {
    port.become(true);
    port.say(script.version(0, 35));
    port.say(script.done(1));
    const message = 'The sound server refuses the sink "out": there is no such thing';
    assertThrows(() => port.say(script.refused(3, 5)), ProtocolError, message);
    port.become(false);
  }
  assertEquals(log.of("sound-failed").length, 1);
});

Deno.test("a server that errs is told so", () => {
  const cases: [string, (port: FakePort) => void][] = [
    [
      "The sound server refuses the login; it may want its cookie: access denied",
      (port) => port.say(script.refused(0, 1)),
    ],
    [
      "The sound server speaks version 18 of its protocol; 19 is needed",
      (port) => port.say(script.version(0, 18)),
    ],
    [
      "The sound server answers what nobody asked (tag 9)",
      (port) => port.say(script.done(9)),
    ],
    [
      'The sink "ear" is heard; a microphone needs another',
      (port) => {
        port.say(script.version(0, 35));
        port.say(script.done(1));
        port.say(script.sink(3, "ear", 0));
        port.say(script.sink(4, "ear", 0));
      },
    ],
  ];
  for (const [message, say] of cases) {
    const { port } = stage(BOTH);
    port.become(true);
    assertThrows(() => say(port), ProtocolError, message);
  }
});

Deno.test("a server that says nothing is begun with anew", () => {
  const { port, clock, log, pulse } = stage(BOTH);
  port.become(true);
  let attached = 0;
  port.attach = (user) => void (attached += user === pulse ? 1 : 0);
  clock.advance(9_000);
  assertEquals(attached, 0);
  clock.advance(1_000);
  assertEquals([attached, log.of("sound-failed").length], [1, 1]);
  assertEquals(clock.planned, 0);
});

Deno.test("another default sink is followed", () => {
  const { port, said, pulse } = stage({ sink: null, ear: null });
  port.become(true);
  port.say(script.version(0, 35));
  port.say(script.done(1));
  port.say(script.sink(3, "first", 0));
  said();
  let attached = 0;
  port.attach = (user) => void (attached += user === pulse ? 1 : 0);
  // however often it changes, one question is under way
  for (let i = 0; i < 100; i++) port.say(script.changed(7));
  assertEquals(said(), ["getSinkInfo"]);
  port.say(script.sink(4, "first", 0));
  assertEquals([attached, pulse.open], [0, true]);
  assertEquals(said(), ["getSinkInfo"]);
  port.say(script.sink(5, "second", 1));
  assertEquals([attached, pulse.open], [1, false]);
});

Deno.test("a stream that the server ends ends the connection, and nothing is heard of it any more", () => {
  const { port, hear, ear, pulse } = found();
  hear(true);
  port.say(script.recording(6, 12));
  port.say(script.frame(12, new Uint8Array(3840).fill(1)));
  assertEquals(ear.said, ["started"]);
  assertThrows(() => port.say(script.killed(12)), ProtocolError, "ended our stream");
  port.become(false);
  assertEquals([ear.said, pulse.open], [["started", "stopped"], false]);
});

Deno.test("sound that waited while the appliance stood still does not stay late", () => {
  const { clock, port, hear, ear } = found();
  hear(true);
  port.say(script.recording(6, 12));
  const piece = 20 * 48;
  let sent = 0;
  const say = (pieces: number) => {
    for (let i = 0; i < pieces; i++, sent++) {
      const samples = new Int16Array(2 * piece).fill(1 + sent % 30_000);
      port.say(script.frame(12, new Uint8Array(samples.buffer)));
    }
  };
  const live = (ms: number) => {
    for (let t = 0; t < ms; t += 20) {
      say(1);
      clock.advance(20);
    }
  };
  live(1000);
  const whole = ear.samples.length;
  assertEquals(whole, 2 * piece * sent);
  // 600 ms come at once, of which 80 may be heard ahead of their time
  clock.advance(600);
  say(30);
  const late = () => sent - ear.samples.at(-1)!;
  assertEquals(late() >= 25, true, `${late()} pieces wait`);
  live(1200);
  assertEquals(late(), 0);
  // and what comes regularly is whole
  const from = ear.samples.length, first = sent;
  live(2000);
  assertEquals(ear.samples.length - from, 2 * piece * (sent - first));
});
