/** A demo guest on real cards, with a clock that stands still and an audience that takes notes. */
import type { Audience, CursorCommand } from "../../../../../core/guest.ts";
import type { Drawing } from "../../../../../core/protocol/drawing.ts";
import { Demo } from "../../../../../qxl/drivers/demo/demo.ts";
import { WatchedCard } from "../../../../../qxl/drivers/watched_card.ts";
import { Driver } from "../../../../../qxl/driver.ts";
import { FakeClock } from "../../../../kit/fake_clock.ts";

class DemoClock extends FakeClock {
  text = "Mon 1 Jan   00:00";
  face = () => ({ text: this.text, changesInMs: 60_000 });
}

export class Stage {
  readonly clock = new DemoClock();
  readonly cards: WatchedCard[];
  readonly demo: Demo;
  readonly reports: string[] = [];
  #drawings: Drawing["kind"][] = [];
  #cursors: CursorCommand[] = [];

  constructor(count = 1, options: { maxOutputs?: number } = {}) {
    this.cards = Array.from({ length: count }, (_, id) => {
      const report = (error: Error) => void this.reports.push(error.message);
      const card = new WatchedCard({ id, xres: 1024, yres: 768, report, ...options });
      card.attach(this.#audience());
      return card;
    });
    const places = this.cards.map((card) => ({ card, driver: new Driver(card) }));
    this.demo = new Demo(places, this.clock);
    this.demo.run();
  }

  #audience(): Audience {
    return {
      draw: ({ drawing }) => void this.#drawings.push(drawing.kind),
      surfaceCreated: () => {},
      surfaceDestroyed: () => {},
      monitorsChanged: () => {},
      cursorChanged: (command) => void this.#cursors.push(structuredClone(command)),
      memoryLow: () => {},
      viewers: 0,
      whenViewers: () => Promise.resolve(),
      drained: () => Promise.resolve(),
    };
  }

  /** Time goes by in small steps, so that frames follow each other. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 5) {
      this.clock.advance(Math.min(5, left));
      // promises first, as between two timers
      for (let i = 0; i < 20; i++) await Promise.resolve();
    }
  }

  /** How many drawings of each kind there were since the last look. */
  drawings(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const kind of this.#drawings) counts[kind] = (counts[kind] ?? 0) + 1;
    this.#drawings = [];
    return counts;
  }

  cursors(): CursorCommand[] {
    return this.#cursors.splice(0);
  }

  window(title: string) {
    return this.demo.desktops[0].scene.windows.find(({ app }) => app.title === title)!;
  }

  /** The pixels of a display, as a copy: 0x00rrggbb. */
  pixels(display = 0): Uint32Array {
    this.cards[display].settle();
    const { bytes, origin, stride, width, height } = this.cards[display].surfaces.get(0)!;
    const all = new Uint32Array(width * height);
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0, from = origin + y * stride; x < width; x++, from += 4) {
        all[at++] = bytes[from] | bytes[from + 1] << 8 | bytes[from + 2] << 16;
      }
    }
    return all;
  }

  /** A click of the left button. */
  click(x: number, y: number): void {
    const { pointer } = this.demo;
    pointer.position(x, y, 0, 0);
    pointer.press("left", 1);
    pointer.release("left", 0);
  }

  drag(x: number, y: number, dx: number, dy: number): void {
    const { pointer } = this.demo;
    pointer.position(x, y, 0, 0);
    pointer.press("left", 1);
    pointer.position(x + dx, y + dy, 1, 0);
    pointer.release("left", 0);
  }

  /** Keys pressed and released, by their scancode. */
  type(...codes: number[]): void {
    for (const code of codes) {
      this.demo.keyboard.scancode([code]);
      this.demo.keyboard.scancode([code | 0x80]);
    }
  }
}

/** Whether what is on screen is what a full painting gives. */
export async function paintedRight(stage: Stage): Promise<boolean> {
  const before = stage.pixels();
  const { width, height } = stage.demo.desktops[0].size;
  stage.demo.desktops[0].scene.add({ top: 0, left: 0, bottom: height, right: width });
  await stage.pass(200);
  const after = stage.pixels();
  return before.every((pixel, i) => pixel === after[i]);
}
