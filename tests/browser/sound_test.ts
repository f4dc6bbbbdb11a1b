/** The console's sound in Chromium: the demo's tone heard in the page, the page's microphone heard by the guest. */
import { assert, assertEquals } from "@std/assert";
import type { Chromium } from "../kit/chromium.ts";
import { eventually } from "../kit/desk.ts";
import { serveSounds } from "../kit/sounding.ts";
import { loudest, strength } from "../kit/tones.ts";
import { joinPort, serveConsole } from "../kit/web_console.ts";
import { ignore, openConsole } from "./page.ts";

/** A browser's audio thread is slow on a machine that does much else. */
const PATIENCE_S = 120;

/** The strongest frequency that the page plays, and how strong it is in decibels. */
const listen = `(() => {
  const { context, node } = viewer.sound.output;
  globalThis.analyser ??= (() => {
    const analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    node.connect(analyser);
    return analyser;
  })();
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  let best = 0;
  for (let i = 1; i < bins.length; i++) if (bins[i] > bins[best]) best = i;
  // silence is -Infinity, which does not travel
  const decibels = Math.max(bins[best], -200);
  return { hertz: best * context.sampleRate / analyser.fftSize, decibels };
})()`;

async function connected(browser: Chromium): Promise<void> {
  await eventually(
    async () => await browser.evaluate(`document.body.dataset.state === "connected"`),
    "the page is connected",
    PATIENCE_S,
  );
}

/** Somebody clicks beside everything: from then on a browser lets the page be heard. */
async function gesture(browser: Chromium): Promise<void> {
  await browser.mouse("Pressed", 3, 890);
  await browser.mouse("Released", 3, 890);
}

for (const codecs of ["the browser's", "our own"]) {
  Deno.test({
    name: `the page plays the demo's tone, decoded by ${codecs} Opus`,
    ignore,
    async fn() {
      await using served = await serveSounds();
      await using console = await serveConsole(joinPort(served.port));
      const url = codecs === "our own" ? "?no-worker" : "";
      await using browser = await openConsole(console.web.address + url);
      await connected(browser);
      if (codecs === "our own") {
        await browser.evaluate("void (globalThis.AudioDecoder = undefined)");
      }
      assertEquals(await browser.evaluate("viewer.sound.state.playback"), true);
      await gesture(browser);
      await browser.evaluate("viewer.sound.enable()");
      await eventually(
        () => served.log.lines.some(({ fields }) => fields.channel === "playback-0"),
        "the channel is linked",
        PATIENCE_S,
      );
      await eventually(
        async () => {
          // it ends by itself, and machines may be slow
          if (!served.demo.sound.tune) served.click("tone");
          const { hertz, decibels } = await browser.evaluate(listen);
          return Math.abs(hertz - 440) < 6 && decibels > -45;
        },
        "an A is heard",
        PATIENCE_S,
      );
      await browser.evaluate("void (viewer.sound.muted = true)");
      await eventually(
        async () => (await browser.evaluate(listen)).decibels < -80,
        "muted, nothing is heard",
        PATIENCE_S,
      );
      await browser.evaluate("viewer.sound.disable()");
      await eventually(
        () => served.log.of("channel-closed").some(({ channel }) => channel === "playback-0"),
        "switched off, nothing is sent any more",
        PATIENCE_S,
      );
      assertEquals(await browser.evaluate("document.body.dataset.state"), "connected");
      assertEquals(browser.console.filter((line) => /error|refused|violat/i.test(line)), []);
    },
  });
}

Deno.test({
  name: "the guest hears the page's microphone only while it records and the person lets it",
  ignore,
  async fn() {
    await using served = await serveSounds();
    const { microphone } = served.demo;
    const spoken = microphone.spoken.bind(microphone), heard: number[] = [];
    microphone.spoken = (samples) => {
      heard.push(...samples);
      spoken(samples);
    };
    await using console = await serveConsole(joinPort(served.port));
    await using browser = await openConsole(console.web.address);
    await connected(browser);
    // a microphone that hums: what a machine without one can offer
    await browser.evaluate(`void (navigator.mediaDevices.getUserMedia = async () => {
      globalThis.asked = (globalThis.asked ?? 0) + 1;
      const context = new AudioContext({ sampleRate: 48000 });
      await context.resume();
      const hum = context.createOscillator(), out = context.createMediaStreamDestination();
      const gain = context.createGain();
      gain.gain.value = 0.5;
      hum.frequency.value = 660;
      hum.connect(gain).connect(out);
      hum.start();
      return out.stream;
    })`);
    served.click("microphone");
    await gesture(browser);
    await browser.evaluate("void (viewer.sound.microphone = true)");
    await eventually(() => heard.length > 2 * 3 * 48_000, "three seconds were heard", PATIENCE_S);
    const last = Int16Array.from(heard.slice(-96_000));
    assertEquals(loudest(last), 660);
    assert(strength(last, 660) > 0.1, `strength ${strength(last, 660)}`);
    assertEquals(await browser.evaluate("[asked, viewer.sound.state.listening]"), [1, true]);
    served.click("microphone");
    await eventually(
      async () => await browser.evaluate("!viewer.sound.state.listening"),
      "the microphone is let go",
      PATIENCE_S,
    );
    assertEquals(await browser.evaluate("viewer.sound.state.microphone"), true);
    assertEquals(await browser.evaluate("document.body.dataset.state"), "connected");
  },
});
