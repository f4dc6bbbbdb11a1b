import { assertEquals, assertThrows } from "@std/assert";
import { RecordService } from "../../../channels/record.ts";
import { ProtocolError } from "../../../core/binary/error.ts";
import { OpusEncoder } from "../../../core/codecs/opus/mod.ts";
import type { GuestMicrophone } from "../../../core/guest.ts";
import { RecordChannel } from "../../../core/protocol/record.ts";
import { fakeClient, Talk } from "../../kit/linked.ts";
import { loudest, tone } from "../../kit/tones.ts";

const none = new Uint8Array(0);

class FakeMicrophone implements GuestMicrophone {
  wanted = false;
  heard: number[] = [];
  #listener: (wanted: boolean) => void = () => {};
  onWanted(listener: (wanted: boolean) => void): void {
    this.#listener = listener;
  }
  spoken(samples: Int16Array): void {
    this.heard.push(...samples);
  }
  want(wanted: boolean): void {
    this.wanted = wanted;
    this.#listener(wanted);
  }
}

function setting(wanted = false) {
  const microphone = new FakeMicrophone();
  microphone.wanted = wanted;
  const service = new RecordService(microphone);
  return { microphone, service, talk: new Talk(RecordChannel, service, fakeClient()) };
}

Deno.test("nothing is said of recording until the guest records; then start, and stop at the end", () => {
  const { microphone, talk } = setting();
  assertEquals(talk.names(), []);
  microphone.want(true);
  talk.exchange();
  assertEquals(talk.take(), [
    { name: "start", body: { channels: 2, format: "s16", frequency: 48000 } },
  ]);
  microphone.want(false);
  talk.exchange();
  assertEquals(talk.names(), ["stop"]);
});

Deno.test("who comes while the guest records is asked at once; who left is not asked", () => {
  const { microphone, talk, service } = setting(true);
  assertEquals(talk.names(), ["start"]);
  talk.conversation.closed();
  microphone.want(false);
  talk.exchange();
  assertEquals(talk.names(), []);
  assertEquals(service.exclusive, true);
});

Deno.test("samples as they are reach the guest, those after the stop do not", () => {
  const { microphone, talk } = setting(true);
  talk.say.mode({ time: 1, mode: "raw", data: none });
  talk.say.startMark({ time: 1 });
  talk.say.data({ time: 2, data: new Uint8Array([1, 0, 0xff, 0xff, 3, 0, 4, 0]) });
  microphone.want(false);
  talk.say.data({ time: 3, data: new Uint8Array([9, 9, 9, 9]) });
  assertEquals(microphone.heard, [1, -1, 3, 4]);
});

Deno.test("Opus is decoded", () => {
  const { microphone, talk } = setting(true);
  talk.say.mode({ time: 1, mode: "opus", data: none });
  const encoder = new OpusEncoder(), samples = tone(660, 0.5);
  for (let at = 0; at < samples.length; at += 960) {
    talk.say.data({ time: at, data: encoder.encode(samples.subarray(at, at + 960)) });
  }
  assertEquals(microphone.heard.length, samples.length);
  assertEquals(loudest(Int16Array.from(microphone.heard).subarray(9600)), 660);
});

Deno.test("what is no sound ends the channel: half frames, damaged packets, unknown modes", () => {
  const { talk } = setting(true);
  assertThrows(() => talk.say.data({ time: 1, data: new Uint8Array(7) }), ProtocolError);
  assertThrows(() => talk.say.mode({ time: 1, mode: "celt051", data: none }), ProtocolError);
  talk.say.mode({ time: 1, mode: "opus", data: none });
  for (const data of [none, new Uint8Array(5000), new Uint8Array([3, 0, 255, 255, 255])]) {
    assertThrows(() => talk.say.data({ time: 1, data }), ProtocolError);
  }
  assertThrows(() => talk.say.data({ time: 1, data: new Uint8Array(1 << 17) }));
});
