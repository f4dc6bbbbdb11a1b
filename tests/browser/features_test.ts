/** What a person does on the console's page beside typing: texts, the keyboard for fingers, recordings. */
import { assert, assertEquals } from "@std/assert";
import type { Chromium } from "../kit/chromium.ts";
import { eventually } from "../kit/desk.ts";
import { serveDemo } from "../kit/served.ts";
import { serveConsole } from "../kit/web_console.ts";
import { canvasOf, ignore, openConsole, same, shown } from "./page.ts";

const click = (browser: Chromium, id: string) =>
  browser.evaluate(`document.getElementById("${id}").click()`);
const text = (browser: Chromium, id: string): Promise<string> =>
  browser.evaluate(`document.getElementById("${id}").textContent`);

async function writes(browser: Chromium, words: string, keymap: string): Promise<void> {
  await click(browser, "type");
  await browser.evaluate(`(() => {
    const keymap = document.getElementById("typing-keymap");
    keymap.value = "${keymap}";
    keymap.dispatchEvent(new Event("change"));
    const text = document.getElementById("typing-text");
    text.value = ${JSON.stringify(words)};
    text.dispatchEvent(new Event("input"));
  })()`);
}

Deno.test({
  name: "a text is typed key by key in the guest's layout, and stops when it is told to",
  ignore,
  async fn() {
    await using served = await serveDemo();
    await using console = await serveConsole((duplex) => served.sessions.accept(duplex));
    await using browser = await openConsole(console.web.address);
    await shown(browser);
    await writes(browser, "Z€ñ", "de");
    assertEquals(
      await text(browser, "typing-note"),
      "2 characters, about 1 s. This layout has no ñ: left out.",
    );
    await browser.evaluate(`document.getElementById("typing-form").requestSubmit()`);
    await eventually(() => served.keys.length >= 8, "it is typed");
    assertEquals(served.keys, [
      ...[[0x2a], [0x15], [0x95], [0xaa]],
      ...[[0xe0, 0x38], [0x12], [0x92], [0xe0, 0xb8]],
    ]);
    await writes(browser, "x".repeat(5000), "us");
    await browser.evaluate(`document.getElementById("typing-form").requestSubmit()`);
    await eventually(() => served.keys.flat().includes(0x2d), "the next one begins");
    await click(browser, "typing-stop");
    await eventually(
      async () => (await text(browser, "toast")).startsWith("Stopped after"),
      "said",
    );
    assert(served.keys.length < 5000, "most of it was not typed");
    assertEquals(await browser.evaluate(`document.getElementById("typing-text").value`), "");
    await writes(browser, "x".repeat(10_001), "us");
    assertEquals(
      await text(browser, "typing-note"),
      "10001 characters are too many; at most 10000 are typed.",
    );
    assertEquals(await browser.evaluate(`document.getElementById("typing-go").disabled`), true);
    assertEquals(browser.console, []);
  },
});

Deno.test({
  name: "the keyboard on the screen holds its modifiers for one key, and leaves the picture room",
  ignore,
  async fn() {
    await using served = await serveDemo();
    await using console = await serveConsole((duplex) => served.sessions.accept(duplex));
    await using browser = await openConsole(console.web.address);
    await shown(browser);
    await click(browser, "show-keys");
    const press = (code: string) =>
      browser.evaluate(`document.querySelector('#touch-keys [data-code="${code}"]').dispatchEvent(
        new PointerEvent("pointerdown", { bubbles: true, cancelable: true }))`);
    const lift = (code: string) =>
      browser.evaluate(`document.querySelector('#touch-keys [data-code="${code}"]').dispatchEvent(
        new PointerEvent("pointerup"))`);
    for (const code of ["ControlLeft", "KeyC", "KeyV"]) {
      await press(code);
      await lift(code);
    }
    await eventually(() => served.keys.length >= 6, "the keys arrive");
    assertEquals(served.keys.slice(0, 6), [[0x1d], [0x2e], [0xae], [0x9d], [0x2f], [0xaf]]);
    await eventually(async () => {
      const [picture, keys] = await browser.evaluate(`[
        viewer.screen.getBoundingClientRect().bottom,
        document.getElementById("touch-keys").getBoundingClientRect().top,
      ]`);
      return picture <= keys + 1;
    }, "the picture ends where the keys begin");
  },
});

Deno.test({
  name: "a session that was recorded is played by the console as it was, again and again",
  ignore,
  async fn() {
    await using served = await serveDemo();
    await using console = await serveConsole((duplex) => served.sessions.accept(duplex));
    await using browser = await openConsole(console.web.address);
    await shown(browser);
    // the moving picture stops, so that the last picture is known
    const stop = `(() => {
      const { x, y, width } = viewer.screen.getBoundingClientRect();
      const scale = width / viewer.size.width;
      return { x: x + 600 * scale, y: y + 120 * scale };
    })()`;
    const { x, y } = await browser.evaluate(stop);
    await browser.evaluate(`(() => {
      globalThis.file = null;
      const make = URL.createObjectURL;
      URL.createObjectURL = (blob) => make.call(URL, globalThis.file = blob);
    })()`);
    const asks = `!dispatchEvent(new Event("beforeunload", { cancelable: true }))`;
    assertEquals(await browser.evaluate(asks), false, "nothing would be lost with the page");
    await click(browser, "record");
    assertEquals(await browser.evaluate(asks), true, "a recording would be");
    await eventually(
      async () => (await text(browser, "record-time")).includes("MB"),
      "it is being recorded",
    );
    await shown(browser);
    await browser.mouse("Moved", x, y);
    await browser.mouse("Pressed", x, y);
    await browser.mouse("Released", x, y);
    await eventually(() => served.moves.some(([kind]) => kind === "release"), "a click arrives");
    await browser.key("keyDown", "a", "KeyA", 65);
    await browser.key("keyUp", "a", "KeyA", 65);
    await new Promise((wake) => setTimeout(wake, 700));
    await click(browser, "record-stop");
    await eventually(async () => await browser.evaluate("file !== null"), "there is a file");
    assertEquals(await browser.evaluate(asks), false, "it is saved");
    const live = served.sessions.clients.length;
    assertEquals(live, 1, "the session goes on");
    await browser.evaluate("viewer.play(file)");
    await eventually(
      async () => await browser.evaluate(`!document.getElementById("player").hidden`),
      "it is played",
    );
    await eventually(() => served.sessions.clients.length === 0, "nobody is connected");
    const atEnd = async () =>
      await browser.evaluate(`document.getElementById("play-pause").dataset.paused`) === "true";
    await browser.evaluate("viewer.playback({ speed: 16 })");
    await eventually(atEnd, "it has come to its end");
    let first = await canvasOf(browser), looks = 0;
    // the page shows it with its next frame
    await eventually(async () => {
      const before = first;
      looks = same(first = await canvasOf(browser), before) ? looks + 1 : 0;
      return looks === 5;
    }, "its last picture is shown");
    assert(new Set(first.pixels).size > 1000, "there is a picture");
    // it may be over before it is asked whether it runs: the page itself counts the beginnings and ends
    await browser.evaluate(`(() => {
      globalThis.seen = [];
      const button = document.getElementById("play-pause");
      new MutationObserver(() => seen.push(button.dataset.paused))
        .observe(button, { attributes: true, attributeFilter: ["data-paused"] });
    })()`);
    await browser.evaluate("viewer.playback({ seekMs: 0, paused: false })");
    await eventually(
      async () =>
        await browser.evaluate(`seen.indexOf("true", seen.indexOf("false") + 1) > 0`) &&
        await atEnd(),
      "it begins again and ends again",
    );
    await eventually(
      async () => same(await canvasOf(browser), first),
      "with the same picture",
    );
    await click(browser, "play-end");
    await eventually(
      async () => await browser.evaluate("document.body.dataset.state") === "closed",
      "it is closed",
    );
    await browser.evaluate(`viewer.play(new Blob(["no such thing"]))`);
    await eventually(
      async () => await text(browser, "card-text") === "This file is no recorded session",
      "what is no recording is said to be none",
    );
    await click(browser, "again");
    await shown(browser);
    assertEquals(browser.console, []);
  },
});
