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
    const day = now.toLocaleDateString("en-GB", {
      weekday: "short",
      day: "numeric",
      month: "short",
    });
    const time = now.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    return { text: `${day}   ${time}`, changesInMs: 60_050 - now.getTime() % 60_000 };
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
