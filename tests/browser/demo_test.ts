/** The console in Chromium on the demo desktop: hands, heads, passwords, lost connections. */
import { assert, assertEquals } from "@std/assert";
import { startAppliance } from "../kit/appliance.ts";
import type { Chromium } from "../kit/chromium.ts";
import { eventually } from "../kit/desk.ts";
import { type Served, serveDemo } from "../kit/served.ts";
import { decodePng } from "../kit/png.ts";
import { joinPort, serveConsole } from "../kit/web_console.ts";
import { canvasOf, ignore, openConsole, same, shown } from "./page.ts";

const state = (browser: Chromium): Promise<string> =>
  browser.evaluate("document.body.dataset.state");

async function wheel(browser: Chromium, x: number, y: number, deltaY: number): Promise<void> {
  await browser.command("Input.dispatchMouseEvent", {
    type: "mouseWheel",
    x,
    y,
    deltaX: 0,
    deltaY,
  });
}

/** Where a pixel of the guest lies in the page. */
function place(browser: Chromium, x: number, y: number): Promise<{ x: number; y: number }> {
  return browser.evaluate(`(() => {
    const { x, y, width } = viewer.screen.getBoundingClientRect();
    const scale = width / viewer.size.width;
    return { x: x + ${x + 0.5} * scale, y: y + ${y + 0.5} * scale };
  })()`);
}

Deno.test({
  name: "what is typed, clicked and turned in the console arrives at the guest",
  ignore,
  async fn() {
    await using served = await serveDemo();
    await using console = await serveConsole((duplex) => served.sessions.accept(duplex));
    await using browser = await openConsole(console.web.address);
    await shown(browser);
    const { x, y } = await place(browser, 300, 250);
    await browser.mouse("Moved", x, y);
    await browser.mouse("Pressed", x, y);
    await browser.mouse("Released", x, y);
    await eventually(() => served.moves.some(([kind]) => kind === "release"), "a click arrives");
    const at = served.moves.findLast(([kind]) => kind === "position")!;
    assertEquals(at.slice(0, 3), ["position", 300, 250]);
    assertEquals(
      served.moves.filter(([kind]) => kind !== "position").map((move) => move.slice(0, 2)),
      [["press", "left"], ["release", "left"]],
    );

    const before = await canvasOf(browser);
    await browser.key("keyDown", "a", "KeyA", 65);
    await browser.key("keyUp", "a", "KeyA", 65);
    await browser.key("keyDown", "ArrowLeft", "ArrowLeft", 37);
    await browser.key("keyUp", "ArrowLeft", "ArrowLeft", 37);
    await eventually(() => served.keys.flat().includes(0xcb), "two keys arrive");
    assertEquals(served.keys, [[0x1e], [0x9e], [0xe0, 0x4b], [0xe0, 0xcb]]);
    await eventually(
      async () => !same(await canvasOf(browser), before),
      "the canvas shows what was typed",
    );

    await wheel(browser, x, y, 120);
    await wheel(browser, x, y, 120);
    const turns = () => served.moves.filter(([kind, way]) => kind === "press" && way === "down");
    await eventually(() => turns().length === 2, "two notches arrive");
    await wheel(browser, x, y, -120);
    await eventually(
      () => served.moves.some(([, way]) => way === "up"),
      "one arrives the other way",
    );
    assert((await browser.evaluate("viewer.screen.style.cursor")).startsWith("url("), "a cursor");

    await browser.evaluate(`document.querySelector("#keys-menu button").click()`);
    await eventually(() => served.keys.flat().includes(0xd3), "Ctrl + Alt + Delete arrives");
    assertEquals(served.keys.slice(4), [[0x1d], [0x38], [0xe0, 0x53], [0xe0, 0xd3], [0xb8], [
      0x9d,
    ]]);
    assertEquals(browser.console, []);
  },
});

Deno.test({
  name: "a screenshot is a picture of the guest, the statistics say what happens, the bar hides",
  ignore,
  async fn() {
    await using served = await serveDemo();
    await using console = await serveConsole((duplex) => served.sessions.accept(duplex));
    await using browser = await openConsole(console.web.address);
    await shown(browser);
    const file: string = await browser.evaluate(`(async () => {
      const blob = await viewer.snapshot();
      return new Uint8Array(await blob.arrayBuffer()).toBase64();
    })()`);
    const { width, height, pixels } = await decodePng(Uint8Array.fromBase64(file));
    assertEquals([width, height], [800, 600]);
    // what moves takes a small part of the desktop
    const now = await canvasOf(browser);
    const differ = pixels.filter((pixel, i) => (pixel & 0xffffff) !== now.pixels[i]).length;
    assert(differ < pixels.length / 4, `${differ} pixels differ`);
    assert(new Set(pixels).size > 1000, "it has a picture");
    await browser.evaluate(`document.getElementById("numbers").click()`);
    await eventually(
      async () =>
        /Picture800 × 600/.test(
          await browser.evaluate(`document.getElementById("stats").textContent`),
        ),
      "the panel says the size",
    );
    await eventually(
      async () => await browser.evaluate("document.body.dataset.bar") === "hidden",
      "the bar is out of the way",
    );
  },
});

Deno.test({
  name: "keys that are held when the console loses the keyboard are released",
  ignore,
  async fn() {
    await using served = await serveDemo();
    await using console = await serveConsole((duplex) => served.sessions.accept(duplex));
    await using browser = await openConsole(console.web.address);
    await shown(browser);
    await browser.key("keyDown", "Control", "ControlLeft", 17);
    await eventually(() => served.keys.length === 1, "it is pressed");
    await browser.evaluate("viewer.screen.blur()");
    await eventually(() => served.keys.length === 2, "it is released");
    assertEquals(served.keys, [[0x1d], [0x9d]]);
  },
});

Deno.test({
  name: "two heads show two pictures, and who only looks sends nothing",
  ignore,
  async fn() {
    await using served = await serveDemo({ cards: 2 });
    await using console = await serveConsole((duplex) => served.sessions.accept(duplex));
    await using one = await openConsole(`${console.web.address}?view-only`);
    await using two = await openConsole(`${console.web.address}?display=1`);
    await Promise.all([shown(one), shown(two)]);
    const [a, b] = [await canvasOf(one), await canvasOf(two)];
    assertEquals([a.width, a.height, b.width, b.height], [800, 600, 800, 600]);
    assert(!same(a, b), "they differ");
    const { x, y } = await place(one, 100, 100);
    await one.mouse("Pressed", x, y);
    await one.key("keyDown", "a", "KeyA", 65);
    await eventually(
      async () =>
        await one.evaluate(`document.getElementById("toast").textContent`) ===
          "You only look, so the guest gets no keys: switch off Only look in the View menu to type",
      "who types and only looks is told so",
    );
    const marked = `!document.getElementById("looks").hidden`;
    assertEquals([await one.evaluate(marked), await two.evaluate(marked)], [true, false]);
    await two.key("keyDown", "b", "KeyB", 66);
    await eventually(() => served.keys.length > 0, "the other one's key arrives");
    assertEquals(served.keys, [[0x30]]);
    assertEquals(served.moves, []);
  },
});

Deno.test({
  name: "a display that there is not is said, with those that there are",
  ignore,
  async fn() {
    await using served = await serveDemo();
    await using console = await serveConsole((duplex) => served.sessions.accept(duplex));
    await using browser = await openConsole(`${console.web.address}?display=3`);
    await eventually(async () => await state(browser) === "failed", "it gives up");
    assertEquals(
      await browser.evaluate(`document.getElementById("card-text").textContent`),
      "There is no display 3; there is: 0",
    );
  },
});

Deno.test({
  name: "the console asks for a password, says when it was wrong, and comes in with the right one",
  ignore,
  async fn() {
    const tickets = { disabled: false, password: "sesame", expires: null };
    await using served = await startAppliance({ tickets });
    await using console = await serveConsole(joinPort(served.port));
    await using browser = await openConsole(console.web.address);
    const title = () => browser.evaluate(`document.getElementById("card-text").textContent`);
    const login = (password: string) =>
      browser.evaluate(`(() => {
        document.getElementById("password").value = ${JSON.stringify(password)};
        document.getElementById("login").requestSubmit();
      })()`);
    await eventually(async () => await state(browser) === "refused", "it asks");
    assertEquals(await title(), "This guest is protected.");
    await login("open");
    await eventually(async () => (await title()).includes("another"), "it says that it was wrong");
    await login("sesame");
    await shown(browser);
  },
});

Deno.test({
  name: "the console comes back by itself when the server does",
  ignore,
  async fn() {
    let served: Served | null = await serveDemo();
    try {
      await using console = await serveConsole((duplex) =>
        served ? void served.sessions.accept(duplex) : duplex.close()
      );
      await using browser = await openConsole(console.web.address);
      await shown(browser);
      const first = served;
      served = null;
      await first[Symbol.asyncDispose]();
      await eventually(async () => await state(browser) === "waiting", "it waits");
      assertEquals(
        await browser.evaluate(`document.getElementById("card-title").textContent`),
        "Connection lost",
      );
      served = await serveDemo();
      await shown(browser);
      await browser.key("keyDown", "a", "KeyA", 65);
      await eventually(() => served!.keys.length > 0, "keys arrive again");
    } finally {
      await served?.[Symbol.asyncDispose]();
    }
  },
});

Deno.test({
  name: "a browser whose workers cannot draw runs the console in the page",
  ignore,
  async fn() {
    await using served = await serveDemo();
    await using console = await serveConsole((duplex) => served.sessions.accept(duplex));
    await using browser = await openConsole(`${console.web.address}?no-worker`);
    await shown(browser);
    assertEquals(await browser.evaluate("viewer.inWorker"), false);
    const { frames, draws } = await browser.evaluate("viewer.stats()");
    assert(frames > 0 && draws > 0);
    await browser.key("keyDown", "a", "KeyA", 65);
    await eventually(() => served.keys.length > 0, "a key arrives");
  },
});

Deno.test({
  name: "a fault in the console's worker is told in the browser's console, and the session goes on",
  ignore,
  async fn() {
    await using served = await serveDemo();
    await using console = await serveConsole((duplex) => served.sessions.accept(duplex));
    await using browser = await openConsole(console.web.address);
    await shown(browser);
    assertEquals(browser.console, []);
    await browser.evaluate("void viewer.sendFile(undefined)");
    await eventually(() => browser.console.length > 0, "the fault is told");
    assert(browser.console[0].startsWith("threw TypeError"), browser.console[0]);
    // what the worker answers after it comes in order
    await browser.evaluate("viewer.stats()");
    assertEquals(await state(browser), "connected");
  },
});
