/** axe-core finds nothing serious on the page, whatever it shows, on a phone and a desk, light and dark. */
import axe from "axe-core";
import { assertEquals } from "@std/assert";
import { startAppliance } from "../kit/appliance.ts";
import type { Chromium } from "../kit/chromium.ts";
import { eventually } from "../kit/desk.ts";
import { serveDemo } from "../kit/served.ts";
import { joinPort, serveConsole } from "../kit/web_console.ts";
import { comesIn, furnished } from "./furnished.ts";
import { ignore, openConsole, shown } from "./page.ts";

/** What is wrong, and where: only what keeps people out or misleads them. */
async function faults(browser: Chromium, what: string): Promise<string[]> {
  if (!await browser.evaluate("typeof axe === 'object'")) await browser.evaluate(axe.source);
  const found: { id: string; impact: string; nodes: string[] }[] = await browser.evaluate(`
    axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
      violations.map(({ id, impact, nodes }) => ({
        id, impact, nodes: nodes.map(({ html, failureSummary }) => html.slice(0, 120) + failureSummary),
      })))`);
  return found.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${what}: ${id}: ${nodes.join(" | ")}`);
}

/** Transitions would be looked at halfway. */
const settle = () => new Promise((wake) => setTimeout(wake, 400));

const sizes = [[390, 844, true, "light"], [1366, 768, false, "dark"]] as const;

for (const [width, height, mobile, theme] of sizes) {
  const there = mobile ? "on a phone" : "on a desk";
  Deno.test({
    name: `nothing keeps anybody from using the page: ${there}, ${theme}`,
    ignore,
    async fn() {
      await using served = await serveDemo({ cards: 2 });
      await using console = await serveConsole((duplex) => served.sessions.accept(duplex));
      await using browser = await openConsole(console.web.address);
      await browser.command("Emulation.setDeviceMetricsOverride", {
        width,
        height,
        deviceScaleFactor: 1,
        mobile,
      });
      await browser.command("Emulation.setEmulatedMedia", {
        features: [{ name: "prefers-color-scheme", value: theme }],
      });
      await shown(browser);
      const wrong: string[] = [];
      const look = async (what: string, script: string) => {
        await browser.evaluate(script);
        await settle();
        wrong.push(...await faults(browser, what));
      };
      const click = (id: string) => `document.getElementById("${id}").click()`;
      const hide = (id: string) => `document.getElementById("${id}").hidePopover();`;
      await look("the picture", "document.body.dataset.bar = 'shown'");
      await look("the menu of keys", click("keys"));
      await look("the menu of views", hide("keys-menu") + click("view"));
      await look("the menu of more", hide("view-menu") + click("more"));
      await look("the text", hide("more-menu") + click("type"));
      await look("the keys", `${click("typing-close")};${click("show-keys")};${click("numbers")}`);
      await look("closed", click("power"));
      assertEquals(wrong, []);
    },
  });
}

const click = (id: string) => `document.getElementById("${id}").click()`;

for (const theme of ["light", "dark"]) {
  Deno.test({
    name: `nothing keeps anybody from what is open, or from a connection that is lost: ${theme}`,
    ignore,
    async fn() {
      await using guests = new AsyncDisposableStack();
      const guest = guests.use(await furnished());
      await using browser = await comesIn(guest.address, "ann");
      await browser.command("Emulation.setEmulatedMedia", {
        features: [{ name: "prefers-color-scheme", value: theme }],
      });
      const wrong: string[] = [];
      const look = async (what: string) => {
        await settle();
        wrong.push(...await faults(browser, what));
      };
      for (const menu of ["keys", "view", "more", "sound", "devices", "people"]) {
        await browser.evaluate(`document.body.dataset.bar = "shown"; ${click(menu)}`);
        const open = `document.getElementById("${menu}-menu").matches(":popover-open")`;
        await eventually(() => browser.evaluate(open), `the menu ${menu} is open`);
        await look(`the menu ${menu}`);
        await browser.evaluate(`document.getElementById("${menu}-menu").hidePopover()`);
      }
      await browser.evaluate(click("open-consoles"));
      await guest.say("Welcome\r\n");
      await eventually(
        () => browser.evaluate(`devices.consoles.text("tty") === "Welcome"`),
        "the text console shows what the guest says",
      );
      await look("the text console");
      await browser.evaluate(`${click("record")}; ${click("numbers")}`);
      await eventually(
        () => browser.evaluate(`!document.getElementById("record-strip").hidden`),
        "it records",
      );
      await look("the recording");
      await browser.evaluate(`${click("record-stop")}; ${click("text-console-close")}`);
      await shown(browser);
      await guests.disposeAsync();
      await eventually(
        () => browser.evaluate(`document.body.dataset.state === "waiting"`),
        "the connection is lost",
      );
      await look("the lost connection");
      assertEquals(wrong, []);
    },
  });
}

Deno.test({
  name: "nothing keeps anybody from coming in: a password, a server that is gone",
  ignore,
  async fn() {
    const tickets = { disabled: false, password: "sesame", expires: null };
    await using served = await startAppliance({ tickets });
    let there = true;
    const join = joinPort(served.port);
    await using console = await serveConsole((duplex) =>
      there ? void join(duplex) : duplex.close()
    );
    await using browser = await openConsole(console.web.address);
    const state = () => browser.evaluate("document.body.dataset.state");
    await eventually(async () => await state() === "refused", "it asks for a password");
    await settle();
    const wrong = await faults(browser, "the password");
    there = false;
    await browser.evaluate(`document.getElementById("login").requestSubmit()`);
    await eventually(async () => await state() === "waiting", "the server is gone");
    await settle();
    wrong.push(...await faults(browser, "no server"));
    assertEquals(wrong, []);
  },
});
