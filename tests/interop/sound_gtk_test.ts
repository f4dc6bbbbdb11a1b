/** The demo's tone heard, and its ear spoken to, by libspice-client-glib. */
import { assert, assertEquals } from "@std/assert";
import { defaultOptions } from "../../core/config/options.ts";
import { eventually } from "../kit/desk.ts";
import { peer } from "../kit/peers.ts";
import { serveSounds, SoundClient } from "../kit/sounding.ts";
import { longestGap, loudest, strength } from "../kit/tones.ts";

const program = peer("sounds");
const ignore = program === null;

for (const playbackCompression of [true, false]) {
  Deno.test({
    name: `spice-gtk hears the tone without a gap, ${playbackCompression ? "as Opus" : "as it is"}`,
    ignore,
    async fn() {
      await using served = await serveSounds({
        ...defaultOptions,
        listen: { ...defaultOptions.listen, port: 0 },
        sound: { playbackCompression },
      });
      await using client = new SoundClient(program!, served.port);
      await eventually(() => client.has("playback"), "the channel is there");
      served.click("tone");
      await eventually(async () => (await client.heard()).length > 2 * 3 * 48_000, "3 s are heard");
      served.click("tone");
      await eventually(() => client.has("stop"), "the stop is heard");
      const heard = await client.end();
      assertEquals(client.said.find(({ event }) => event === "start"), {
        event: "start",
        format: 1,
        channels: 2,
        rate: 48000,
      });
      // the first and last moments swell and fade
      const middle = heard.subarray(9600, heard.length - 9600);
      assertEquals(loudest(middle), 440);
      const pure = strength(middle.subarray(0, 96_000), 440);
      assert(pure > 0.27 && pure < 0.33, `strength ${pure}`);
      // a silence of 5 ms would be a gap; at 440 Hz there are 1.1 ms between the peaks
      assert(longestGap(middle) < 240, `a gap of ${longestGap(middle)} frames`);
      assertEquals(served.log.lines.filter(({ level }) => level === "error"), []);
    },
  });
}

Deno.test({
  name: "spice-gtk speaks into the demo's ear, as Opus, only while that is switched on",
  ignore,
  async fn() {
    await using served = await serveSounds();
    await using client = new SoundClient(program!, served.port, 660);
    await eventually(() => client.has("record"), "the channel is there");
    await eventually(() => served.log.of("channel-opened").length >= 3, "it is linked");
    assertEquals(client.has("record-start"), false);
    served.click("microphone");
    await eventually(() => served.demo.microphone.frames > 48_000, "a second was heard");
    const peak = served.demo.microphone.take();
    assert(peak > 0.4 && peak < 0.6, `peak ${peak}`);
    served.click("microphone");
    await eventually(() => client.has("record-stop"), "the stop arrived");
    assertEquals(served.log.lines.filter(({ level }) => level === "error"), []);
  },
});
