import { assertEquals } from "@std/assert";
import { Capabilities, channelCaps, DisplayCap } from "../../../../core/protocol/capabilities.ts";
import { channels } from "../../../../core/protocol/channels.ts";

Deno.test("capabilities stand in as many words as the highest needs", () => {
  assertEquals(Capabilities.of().words, []);
  assertEquals(Capabilities.of(0, 31).words, [0x80000001]);
  assertEquals(Capabilities.of(33).words, [0, 2]);
});

Deno.test("a capability beyond the words that came is not there", () => {
  const caps = Capabilities.of(DisplayCap.composite, 31);
  assertEquals([2, 31, 3, 32, 1000].map((bit) => caps.has(bit)), [true, true, false, false, false]);
});

Deno.test("every channel says which capabilities there are", () => {
  assertEquals(Object.keys(channelCaps), channels.map(({ name }) => name));
});
