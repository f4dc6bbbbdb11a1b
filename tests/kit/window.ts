/** A guest's picture in the window of a real client: what it shows, and the hand on it. */
import type { Appliance } from "../../mod.ts";
import { type Desk, eventually } from "./desk.ts";
import { assertSamePixels, decodePng, type Picture } from "./png.ts";
import { cut, findText, locate, type Spot } from "./reading.ts";
import type { Font } from "../../qxl/drivers/demo/font.ts";

/** Rows that do not move by themselves: of the sky, which tell how high, and the lowest, which tell how far across. */
const sky = 20, foot = 30;

/** What a window shows: the first display if not said, all of it if not said. */
export interface Part {
  readonly display?: number;
  readonly head?: Spot & { readonly width: number; readonly height: number };
}

export class GuestWindow {
  private constructor(
    readonly desk: Desk,
    readonly appliance: Appliance,
    readonly part: Part,
    /** Where the upper left corner of what it shows is on the desk. */
    readonly at: Spot,
  ) {}

  /** Waits until a display's picture, or one head's part of it, is on the desk in its own size. */
  static async find(desk: Desk, appliance: Appliance, part: Part = {}): Promise<GuestWindow> {
    let at: Spot | null = null;
    await eventually(async () => {
      const picture = await pictureOf(appliance, part).catch(() => null);
      if (picture === null) return false;
      const { height } = picture;
      at = locate(await desk.picture(), picture, [[height - foot, height], [0, sky]]);
      return at !== null;
    }, `a window shows ${JSON.stringify(part)}`);
    return new GuestWindow(desk, appliance, part, at!);
  }

  /** What the guest has drawn. */
  guest(): Promise<Picture> {
    return pictureOf(this.appliance, this.part);
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

async function pictureOf(appliance: Appliance, { display = 0, head }: Part): Promise<Picture> {
  const whole = await decodePng(await appliance.screenshot(display));
  if (head === undefined) return whole;
  const { x, y, width, height } = head;
  if (x + width > whole.width || y + height > whole.height) {
    throw new RangeError(`Display ${display} is smaller than that`);
  }
  return cut(whole, { x, y }, { width, height });
}

export function same(a: Picture, b: Picture): boolean {
  return a.width === b.width && a.height === b.height &&
    a.pixels.every((pixel, i) => pixel === b.pixels[i]);
}
