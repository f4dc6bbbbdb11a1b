import { assertEquals, assertThrows } from "@std/assert";
import { decode, encode } from "../../../../core/binary/codec.ts";
import { ProtocolError, WireError } from "../../../../core/binary/error.ts";
import { Auth, ClientName, SinkInfo } from "../../../../core/pulse/commands.ts";
import { CONTROL, Frames } from "../../../../core/pulse/frames.ts";
import { bytesOfText } from "../../../../core/binary/text.ts";
import { concat } from "../../../kit/concat.ts";
import { frame } from "../../../kit/pulse_script.ts";

const text = (said: string) => [...bytesOfText(said), 0];
const u32 = (n: number) => [n >>> 24, n >>> 16 & 255, n >>> 8 & 255, n & 255];

Deno.test("values have their types in front, as tagstruct.c writes them", () => {
  const cookie = new Uint8Array(256).fill(7);
  assertEquals([...encode(Auth, { version: 19, cookie })], [
    0x4c,
    ...u32(19),
    0x78,
    ...u32(256),
    ...cookie,
  ]);
  assertEquals([...encode(ClientName, { properties: [["media.name", "é"]] })], [
    0x50,
    ...[0x74, ...text("media.name")],
    ...[0x4c, ...u32(3), 0x78, ...u32(3), 0xc3, 0xa9, 0],
    0x4e,
  ]);
});

/** GET_SINK_INFO's answer of PulseAudio 16.1 for a null sink, up to its monitor's name. */
const nullSink = new Uint8Array([
  ...[0x4c, ...u32(0)],
  ...[0x74, ...text("out")],
  ...[0x74, ...text("Null Output")],
  ...[0x61, 3, 2, ...u32(48_000)],
  ...[0x6d, 2, 1, 2],
  ...[0x4c, ...u32(1)],
  ...[0x76, 2, ...u32(0x10000), ...u32(0x10000)],
  0x30,
  ...[0x4c, ...u32(4)],
  ...[0x74, ...text("out.monitor")],
  ...[0x55, 0, 0, 0, 0, 0, 0, 0, 9],
]);

Deno.test("a sink is read as far as it is needed", () => {
  const sink = decode(SinkInfo, nullSink);
  assertEquals(sink.sampleSpec, { format: 3, channels: 2, rate: 48_000 });
  assertEquals([sink.name, sink.monitor, sink.monitorName], ["out", 4, "out.monitor"]);
  assertEquals([sink.muted, sink.volume], [false, [0x10000, 0x10000]]);
});

Deno.test("what is not what it says is told by field and byte", () => {
  const cases: [number, number, string][] = [
    [0, 0x42, "Cannot read index: type 66 where L belongs (at byte 1)"],
    [5, 0x78, "Cannot read name: type 120 where t or N belongs (at byte 6)"],
  ];
  for (const [at, byte, message] of cases) {
    const bytes = nullSink.slice();
    bytes[at] = byte;
    assertThrows(() => decode(SinkInfo, bytes), WireError, message);
  }
  assertThrows(() => decode(SinkInfo, nullSink.subarray(0, 8)), WireError, "a text without an end");
});

Deno.test("frames are found however the stream is cut", () => {
  const samples = new Uint8Array(300).map((_, i) => i);
  const stream = concat([frame(CONTROL, nullSink), frame(5, samples), frame(CONTROL, samples)]);
  for (const step of [1, 3, 19, 20, 21, 1000]) {
    const found: [number, number[]][] = [];
    const frames = new Frames((channel, payload) => found.push([channel, [...payload]]));
    for (let at = 0; at < stream.length; at += step) frames.push(stream.subarray(at, at + step));
    assertEquals(found, [
      [CONTROL, [...nullSink]],
      [5, [...samples]],
      [CONTROL, [...samples]],
    ]);
  }
});

Deno.test("a frame that is too long, empty or not here ends the stream before anything is taken for it", () => {
  const head = (length: number, flags = 0) =>
    new Uint8Array([...u32(length), ...u32(0), ...u32(0), ...u32(0), ...u32(flags)]);
  const cases: [Uint8Array, string][] = [
    [head(0xffffffff), "The sound server sends a frame of 4294967295 bytes"],
    [head((1 << 20) + 1), "The sound server sends a frame of 1048577 bytes"],
    [head(0), "The sound server sends a frame of 0 bytes"],
    [head(8, 0x80000000), "The sound server sends shared memory, which was not agreed on"],
  ];
  for (const [bytes, message] of cases) {
    assertThrows(() => new Frames(() => {}).push(bytes), ProtocolError, message);
  }
});
