/** The console in a browser without a window. */
import { recording, startAppliance, type TestAppliance } from "../kit/appliance.ts";
import { Chromium } from "../kit/chromium.ts";
import { eventually } from "../kit/desk.ts";
import { needs } from "../kit/peers.ts";
import { decodePng, type Picture } from "../kit/png.ts";
import type { ReplayGuest } from "../../mod.ts";

/** Ignored, with the reason printed, where there is no browser. */
export const { ignore } = needs("chromium");

/** Opens the console; its scripts have begun. */
export async function openConsole(url: string): Promise<Chromium> {
  const browser = await Chromium.open(url);
  try {
    const begun = `typeof viewer === "object"`;
    await eventually(async () => await browser.evaluate(begun), "the console's scripts run");
    return browser;
  } catch (error) {
    await browser[Symbol.asyncDispose]();
    throw error;
  }
}

/** A person draws the window so large. */
export async function draw(page: Chromium, width: number, height: number): Promise<void> {
  await page.command("Emulation.setDeviceMetricsOverride", {
    ...{ width, height, deviceScaleFactor: 1, mobile: false },
  });
}

/** Waits until the page is connected and has a picture. */
export async function shown(browser: Chromium): Promise<void> {
  await eventually(async () =>
    await browser.evaluate(
      `document.body.dataset.state === "connected" && document.body.dataset.picture === "some"`,
    ), "the page shows the guest");
}

/** The pixels of the page's canvas, read in the page. */
export async function canvasOf(browser: Chromium): Promise<Picture> {
  const url: string = await browser.evaluate(`(() => {
    const { screen } = viewer;
    const copy = document.createElement("canvas");
    copy.width = screen.width;
    copy.height = screen.height;
    copy.getContext("2d", { alpha: false }).drawImage(screen, 0, 0);
    return copy.toDataURL();
  })()`);
  const { width, height, pixels } = await decodePng(Uint8Array.fromBase64(url.split(",")[1]));
  return { width, height, pixels: pixels.map((pixel) => pixel & 0xffffff) };
}

export const same = (a: Picture, b: Picture): boolean =>
  a.width === b.width && a.height === b.height && a.pixels.every((p, i) => p === b.pixels[i]);

/** Plays a recording as fast as it is taken, once a client is there. */
export function replay(
  name: string,
  compression: "off" | "lz4" | "quic" | "lz" | "glz" | "auto_glz",
): Promise<TestAppliance> {
  const guest: ReplayGuest = {
    driver: "replay",
    name: null,
    uuid: null,
    file: recording(name),
    pace: "max",
    waitClients: 1,
    loop: false,
    after: "stay",
  };
  const never = { jpegWan: "never", zlibGlzWan: "never", streamingVideo: "off" } as const;
  return startAppliance({ guest, images: { compression, ...never } });
}

/** The last picture of a recording, by libspice. */
export async function golden(name: string): Promise<Picture> {
  return await decodePng(
    await Deno.readFile(new URL(`../data/golden/${name}.png`, import.meta.url)),
  );
}
