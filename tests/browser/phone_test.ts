/** The console on a phone: every button is on the screen, and the phone's own keyboard types in the guest. */
import { assertEquals } from "@std/assert";
import { eventually } from "../kit/desk.ts";
import { serveDemo } from "../kit/served.ts";
import { serveConsole } from "../kit/web_console.ts";
import { ignore, openConsole, shown } from "./page.ts";

Deno.test({
  name: "a phone shows every button, and what its keyboard makes of a word is what the guest gets",
  ignore,
  async fn() {
    await using served = await serveDemo();
    await using console = await serveConsole((duplex) => served.sessions.accept(duplex));
    await using browser = await openConsole(console.web.address);
    await browser.command("Emulation.setTouchEmulationEnabled", { enabled: true });
    await shown(browser);
    // as where the guest has sound, and there are users
    await browser.evaluate(`document.getElementById("sound").hidden =
      document.getElementById("people").hidden = false`);
    for (const width of [390, 360]) {
      const size = { width, height: 780, deviceScaleFactor: 2, mobile: true };
      await browser.command("Emulation.setDeviceMetricsOverride", size);
      await eventually(
        async () => await browser.evaluate(`innerWidth === ${width}`),
        "it is as wide",
      );
      const cut = await browser.evaluate(`[...document.querySelectorAll(".pill button")]
        .filter((button) => button.checkVisibility())
        .filter((button) => button.getBoundingClientRect().right > innerWidth - 4)
        .map(({ id }) => id)`);
      assertEquals(cut, [], `at ${width}`);
      for (const menu of ["keys", "view", "more"]) {
        await browser.evaluate(`document.getElementById("${menu}").click()`);
        const room = await browser.evaluate(`new Promise((seen) => requestAnimationFrame(() => {
          const menu = document.getElementById("${menu}-menu");
          const { left, right } = menu.getBoundingClientRect();
          menu.hidePopover();
          seen([left, innerWidth - right]);
        }))`);
        assertEquals(room.map((px: number) => px >= 7.5), [true, true], `${menu}: ${room}`);
      }
    }

    // SPEC: a phone's keyboard comes only where a person pressed something
    await browser.evaluate(`document.getElementById("keys").click()`);
    await browser.evaluate(`document.getElementById("phone-keys").click()`);
    const focused = `document.activeElement.getAttribute("aria-label") === "Text for the guest"`;
    assertEquals(await browser.evaluate(focused), true);
    const presses = () => served.keys.filter((bytes) => !(bytes.at(-1)! & 0x80)).map((b) => b[0]);
    const E = 0x12, H = 0x23, T = 0x14, BACK = 0x0e, SHIFT = 0x2a, ENTER = 0x1c;
    await browser.command("Input.insertText", { text: "T" });
    await eventually(() => presses().length === 2, "a capital arrives");
    assertEquals(presses(), [SHIFT, T]);

    // a word is made, and mended: "teh" becomes "the"
    served.keys.length = 0;
    const compose = (text: string) => {
      const selection = { selectionStart: text.length, selectionEnd: text.length };
      return browser.command("Input.imeSetComposition", { text, ...selection });
    };
    await compose("te");
    await compose("teh");
    await browser.command("Input.insertText", { text: "the" });
    await eventually(() => presses().length === 7, "the word arrives");
    assertEquals(presses(), [T, E, H, BACK, BACK, H, E]);

    // keys without a place tell nothing, and what they do to the text is typed
    served.keys.length = 0;
    await browser.command("Input.dispatchKeyEvent", {
      type: "rawKeyDown",
      key: "Unidentified",
      windowsVirtualKeyCode: 229,
    });
    await browser.command("Input.insertText", { text: "\n" });
    await eventually(() => presses().length === 1, "a line's end arrives");
    assertEquals(presses(), [ENTER]);
    await browser.evaluate(`viewer.screen.focus()`);
    assertEquals(
      await browser.evaluate(`document.getElementById("phone-keys").getAttribute("aria-checked")`),
      "false",
    );
    assertEquals(browser.console, []);
  },
});
