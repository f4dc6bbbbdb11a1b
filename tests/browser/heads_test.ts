/** Several heads, each in a window of its own that says how large it is. */
import { assertEquals } from "@std/assert";
import type { Chromium } from "../kit/chromium.ts";
import { eventually } from "../kit/desk.ts";
import { type Served, serveDemo } from "../kit/served.ts";
import { serveConsole, type WebConsole } from "../kit/web_console.ts";
import { canvasOf, draw, ignore, openConsole, shown } from "./page.ts";

/** The guest's heads of all displays, as "width×height+x". */
const headsOf = ({ displays }: Served): string =>
  displays.map(({ monitors: { heads } }) =>
    heads.map(({ width, height, x }) => `${width}×${height}+${x}`).join(" ")
  ).join(" | ");

async function has(served: Served, heads: string): Promise<void> {
  await eventually(() => headsOf(served) === heads, `the guest has ${heads}`).catch((error) => {
    throw new Error(`${error}: it has ${headsOf(served)}`);
  });
}

async function shows(page: Chromium, width: number, height: number): Promise<void> {
  await eventually(async () => {
    const { width: w, height: h } = await canvasOf(page);
    return w === width && h === height;
  }, `the page shows ${width}×${height}`);
}

const displaysMenu = (page: Chromium): Promise<string[]> =>
  page.evaluate(
    `[...document.querySelectorAll("#displays button")].map((line) => line.textContent)`,
  );

/** Chooses this line of the menu of displays; which addresses it opens in windows. */
function choose(page: Chromium, label: string): Promise<string[]> {
  return page.evaluate(`(async () => {
    const opened = [];
    // a window that is there already: nothing moves it
    globalThis.open = (url) => (opened.push(\`\${url}\`), { location: { href: url.href }, focus() {} });
    [...document.querySelectorAll("#displays button")]
      .find((line) => line.textContent === ${JSON.stringify(label)}).click();
    await new Promise((wake) => setTimeout(wake, 100));
    return opened;
  })()`);
}

async function follow(page: Chromium): Promise<void> {
  const there = `!document.getElementById("follow").hidden`;
  await eventually(() => page.evaluate(there), "the guest can follow");
  await page.evaluate(`document.getElementById("follow").click()`);
}

const serve = (served: Served): Promise<WebConsole> =>
  serveConsole((duplex) => served.sessions.accept(duplex));

Deno.test({
  name:
    "a second head comes with its window, each window sizes its own, and it goes with the window",
  ignore,
  async fn() {
    await using served = await serveDemo();
    await using console = await serve(served);
    await using one = await openConsole(console.web.address);
    await shown(one);
    await draw(one, 1000, 700);
    await follow(one);
    await has(served, "1000×700+0");
    await eventually(
      async () => (await displaysMenu(one)).join() === "Display 1,Display 2 in a window",
      "a second display is offered",
    );
    // a browser that keeps windows from the page: it says so, and goes on showing all that it did
    await one.evaluate(`(() => {
      globalThis.open = () => null;
      [...document.querySelectorAll("#displays button")]
        .find((line) => line.textContent === "Display 2 in a window").click();
    })()`);
    await eventually(
      async () =>
        /^This browser blocked the window: allow pop-ups/.test(
          await one.evaluate(`document.getElementById("toast").textContent`),
        ),
      "the page says why there is no window",
    );
    assertEquals(await one.evaluate(`new URL(location.href).searchParams.get("head")`), null);
    const [address] = await choose(one, "Display 2 in a window");
    await using two = await one.another(address);
    await draw(two, 640, 480);
    await has(served, "1000×700+0 640×480+1000");
    await Promise.all([shows(one, 1000, 700), shows(two, 640, 480)]);

    await draw(two, 800, 600);
    await has(served, "1000×700+0 800×600+1000");
    await draw(one, 904, 500);
    await has(served, "904×500+0 800×600+904");
    await Promise.all([shows(one, 904, 500), shows(two, 800, 600)]);
    // both at once: neither takes the other's size back
    await Promise.all([draw(one, 1104, 600), draw(two, 704, 400)]);
    await has(served, "1104×600+0 704×400+1104");
    await Promise.all([shows(one, 1104, 600), shows(two, 704, 400)]);

    await two.mouse("Moved", 10, 20);
    await eventually(
      () => served.moves.at(-1)?.slice(0, 3).join() === "position,1114,20",
      "the pointer is on the second head",
    );

    // somebody else, elsewhere, with the second head in a window
    await using other = await openConsole(address);
    await shown(other);
    await draw(other, 720, 440);
    await follow(other);
    await has(served, "1104×600+0 720×440+1104");
    await shows(two, 720, 440);
    await draw(one, 1000, 700);
    await has(served, "1000×700+0 720×440+1000");
    assertEquals([...one.console, ...two.console, ...other.console], []);

    await two.command("Page.close");
    await has(served, "1000×700+0");
    await shows(one, 1000, 700);
  },
});

Deno.test({
  name: "windows of two displays size each its own, also those of people apart from each other",
  ignore,
  async fn() {
    await using served = await serveDemo({ cards: 2 });
    await using console = await serve(served);
    await using one = await openConsole(console.web.address);
    await using two = await openConsole(`${console.web.address}?display=1`);
    await Promise.all([shown(one), shown(two)]);
    await Promise.all([draw(one, 1000, 700), draw(two, 640, 480)]);
    await follow(one);
    await has(served, "1000×700+0 | 800×600+0");
    await follow(two);
    await has(served, "1000×700+0 | 640×480+0");
    await draw(one, 904, 500);
    await has(served, "904×500+0 | 640×480+0");
    await draw(two, 720, 440);
    await has(served, "904×500+0 | 720×440+0");
    await Promise.all([shows(one, 904, 500), shows(two, 720, 440)]);
    assertEquals(await displaysMenu(one), ["Display 1", "Display 2 in a window"]);
    assertEquals([...one.console, ...two.console], []);
  },
});

Deno.test({
  name: "who shows several heads in one window does not size them, until they show one",
  ignore,
  async fn() {
    await using served = await serveDemo();
    served.displays[0].requestMonitors([
      { x: 0, y: 0, width: 800, height: 600 },
      { x: 800, y: 0, width: 640, height: 480 },
    ]);
    await using console = await serve(served);
    await using page = await openConsole(console.web.address);
    await shown(page);
    await has(served, "800×600+0 640×480+800");
    await shows(page, 1440, 600);
    await eventually(
      () => page.evaluate(`document.getElementById("follow").hidden`),
      "following is not offered",
    );
    assertEquals(await displaysMenu(page), [
      "Display 1 in a window",
      "Display 2 in a window",
      "Display 3 in a window",
      "All in this window",
    ]);
    assertEquals(await choose(page, "Display 1 in a window"), []);
    await shows(page, 800, 600);
    await draw(page, 1000, 500);
    await follow(page);
    await has(served, "1000×500+0 640×480+1000");
    assertEquals(await choose(page, "All in this window"), []);
    await shows(page, 1640, 500);
  },
});
