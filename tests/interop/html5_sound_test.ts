/** spice-html5 plays our Opus in Chromium, which decodes it in a MediaSource of its own. */
import { assertEquals } from "@std/assert";
import { Chromium } from "../kit/chromium.ts";
import { eventually } from "../kit/desk.ts";
import { html5Installed, servePages } from "../kit/html5.ts";
import { needs } from "../kit/peers.ts";
import { serveSounds } from "../kit/sounding.ts";

/** What the page's player has: seconds decoded, seconds played, and the strongest frequency now. */
const player = `(async () => {
  // one whose sound ended before it began stays in the page
  const audio = [...document.querySelectorAll("audio")].at(-1);
  if (!audio) return null;
  // each start of the sound has a player of its own
  if (globalThis.listening?.audio !== audio) {
    const context = new AudioContext({ sampleRate: 48000 }), analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    context.createMediaElementSource(audio).connect(analyser);
    globalThis.listening = { audio, context, analyser };
  }
  const { context, analyser } = listening;
  // neither is waited for: without data it may be for ever
  context.resume();
  audio.play().catch(() => {});
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  let best = 0;
  for (let i = 1; i < bins.length; i++) if (bins[i] > bins[best]) best = i;
  const { buffered, currentTime, error } = audio;
  let decoded = 0;
  for (let i = 0; i < buffered.length; i++) decoded += buffered.end(i) - buffered.start(i);
  return {
    decoded,
    played: currentTime,
    error: error && error.message,
    hertz: best * context.sampleRate / analyser.fftSize,
    decibels: Math.max(bins[best], -200),
  };
})()`;

Deno.test({
  name: "spice-html5 plays the demo's tone, decoded from our Opus by the browser",
  ignore: !html5Installed() || needs("chromium").ignore,
  async fn() {
    await using served = await serveSounds();
    await using web = servePages();
    await using browser = await Chromium.open(
      `${web.url}/spice_auto.html?host=127.0.0.1&port=${served.port}&path=`,
    );
    await eventually(
      () => served.log.lines.some(({ fields }) => fields.channel === "playback-0"),
      "the channel is linked",
      120,
    );
    // somebody clicks: from then on a browser lets a page be heard
    await browser.mouse("Pressed", 3, 890);
    await browser.mouse("Released", 3, 890);
    // deno-lint-ignore no-explicit-any
    let seen: any = null;
    await eventually(
      async () => {
        // it ends by itself, and machines may be slow
        if (!served.demo.sound.tune) served.click("tone");
        seen = await browser.evaluate(player);
        return seen !== null && seen.decoded > 2 && seen.played > 1 &&
          Math.abs(seen.hertz - 440) < 6 && seen.decibels > -45;
      },
      "an A is heard",
      120,
    ).catch((error) => {
      throw new Error(`${error.message}: ${JSON.stringify(seen)}, ${browser.console}`);
    });
    assertEquals(seen.error, null);
    assertEquals(
      browser.console.filter((line) => /threw|cannot|error/i.test(line)),
      ["ERROR: Channel type record not implemented"],
      "nothing else came that it cannot do",
    );
    assertEquals(served.log.lines.filter(({ level }) => level === "error"), []);
  },
});
