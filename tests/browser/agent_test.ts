/** What the guest's agent brings to the page: one clipboard, and a display as large as the window. */
import { assertEquals } from "@std/assert";
import { startAppliance } from "../kit/appliance.ts";
import { eventually } from "../kit/desk.ts";
import { joinPort, serveConsole } from "../kit/web_console.ts";
import { ignore, openConsole, shown } from "./page.ts";

Deno.test({
  name:
    "text goes both ways between the browser's clipboard and the guest's, and the guest follows the window",
  ignore,
  async fn() {
    await using served = await startAppliance();
    await using console = await serveConsole(joinPort(served.port));
    await using browser = await openConsole(console.web.address);
    await browser.command("Browser.grantPermissions", {
      permissions: ["clipboardReadWrite", "clipboardSanitizedWrite"],
    });
    await browser.command("Emulation.setFocusEmulationEnabled", { enabled: true });
    await shown(browser);
    const press = (...codes: string[]) =>
      browser.evaluate(`viewer.combination(${JSON.stringify(codes)})`);
    const beside = () => browser.evaluate("navigator.clipboard.readText()");
    await eventually(
      () => browser.evaluate(`!document.getElementById("clipboard-group").hidden`),
      "there is a clipboard to share",
    );
    await press("ControlLeft", "KeyL");
    for (const code of ["KeyG", "KeyU", "KeyE", "KeyS", "KeyT"]) await press(code);
    // once: a copy that is late would take the clipboard from what comes next
    await press("ControlLeft", "KeyC");
    await eventually(async () => await beside() === "guest", "what the guest copied is beside it");

    // a copy in the guest before its paste has come would call the paste off: each way has its time, and
    // on a busy machine another try
    const soon = () => new Promise((wake) => setTimeout(wake, 700));
    await eventually(
      async () => {
        await browser.evaluate(`navigator.clipboard.writeText("from the page")`);
        await browser.evaluate(`document.getElementById("send-clipboard").click()`);
        await eventually(
          async () =>
            (await browser.evaluate(`document.getElementById("toast").textContent`))
              .startsWith("The guest has your clipboard"),
          "it is offered",
        );
        await press("ControlLeft", "KeyL");
        await press("ControlLeft", "KeyV");
        await soon();
        // where it was copied before, something else is now
        await browser.evaluate(`navigator.clipboard.writeText("something else")`);
        await press("ControlLeft", "KeyC");
        await soon();
        return await beside() === "from the page";
      },
      "what the page gave the guest comes back",
      60,
    );

    await browser.evaluate(`document.getElementById("follow").click()`);
    const { width, height } = await browser.evaluate(`(() => {
      const { clientWidth, clientHeight } = document.getElementById("screen");
      return {
        width: Math.round(clientWidth * devicePixelRatio) & ~7,
        height: Math.round(clientHeight * devicePixelRatio) & ~1,
      };
    })()`);
    await eventually(async () => {
      const size = await browser.evaluate("viewer.size");
      return size.width === width && size.height === height;
    }, `the guest's display is ${width} × ${height}`);
    assertEquals(browser.console, []);
  },
});

/** The page's thread can be made to say what a guest's agent would. */
const HEARD = `const Thread = Worker;
  globalThis.Worker = class extends Thread {
    constructor(...how) {
      super(...how);
      globalThis.thread = this;
    }
  };`;

Deno.test({
  name: "what the guest copied is not offered back to it, a picture neither, and another one is",
  ignore,
  async fn() {
    await using served = await startAppliance();
    await using console = await serveConsole(joinPort(served.port));
    await using browser = await openConsole(console.web.address);
    await browser.command("Browser.grantPermissions", {
      permissions: ["clipboardReadWrite", "clipboardSanitizedWrite"],
    });
    await browser.command("Emulation.setFocusEmulationEnabled", { enabled: true });
    await browser.command("Page.enable");
    await browser.command("Page.addScriptToEvaluateOnNewDocument", { source: HEARD });
    await browser.command("Page.reload");
    await eventually(
      async () =>
        await browser.evaluate(`typeof thread === "object" && typeof viewer === "object"`),
      "the page is there again",
    );
    await shown(browser);
    await eventually(
      () => browser.evaluate(`!document.getElementById("clipboard-group").hidden`),
      "there is a clipboard to share",
    );
    await browser.evaluate(`globalThis.offers = [];
      viewer.offer = ({ text, image }) => offers.push(text ?? "a picture");
      globalThis.picture = (size) => {
        const canvas = new OffscreenCanvas(size, size);
        canvas.getContext("2d").fillRect(0, 0, size / 2, size / 3);
        return canvas.convertToBlob({ type: "image/png" });
      };`);
    const look = async () => {
      await browser.evaluate(`dispatchEvent(new Event("focus"))`);
      // a look takes some reads of the clipboard; the second waits for those of the first
      for (let i = 0; i < 4; i++) {
        await browser.evaluate("navigator.clipboard.read().then(() => 0)");
      }
      return await browser.evaluate("offers.splice(0)");
    };
    const copied = (clip: string) =>
      browser.evaluate(`(async () => thread.onmessage(
        new MessageEvent("message", { data: { news: "clip", clip: ${clip} } })))()`);
    const types = () =>
      browser.evaluate(`navigator.clipboard.read().then(([item]) => item.types.join())`);

    await copied(`{ text: "of the guest" }`);
    await eventually(async () => await types() === "text/plain", "the text is beside it");
    assertEquals(await look(), []);
    await copied(`{ image: await picture(40) }`);
    await eventually(async () => await types() === "image/png", "the picture is beside it");
    assertEquals(await look(), []);
    await browser.evaluate(`(async () => navigator.clipboard.write([
      new ClipboardItem({ "image/png": await picture(400) }),
    ]))()`);
    await eventually(async () => `${await look()}` === "a picture", "the other one is offered");
    assertEquals(await look(), []);
    assertEquals(browser.console, []);
  },
});
