/** The demo's door: time, and the cards that its desktops are on. */
import type { Guest } from "../../../core/guest.ts";
import type { CardOptions } from "../../device.ts";
import { Driver } from "../../driver.ts";
import { WatchedCard } from "../watched_card.ts";
import { Demo, type DemoSettings } from "./demo.ts";
import type { WallClock } from "./pump.ts";

export interface DemoOptions extends DemoSettings {
  /** One for each head; at least one. */
  readonly cards: readonly CardOptions[];
}

const clock: WallClock = {
  now: () => performance.now(),
  face: () => {
    const now = new Date();
    // "Sat Nov 28 2026 07:37:38 GMT…"; the tables of languages would take 50 ms of the start
    const [weekday, month, day, , time] = now.toString().split(" ");
    const text = `${weekday} ${Number(day)} ${month}   ${time.slice(0, 5)}`;
    return { text, changesInMs: 60_050 - now.getTime() % 60_000 };
  },
  after: (ms, call) => {
    const id = setTimeout(call, Math.min(ms, 2 ** 31 - 1));
    return () => clearTimeout(id);
  },
};

/** A desktop on each card, running. */
export function start({ cards, ...settings }: DemoOptions): Promise<Guest> {
  const places = cards.map((options, id) => {
    const card = new WatchedCard({ ...options, id });
    return { card, driver: new Driver(card) };
  });
  const demo = new Demo(places, clock, settings);
  demo.run();
  return Promise.resolve(demo);
}
