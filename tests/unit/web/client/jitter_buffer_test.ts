import { assert, assertEquals } from "@std/assert";
import { JitterBuffer, RATE } from "../../../../web/client/sound/jitter_buffer.ts";

const QUANTUM = 128, PACKET = 480;

/** Frames that count up, so that what is missing or twice is seen. */
function counting() {
  let next = 0;
  return (frames: number) => {
    const samples = new Float32Array(2 * frames);
    for (let i = 0; i < frames; i++) samples[2 * i] = samples[2 * i + 1] = ++next / 2 ** 24;
    return samples;
  };
}

/** Plays so many seconds; a packet is pushed at the times that `arrivals` says, in frames. */
function play(buffer: JitterBuffer, seconds: number, arrivals: (packet: number) => number) {
  const make = counting(), heard: number[] = [];
  const left = new Float32Array(QUANTUM), right = new Float32Array(QUANTUM);
  let packet = 0;
  for (let at = 0; at < seconds * RATE; at += QUANTUM) {
    while (arrivals(packet) <= at) {
      buffer.push(make(PACKET));
      packet++;
    }
    buffer.pull(left, right);
    heard.push(...left);
  }
  return heard;
}

/** Steps between neighbours, in frames, from the first that is heard on. */
function steps(heard: readonly number[]): number[] {
  const from = heard.findIndex((value) => value > 0);
  const tail = heard.slice(from);
  return tail.slice(1).map((value, i) => (value - tail[i]) * 2 ** 24);
}

Deno.test("sound that comes evenly is heard sample by sample, 60 ms late", () => {
  const buffer = new JitterBuffer();
  const heard = play(buffer, 3, (packet) => packet * PACKET);
  assertEquals(buffer.gaps, 0);
  const late = heard.findIndex((value) => value > 0) * 1000 / RATE;
  assert(late >= 50 && late < 75, `${late} ms`);
  assert(steps(heard).every((step) => Math.abs(step - 1) < 0.01));
});

Deno.test("sound that comes in bursts of 40 ms has no gap", () => {
  const buffer = new JitterBuffer();
  play(buffer, 5, (packet) => (packet - packet % 4 + 4) * PACKET);
  assertEquals(buffer.gaps, 0);
});

Deno.test("gaps teach it to wait longer, calm to wait less", () => {
  const buffer = new JitterBuffer();
  const before = buffer.targetMs;
  // 150 ms of nothing, then all at once, every second
  play(buffer, 10, (packet) => {
    const at = packet * PACKET, within = at % RATE;
    return within < 0.15 * RATE ? at - within + 0.15 * RATE : at;
  });
  assert(buffer.gaps > 0 && buffer.gaps <= 5, `${buffer.gaps} gaps`);
  const learnt = buffer.targetMs;
  assert(learnt > before);
  play(buffer, 60, (packet) => packet * PACKET);
  assert(buffer.targetMs < learnt - 20, `${learnt} to ${buffer.targetMs} ms`);
});

for (const [what, pace] of [["fast", 0.999], ["slow", 1.001]] as const) {
  Deno.test(`a source that is a thousandth too ${what} is followed without gaps`, () => {
    const buffer = new JitterBuffer();
    play(buffer, 120, (packet) => packet * PACKET * pace);
    assertEquals([buffer.gaps, buffer.left], [0, 0]);
    assert(Math.abs(buffer.waitingMs - buffer.targetMs) < 40, `${buffer.waitingMs} ms`);
  });
}

Deno.test("too much at once is left out, the oldest first, and never more than a second is kept", () => {
  const buffer = new JitterBuffer(), make = counting();
  buffer.push(make(RATE / 2));
  assert(buffer.left > 0);
  buffer.push(make(10 * RATE));
  assert(buffer.waitingMs < 1000);
  const left = new Float32Array(QUANTUM), right = new Float32Array(QUANTUM);
  buffer.pull(left, right);
  assert(left[0] > 9 * RATE / 2 ** 24, "the newest is heard");
});

Deno.test("after a stall sound is soon no later than the target and what playing faster makes good", () => {
  const buffer = new JitterBuffer();
  // half a second of nothing, then all at once, once
  const stall = (packet: number) => {
    const at = packet * PACKET;
    return at > RATE && at < 1.5 * RATE ? 1.5 * RATE : at;
  };
  play(buffer, 2, stall);
  assertEquals(buffer.gaps, 1);
  const behind = buffer.waitingMs - buffer.targetMs;
  assert(behind < 70, `${behind} ms more than ${buffer.targetMs} wait`);
});

/** Packets come in bursts of so many; how often sound was left out or missing, from a second on. */
function bursts(count: number, from: number, seconds: number) {
  const buffer = new JitterBuffer();
  const arrivals = (packet: number) => (packet - packet % count + count) * PACKET;
  play(buffer, from, arrivals);
  const { gaps, left } = buffer;
  const make = counting(), quantum = new Float32Array(QUANTUM);
  let packet = 0;
  for (let at = 0; at < seconds * RATE; at += QUANTUM) {
    for (; packet - packet % count <= at / PACKET; packet++) buffer.push(make(PACKET));
    buffer.pull(quantum, new Float32Array(QUANTUM));
  }
  return { gaps: buffer.gaps - gaps, left: buffer.left - left };
}

for (const count of [12, 20, 30]) {
  Deno.test(`sound in bursts of ${count * 10} ms is learnt: after some seconds none is left out or missing`, () => {
    assertEquals(bursts(count, count * PACKET * 20 / RATE, 20), { gaps: 0, left: 0 });
  });
}

Deno.test("what plays has the guest's clock, also after some was left out", () => {
  const buffer = new JitterBuffer(), make = counting();
  const left = new Float32Array(QUANTUM), right = new Float32Array(QUANTUM);
  assertEquals(buffer.stamp, null);
  buffer.push(make(RATE / 10), 5000);
  buffer.pull(left, right);
  assert(Math.abs(buffer.stamp! - (4900 + QUANTUM * 1000 / RATE)) < 1, `${buffer.stamp}`);
  buffer.push(make(RATE / 2), 5500);
  assert(Math.abs(buffer.stamp! - (5500 - buffer.targetMs)) < 1, `${buffer.stamp}`);
  buffer.end();
  for (let i = 0; i < 400; i++) buffer.pull(left, right);
  assertEquals(buffer.stamp, null);
});

Deno.test("whatever stalls there were, what is heard is what was said, or silence", () => {
  const buffer = new JitterBuffer(), make = counting(), heard: number[] = [];
  const left = new Float32Array(QUANTUM), right = new Float32Array(QUANTUM);
  const pull = (quanta: number) => {
    for (let i = 0; i < quanta; i++) {
      buffer.pull(left, right);
      heard.push(...left);
    }
  };
  for (let gap = 1; gap <= 8; gap++) {
    buffer.push(make(RATE * 0.7));
    pull(300);
    assertEquals(buffer.gaps, gap);
  }
  buffer.push(make(RATE * 0.7));
  pull(20);
  assert(buffer.left > 0);
  assert(heard.every((value) => value >= 0), "all of it are numbers");
  assert(heard.at(-1)! * 2 ** 24 > 8 * 0.7 * RATE, "the latest is heard");
});

Deno.test("the end of a tune is heard to its end and is no gap", () => {
  const buffer = new JitterBuffer(), make = counting();
  const left = new Float32Array(QUANTUM), right = new Float32Array(QUANTUM);
  buffer.push(make(1000));
  buffer.end();
  let heard = 0;
  for (let i = 0; i < 20; i++) {
    buffer.pull(left, right);
    heard = Math.max(heard, ...left);
  }
  assertEquals(buffer.gaps, 0);
  assert(heard * 2 ** 24 >= 999, `${heard * 2 ** 24}`);
});
