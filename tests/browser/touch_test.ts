/** The console for fingers: a picture larger than its room is moved in it, and no button is dead. */
import { assertEquals } from "@std/assert";
import { eventually } from "../kit/desk.ts";
import { serveDemo } from "../kit/served.ts";
import { serveConsole } from "../kit/web_console.ts";
import { ignore, openConsole, shown } from "./page.ts";

Deno.test({
  name: "two fingers show a phone what of the picture lies outside of its screen",
  ignore,
  async fn() {
    await using served = await serveDemo();
    await using console = await serveConsole((duplex) => served.sessions.accept(duplex));
    await using browser = await openConsole(console.web.address);
    await browser.command("Emulation.setTouchEmulationEnabled", {
      enabled: true,
      maxTouchPoints: 2,
    });
    await browser.command("Emulation.setDeviceMetricsOverride", {
      ...{ width: 390, height: 500, deviceScaleFactor: 1, mobile: true },
    });
    await shown(browser);
    await browser.evaluate(`viewer.scaling = "actual"`);
    const fingers = (type: string, ...at: [number, number][]) =>
      browser.command("Input.dispatchTouchEvent", {
        type,
        touchPoints: at.map(([x, y], id) => ({ x, y, id })),
      });
    const scrolled = (): Promise<[number, number]> =>
      browser.evaluate(`(({ scrollLeft, scrollTop }) => [scrollLeft, scrollTop])(
        document.getElementById("screen"))`);
    await eventually(
      async () => await browser.evaluate(`viewer.screen.clientWidth === viewer.size.width`),
      "a pixel is one of the guest's",
    );
    await fingers("touchStart", [300, 400]);
    await fingers("touchStart", [300, 400], [340, 400]);
    for (let i = 1; i <= 10; i++) {
      await fingers("touchMove", [300 - 10 * i, 400 - 8 * i], [340 - 10 * i, 400 - 8 * i]);
    }
    await fingers("touchEnd");
    const [x, y] = await scrolled();
    // what the fingers go before it is known that they scroll is not taken back
    assertEquals([x > 80 && x <= 100, y > 60 && y <= 80], [true, true], `${x}, ${y}`);

    // who only looks needs one finger, which is the browser's
    await browser.evaluate(`document.getElementById("only").click()`);
    await eventually(async () => {
      await browser.evaluate(`document.getElementById("screen").scrollTo(0, 0)`);
      await fingers("touchStart", [300, 400]);
      for (let i = 1; i <= 10; i++) await fingers("touchMove", [300 - 10 * i, 400 - 8 * i]);
      await fingers("touchEnd");
      return (await scrolled())[0] > 50;
    }, "one finger moves the picture");
    assertEquals(browser.console, []);
  },
});

Deno.test({
  name: "full screen is offered where the browser has it",
  ignore,
  async fn() {
    await using served = await serveDemo();
    await using console = await serveConsole((duplex) => served.sessions.accept(duplex));
    await using browser = await openConsole(console.web.address);
    const offered = () => browser.evaluate(`document.getElementById("full").checkVisibility()`);
    assertEquals(await offered(), true);
    await browser.command("Page.enable");
    // SPEC: as on an iPhone, which has neither
    const source = `delete Element.prototype.requestFullscreen;
      delete Document.prototype.fullscreenEnabled;`;
    await browser.command("Page.addScriptToEvaluateOnNewDocument", { source });
    await browser.command("Page.reload");
    await eventually(
      async () =>
        await browser.evaluate(`document.fullscreenEnabled === undefined &&
          typeof viewer === "object"`),
      "the page is there again",
    );
    assertEquals(await offered(), false);
    assertEquals(browser.console, []);
  },
});

/** What the page tells its thread of pointer and keys, and how to make it hear what a guest would say. */
const TOLD = `const Thread = Worker, told = globalThis.told = [];
  globalThis.Worker = class extends Thread {
    constructor(...how) {
      super(...how);
      globalThis.thread = this;
    }
    postMessage(order, ...more) {
      if (["position", "motion", "button", "key"].includes(order.order)) told.push(order);
      super.postMessage(order, ...more);
    }
  };`;

Deno.test({
  name: "fingers move a relative mouse by as much as they move, and keys without a place are typed",
  ignore,
  async fn() {
    await using served = await serveDemo();
    await using console = await serveConsole((duplex) => served.sessions.accept(duplex));
    await using browser = await openConsole(console.web.address);
    await browser.command("Emulation.setTouchEmulationEnabled", { enabled: true });
    await browser.command("Page.enable");
    await browser.command("Page.addScriptToEvaluateOnNewDocument", { source: TOLD });
    await browser.command("Page.reload");
    await eventually(
      async () =>
        await browser.evaluate(`typeof thread === "object" && typeof viewer === "object"`),
      "the page is there again",
    );
    await shown(browser);
    await browser.evaluate(`thread.onmessage(
      new MessageEvent("message", { data: { news: "mouseMode", mode: "server" } }))`);
    const touch = (type: string, x: number, y: number) =>
      browser.command("Input.dispatchTouchEvent", {
        type,
        touchPoints: type === "touchEnd" ? [] : [{ x, y, id: 0 }],
      });
    await touch("touchStart", 300, 300);
    for (let i = 1; i <= 6; i++) await touch("touchMove", 300 + 10 * i, 300 - 5 * i);
    await touch("touchEnd", 0, 0);
    await touch("touchStart", 500, 400);
    await touch("touchEnd", 0, 0);
    const told = await browser.evaluate("told.splice(0)");
    const sum = (axis: "dx" | "dy") =>
      // deno-lint-ignore no-explicit-any
      told.reduce((all: number, order: any) => all + (order[axis] ?? 0), 0);
    assertEquals([sum("dx"), sum("dy")], [60, -30]);
    assertEquals(
      // deno-lint-ignore no-explicit-any
      told.filter(({ order }: any) => order !== "motion").map((o: any) => [o.order, o.down]),
      [["button", true], ["button", false]],
    );
    for (const type of ["rawKeyDown", "keyUp"]) {
      await browser.command("Input.dispatchKeyEvent", { type, key: "A", code: "" });
    }
    assertEquals(
      // deno-lint-ignore no-explicit-any
      (await browser.evaluate("told.splice(0)")).map(({ code, down }: any) => [code, down]),
      [[0x2a, true], [0x1e, true], [0x9e, false], [0xaa, false]],
    );
    assertEquals(browser.console, []);
  },
});
