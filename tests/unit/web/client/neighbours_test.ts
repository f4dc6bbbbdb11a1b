import { assertEquals } from "@std/assert";
import type { Wish } from "../../../../web/client/arrangement.ts";
import { Neighbours, type Word } from "../../../../web/client/neighbours.ts";
import { FakeClock } from "../../../kit/fake_clock.ts";

const wish = (head: number, width = 640): Wish => ({ display: 0, head, width, height: 480 });

/** Windows that hear each other. */
function street() {
  const clock = new FakeClock();
  const windows = new Map<string, Neighbours>();
  const closed: string[] = [], changed: string[] = [];
  const open = (name: string) => {
    const later: Word[] = [];
    const say = (word: Word) => {
      if (!windows.has(name)) return void later.push(word);
      for (const [other, window] of windows) if (other !== name) window.hear(word);
    };
    const window = new Neighbours(name, {
      after: (ms, call) => clock.after(ms, call),
      say,
      changed: () => changed.push(name),
      closed: (which) => closed.push(`${name} hears that ${which.head} is closed`),
    });
    windows.set(name, window);
    later.forEach(say);
    return window;
  };
  const leave = (name: string) => {
    windows.get(name)!.close();
    windows.delete(name);
  };
  return { clock, open, leave, closed, changed };
}

Deno.test("windows know what the others wish for, whoever came first", () => {
  const { open, changed } = street();
  const one = open("one");
  one.own = wish(0);
  const two = open("two");
  assertEquals(two.wishes, [wish(0)]);
  two.own = wish(1);
  assertEquals(one.wishes, [wish(1)]);
  changed.length = 0;
  one.wish(wish(0, 800));
  one.wish(wish(0, 800));
  assertEquals(two.wishes, [wish(0, 800)]);
  one.own = wish(0, 808);
  assertEquals(two.wishes, [wish(0, 808)]);
  assertEquals(changed, ["two"], "who only says what it shows has not wished");
});

Deno.test("a window with the same head has no say in its size", () => {
  const { open } = street();
  const one = open("one"), two = open("two");
  one.own = wish(0);
  two.own = { ...wish(0, 800), head: null };
  assertEquals([one.wishes, two.wishes], [[], []]);
});

Deno.test("a window that closed is told after a while, one that was loaded anew is not", () => {
  const { open, leave, clock, closed } = street();
  open("one").own = wish(0);
  open("two").own = wish(1);
  leave("two");
  open("two, again").own = wish(1);
  clock.advance(10_000);
  assertEquals(closed, []);
  leave("two, again");
  clock.advance(10_000);
  assertEquals(closed, ["one hears that 1 is closed"]);
});

Deno.test("a window that shows all heads from now on has closed none, and its end closes none", () => {
  const { open, leave, clock, closed } = street();
  const one = open("one"), two = open("two");
  one.own = wish(0);
  two.own = wish(1);
  two.own = null;
  assertEquals(one.wishes, []);
  clock.advance(10_000);
  leave("two");
  clock.advance(10_000);
  assertEquals(closed, []);
});

Deno.test("windows without end are not kept", () => {
  const { open } = street();
  const one = open("one");
  for (let i = 0; i < 1000; i++) {
    one.hear({ from: `${i}`, wish: wish(i), now: false, ask: false, closed: false });
  }
  assertEquals(one.wishes.length, 32);
});
