/**
 * Hostile sound servers: damaged conversations. One ends its own connection or is listened to; nothing
 * else comes out, and what is said to it stays small.
 */
import { assert } from "@std/assert";
import { ProtocolError, WireError } from "../../core/binary/error.ts";
import { seeded } from "../../core/binary/random.ts";
import { Pulse } from "../../channels/audiodev/pulse.ts";
import { concat } from "../kit/concat.ts";
import { effort } from "../kit/effort.ts";
import { FakeClock } from "../kit/fake_clock.ts";
import { FakePort } from "../kit/fake_port.ts";
import { FakeLog } from "../kit/linked.ts";
import { mutate } from "../kit/mutate.ts";
import * as script from "../kit/pulse_script.ts";

const deaf = { started() {}, played() {}, stopped() {}, volumeChanged() {} };
/** Questions, and 160 ms of the microphone. */
const MOST_SAID = 1 << 17;

Deno.test(`PulseAudio: ${effort.soundServers} damaged servers end their own connections and nothing else`, () => {
  const random = seeded(0x5a1);
  const begin = [script.version(0, 35), script.done(1), script.done(2), script.sink(3, "out", 0)]
    .concat(script.sink(4, "ear", 1), script.recording(5, 12));
  const seeds = [
    begin,
    [...begin, script.frame(12, new Uint8Array(64).fill(3)), script.changed(7), script.killed(12)],
    [...begin, script.recorders(6, { source: 101 }), script.playing(7, 3, 2000), script.changed(3)]
      .concat(script.request(3, 4000), script.recorders(8), script.done(9)),
    [script.version(0, 35), script.done(1), script.refused(3, 5)],
  ].map(concat);
  const into = new Uint8Array(4096);
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    for (let i = 0; i < effort.soundServers; i++) {
      const n = mutate(random, seeds[random.below(4)], seeds[random.below(4)], into);
      const port = new FakePort("port"), clock = new FakeClock();
      const pulse = new Pulse({ sink: "out", ear: "ear" }, port, clock, new FakeLog());
      port.user = pulse;
      pulse.sound.attach(deaf);
      port.become(true);
      try {
        for (let at = 0; at < n;) {
          const step = 1 + random.below(n);
          port.say(into.subarray(at, Math.min(n, at + step)));
          at += step;
          pulse.microphone!.spoken(new Int16Array(960));
        }
      } catch (error) {
        if (!(error instanceof ProtocolError || error instanceof WireError)) {
          throw new Error(`Damaged server ${i}: ${into.subarray(0, n).toHex()}`, { cause: error });
        }
      }
      const said = port.take().length;
      assert(said < MOST_SAID, `${said} bytes were said to server ${i}`);
      port.become(false);
      assert(!pulse.open && clock.planned === 0, `server ${i} left something`);
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
});
