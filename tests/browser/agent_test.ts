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
