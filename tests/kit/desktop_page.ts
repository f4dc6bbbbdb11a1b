/** What a person does on the console's page with a desktop guest. */
import type { Chromium } from "./chromium.ts";
import { eventually } from "./desk.ts";
import type { DesktopGuest } from "./desktop_guest.ts";

export async function press(
  browser: Chromium,
  key: string,
  code: string,
  number: number,
): Promise<void> {
  await browser.key("keyDown", key, code, number);
  await browser.key("keyUp", key, code, number);
}

/** Where a pixel of the guest's is on the page. */
export async function place(browser: Chromium, x: number, y: number): Promise<[number, number]> {
  const { left, top, scale } = await browser.evaluate(`(() => {
    const { x, y, width } = viewer.screen.getBoundingClientRect();
    return { left: x, top: y, scale: width / viewer.size.width };
  })()`);
  return [left + (x + 0.5) * scale, top + (y + 0.5) * scale];
}

/**
 * Moves to a pixel on the page until the guest's pointer is there: one that is just changing loses some.
 * left: where the page's display begins in X.
 */
export async function points(
  browser: Chromium,
  guest: DesktopGuest,
  x: number,
  y: number,
  left = 0,
  seconds = 120,
): Promise<void> {
  let said = "";
  await eventually(
    async () => {
      await browser.mouse("Moved", ...await place(browser, x + 5, y + 5));
      await browser.mouse("Moved", ...await place(browser, x, y));
      said = await guest.run("xdotool getmouselocation");
      const [, atX, atY] = /^x:(\d+) y:(\d+)/.exec(said)!.map(Number);
      // QEMU's tablet counts to 32767 whatever the width: a pixel is lost
      return Math.abs(atX - left - x) <= 1 && Math.abs(atY - y) <= 1;
    },
    `the guest's pointer is at ${left + x}, ${y}`,
    seconds,
  ).catch((error) => {
    throw new Error(`${error.message}: ${said}`);
  });
}
