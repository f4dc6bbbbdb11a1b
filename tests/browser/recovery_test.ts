/** The page finds its way back by itself, and says what happened: servers, networks and tabs that were away. */
import { assertEquals, assertMatch } from "@std/assert";
import { startAppliance } from "../kit/appliance.ts";
import type { Chromium } from "../kit/chromium.ts";
import { eventually } from "../kit/desk.ts";
import { Way } from "../kit/way.ts";
import { defaultWeb } from "../../mod.ts";
import { comesIn, furnished } from "./furnished.ts";
import { ignore, openConsole, shown } from "./page.ts";

/** Notes where it happens what the page says and how it stands: much of it is soon over. */
const NOTE = `(() => {
  const noted = globalThis.noted = [];
  const note = () => {
    for (const id of ["card-title", "card-text", "toast"]) {
      const text = document.getElementById(id).textContent;
      if (text !== "" && noted.at(-1) !== text) noted.push(text);
    }
    const { state } = document.body.dataset;
    if (noted.at(-1) !== state) noted.push(state);
  };
  new MutationObserver(note).observe(document.body, {
    subtree: true, childList: true, characterData: true,
    attributes: true, attributeFilter: ["data-state"],
  });
})()`;

const web = { ...defaultWeb, port: 0 };
const portOf = (address: string) => Number(new URL(address).port);

async function open(way: Way): Promise<Chromium> {
  const browser = await openConsole(`http://127.0.0.1:${way.port}/`);
  await shown(browser);
  await browser.evaluate(NOTE);
  return browser;
}

/** Waits until the page has said this. */
async function says(browser: Chromium, what: RegExp, why: string): Promise<void> {
  const found = `noted.some((text) => ${what}.test(text))`;
  try {
    await eventually(async () => await browser.evaluate(found), why, 60);
  } catch (error) {
    console.log(await browser.evaluate("noted"));
    throw error;
  }
}

/** What is on the canvas changes: drawings arrive. */
async function lives(browser: Chromium): Promise<void> {
  await shown(browser);
  const before = (await browser.evaluate("viewer.stats()")).draws;
  await eventually(
    async () => (await browser.evaluate("viewer.stats()")).draws > before,
    "drawings arrive",
    30,
  );
}

Deno.test({
  name: "a server that is killed and started again has its page back, which says so",
  ignore,
  async fn() {
    let served = await startAppliance({ web });
    try {
      await using way = new Way(portOf(served.appliance.console!));
      await using browser = await open(way);
      way.target = null;
      way.cut();
      await served[Symbol.asyncDispose]();
      await says(browser, /^Connection lost$/, "it says that the connection is lost");
      await says(browser, /Trying again in \d+ s/, "it says what it does");
      // the seconds are seen, and not read out one by one
      const loud: string = await browser.evaluate(`(() => {
        const card = document.getElementById("card-text").cloneNode(true);
        for (const part of card.querySelectorAll("[aria-hidden=true]")) part.remove();
        return card.textContent;
      })()`);
      assertMatch(loud, /Trying again$/);
      served = await startAppliance({ web });
      way.target = portOf(served.appliance.console!);
      await says(
        browser,
        /^Connected again after \d+ s\. .+\.$/,
        "it says that it is back, and why",
      );
      await lives(browser);
    } finally {
      await served[Symbol.asyncDispose]();
    }
  },
});

Deno.test({
  name: "a network that loses everything for 20 s, or resets what stands, has its page back",
  ignore,
  async fn() {
    await using served = await startAppliance({ web });
    await using way = new Way(portOf(served.appliance.console!));
    await using browser = await open(way);
    way.stall();
    const away = new Promise((wake) => setTimeout(wake, 20_000));
    await says(browser, /^The server has not answered for \d+ s\. Trying/, "it notices by itself");
    await away;
    way.resume();
    await says(
      browser,
      /^Connected again after \d+ s\. The server has not answered for \d+ s\.$/,
      "it says that it is back",
    );
    await lives(browser);

    await browser.evaluate("void (noted.length = 0)");
    way.cut();
    await says(browser, /^Connected again after \d+ s\. .+\.$/, "it is back after a reset");
    await lives(browser);
  },
});

Deno.test({
  name: "a tab that was put to sleep goes on where the guest is, and says that it slept",
  ignore,
  async fn() {
    await using served = await startAppliance({ web });
    await using way = new Way(portOf(served.appliance.console!));
    await using browser = await open(way);
    const sleep = async (ms: number, meanwhile = () => {}) => {
      await browser.command("Page.setWebLifecycleState", { state: "frozen" });
      meanwhile();
      await new Promise((wake) => setTimeout(wake, ms));
      await browser.command("Page.setWebLifecycleState", { state: "active" });
    };
    await sleep(3000);
    // Chromium closes a sleeper's connections, mostly: then that is why it connects again
    await says(browser, /This page was asleep for \d+ s\.$/, "it says that it slept");
    await lives(browser);

    // what was connected may be gone when it wakes
    await browser.evaluate("void (noted.length = 0)");
    await sleep(3000, () => way.cut());
    await says(
      browser,
      /^Connected again after \d+ s\. This page was asleep for \d+ s\.$/,
      "it is back, and says why it was away",
    );
    await lives(browser);
    assertEquals(await browser.evaluate("document.body.dataset.state"), "connected");
  },
});

Deno.test({
  name:
    "a page that comes back leaves the keyboard where it was: in a text console, or on the screen",
  ignore,
  async fn() {
    await using guest = await furnished();
    await using way = new Way(portOf(guest.address));
    await using browser = await comesIn(`http://127.0.0.1:${way.port}/`, "ann");
    await browser.command("Emulation.setFocusEmulationEnabled", { enabled: true });
    await browser.evaluate(NOTE);
    const back = async () => {
      await browser.evaluate("void (noted.length = 0)");
      way.cut();
      const again = `noted.slice(noted.indexOf("waiting")).includes("connected")`;
      await eventually(
        () => browser.evaluate(`noted.includes("waiting") && ${again}`),
        "it is back",
      );
    };
    const holder = () =>
      browser.evaluate(`document.activeElement.className || document.activeElement.role`);
    const there = `!document.getElementById("devices").hidden`;
    await back();
    assertEquals(await holder(), "application");
    await eventually(() => browser.evaluate(there), "there are text consoles");
    await browser.evaluate(`document.getElementById("open-consoles").click()`);
    await eventually(async () => await holder() === "xterm-helper-textarea", "it has the keyboard");
    await back();
    assertEquals(await holder(), "xterm-helper-textarea");
  },
});
