/** A guest's picture in the window of a real client: what it shows, and the hand on it. */
import type { Appliance } from "../../mod.ts";
import { type Desk, eventually } from "./desk.ts";
import { assertSamePixels, decodePng, type Picture } from "./png.ts";
import { cut, findText, locate, type Spot } from "./reading.ts";
import type { Font } from "../../qxl/drivers/demo/font.ts";

/** The panel at the foot of each of the demo's screens, which does not move by itself. */
const foot = 30;

export class GuestWindow {
  private constructor(
    readonly desk: Desk,
    readonly appliance: Appliance,
    readonly display: number,
    /** Where the guest's (0, 0) is on the desk. */
    readonly at: Spot,
  ) {}

  /** Waits until a display's picture is on the desk, in its own size. */
  static async find(desk: Desk, appliance: Appliance, display = 0): Promise<GuestWindow> {
    let at: Spot | null = null;
    await eventually(async () => {
      const picture = await pictureOf(appliance, display).catch(() => null);
      if (picture === null) return false;
      const rows = { from: picture.height - foot, to: picture.height };
      at = locate(await desk.picture(), picture, rows);
      return at !== null;
    }, `a window shows display ${display}`);
    return new GuestWindow(desk, appliance, display, at!);
  }

  /** What the guest has drawn. */
  guest(): Promise<Picture> {
    return pictureOf(this.appliance, this.display);
  }

  /** What the client shows of it. */
  async client(): Promise<Picture> {
    return cut(await this.desk.picture(), this.at, await this.guest());
  }

  /** Moves the pointer to a pixel of the guest's. */
  async point({ x, y }: Spot): Promise<void> {
    await this.desk.hand("mousemove", `${this.at.x + x}`, `${this.at.y + y}`);
  }

  async click(spot: Spot, button = 1): Promise<void> {
    await this.point(spot);
    await this.desk.hand("click", `${button}`);
  }

  /** Presses, moves in steps, lets go. */
  async drag(from: Spot, to: Spot): Promise<void> {
    await this.point(from);
    await this.desk.hand("mousedown", "1");
    for (let step = 1; step <= 8; step++) {
      const part = (a: number, b: number) => Math.round(a + (b - a) * step / 8);
      await this.point({ x: part(from.x, to.x), y: part(from.y, to.y) });
    }
    await this.desk.hand("mouseup", "1");
  }

  /** Waits until the guest's own picture has this text; where. */
  async reads(text: string, font: Font): Promise<Spot> {
    let found: Spot | null = null;
    await eventually(async () => {
      found = findText(await this.guest(), text, font);
      return found !== null;
    }, `the guest shows "${text}"`);
    return found!;
  }

  /** Waits until the client shows what the guest has drawn, and the guest draws nothing more. */
  async sameAtRest(): Promise<void> {
    let client: Picture | null = null, guest: Picture | null = null;
    await eventually(
      async () => {
        guest = await this.guest();
        client = cut(await this.desk.picture(), this.at, guest);
        return same(client, guest);
      },
      "the client shows the guest's pixels",
      10,
    ).catch(() => {});
    assertSamePixels(client!, guest!);
  }
}

async function pictureOf(appliance: Appliance, display: number): Promise<Picture> {
  return await decodePng(await appliance.screenshot(display));
}

export function same(a: Picture, b: Picture): boolean {
  return a.width === b.width && a.height === b.height &&
    a.pixels.every((pixel, i) => pixel === b.pixels[i]);
}
