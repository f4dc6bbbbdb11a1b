import { assertEquals } from "@std/assert";
import { Pointer } from "../../../../web/client/pointer.ts";
import { type Pan, Touch } from "../../../../web/client/touch.ts";

function stage() {
  const sent: unknown[][] = [];
  const pointer = new Pointer({
    position: (...event) => sent.push(["at", ...event]),
    motion: (...event) => sent.push(["by", ...event]),
    button: (name, down, buttons) => sent.push([down ? "+" : "-", name, buttons]),
  });
  pointer.placement = { width: 800, height: 600, cssWidth: 400, cssHeight: 300 };
  return { pointer, sent };
}
const event = (offsetX: number, offsetY: number, movementX = 0, movementY = 0) => ({
  offsetX,
  offsetY,
  movementX,
  movementY,
});

Deno.test("pointer tells the guest's pixel, inside of the picture wherever it is dragged", () => {
  const { pointer, sent } = stage();
  pointer.moved(event(10.6, 20.4));
  pointer.moved(event(-5, 1000));
  assertEquals(sent, [["at", 21, 40, 0], ["at", 0, 599, 0]]);
});

Deno.test("pointer moves by whole pixels in server mode, and loses none of their parts", () => {
  const { pointer, sent } = stage();
  pointer.mode = "server";
  for (let i = 0; i < 4; i++) pointer.moved(event(0, 0, 0.5, -0.75));
  assertEquals(sent, [["by", 1, -1, 0], ["by", 0, -1, 0], ["by", 1, -1, 0]]);
});

Deno.test("pointer has all five buttons, and lets them go", () => {
  const { pointer, sent } = stage();
  for (let button = 0; button < 6; button++) pointer.pressed(button, true);
  assertEquals(sent.map(([, name]) => name), ["left", "middle", "right", "side", "extra"]);
  assertEquals(sent.at(-1), ["+", "extra", 1 | 2 | 4 | 32 | 64]);
  pointer.letGo();
  assertEquals(sent.at(-1), ["-", "extra", 0]);
});

Deno.test("wheel turns in whole notches, whatever it comes in, and only so far", () => {
  const { pointer, sent } = stage();
  const ups = () => sent.filter(([way, name]) => way === "+" && name === "up").length;
  for (let i = 0; i < 4; i++) pointer.turned(0.3);
  assertEquals(ups(), 1);
  pointer.turned(1000);
  assertEquals(ups(), 9);
  sent.length = 0;
  pointer.turned(-1.2);
  assertEquals(sent, [["+", "down", 16], ["-", "down", 0]]);
});

/** All of the picture is seen. */
const still: Pan = () => ({ can: { x: false, y: false }, moved: { x: 0, y: 0 } });

/** Fingers, and the call that waits for a held one, or for a second tap. */
function fingers(mode: "client" | "server" = "client", pan: Pan = still) {
  const { pointer, sent } = stage();
  pointer.mode = mode;
  let held: (() => void) | null = null;
  const touch = new Touch(pointer, (_, call) => {
    held = call;
    return () => held = null;
  }, pan);
  return { touch, sent, hold: () => held?.() };
}
const CLICK = [["+", "left", 1], ["-", "left", 0]];

Deno.test("a tap clicks where it is", () => {
  const { touch, sent } = fingers();
  touch.down({ id: 1, x: 10, y: 10 });
  touch.move({ id: 1, x: 12, y: 11 });
  touch.up(1);
  assertEquals(sent, [["at", 20, 20, 0], ["+", "left", 1], ["-", "left", 0]]);
});

Deno.test("a finger that moves drags from where it began", () => {
  const { touch, sent } = fingers();
  touch.down({ id: 1, x: 10, y: 10 });
  touch.move({ id: 1, x: 30, y: 10 });
  touch.up(1);
  assertEquals(sent, [["at", 20, 20, 0], ["+", "left", 1], ["at", 60, 20, 1], ["-", "left", 0]]);
});

Deno.test("a held finger, and two that tap, click the right button", () => {
  const one = fingers();
  one.touch.down({ id: 1, x: 10, y: 10 });
  one.hold();
  one.touch.up(1);
  assertEquals(one.sent.slice(1), [["+", "right", 4], ["-", "right", 0]]);
  const two = fingers();
  two.touch.down({ id: 1, x: 10, y: 10 });
  two.touch.down({ id: 2, x: 50, y: 10 });
  two.touch.up(1);
  two.touch.up(2);
  assertEquals(two.sent.slice(1), [["+", "right", 4], ["-", "right", 0]]);
});

Deno.test("two fingers turn the wheel, the picture following them", () => {
  const { touch, sent } = fingers();
  touch.down({ id: 1, x: 10, y: 100 });
  touch.down({ id: 2, x: 50, y: 100 });
  for (let y = 110; y <= 200; y += 10) {
    touch.move({ id: 1, x: 10, y });
    touch.move({ id: 2, x: 50, y });
  }
  touch.up(1);
  touch.up(2);
  const names = sent.slice(1).map(([way, name]) => `${way}${name}`);
  assertEquals(new Set(names), new Set(["+up", "-up"]));
});

Deno.test("a finger that the system takes away lets go of what it drags, and clicks nothing", () => {
  const one = fingers();
  one.touch.down({ id: 1, x: 10, y: 10 });
  one.touch.cancel(1);
  one.hold();
  assertEquals(one.sent, [["at", 20, 20, 0]]);
  const two = fingers();
  two.touch.down({ id: 1, x: 10, y: 10 });
  two.touch.down({ id: 2, x: 50, y: 10 });
  two.touch.cancel(1);
  two.touch.cancel(2);
  assertEquals(two.sent, [["at", 20, 20, 0]]);
  const drag = fingers();
  drag.touch.down({ id: 1, x: 10, y: 10 });
  drag.touch.move({ id: 1, x: 30, y: 10 });
  // a palm that lies down meanwhile, and is taken away, lets go of nothing
  drag.touch.down({ id: 2, x: 90, y: 90 });
  drag.touch.cancel(2);
  drag.touch.move({ id: 1, x: 40, y: 10 });
  const before = drag.sent.length;
  drag.touch.cancel(1);
  assertEquals(drag.sent.slice(before), [["-", "left", 0]]);
});

Deno.test("a finger moves a relative mouse from where it is, as on a trackpad, and a tap clicks there", () => {
  const { touch, sent } = fingers("server");
  touch.down({ id: 1, x: 100, y: 100 });
  touch.move({ id: 1, x: 104, y: 100 });
  touch.move({ id: 1, x: 110, y: 95 });
  touch.move({ id: 1, x: 115, y: 95 });
  touch.up(1);
  assertEquals(sent.splice(0), [["by", 10, -5, 0], ["by", 5, 0, 0]]);
  touch.down({ id: 2, x: 300, y: 20 });
  touch.up(2);
  assertEquals(sent, CLICK);
});

Deno.test("a finger drags with a relative mouse where a tap came just before", () => {
  const { touch, sent, hold } = fingers("server");
  for (const dragged of [true, false]) {
    touch.down({ id: 1, x: 100, y: 100 });
    touch.up(1);
    if (!dragged) hold();
    sent.length = 0;
    touch.down({ id: 1, x: 100, y: 100 });
    touch.move({ id: 1, x: 120, y: 100 });
    touch.up(1);
    const by = ["by", 20, 0, dragged ? 1 : 0];
    assertEquals(sent, dragged ? [CLICK[0], by, CLICK[1]] : [by]);
    touch.down({ id: 1, x: 300, y: 300 });
    touch.cancel(1);
    hold();
  }
});

Deno.test("a second tap near the first is in the same place, later or farther off it is where it is", () => {
  const { touch, sent, hold } = fingers();
  const tap = (x: number, y: number) => {
    touch.down({ id: 1, x, y });
    touch.up(1);
    return sent.splice(0);
  };
  assertEquals(tap(10, 10), [["at", 20, 20, 0], ...CLICK]);
  assertEquals(tap(14, 9), [["at", 20, 20, 0], ...CLICK]);
  assertEquals(tap(40, 10), [["at", 80, 20, 0], ...CLICK]);
  hold();
  assertEquals(tap(44, 10), [["at", 88, 20, 0], ...CLICK]);
});

Deno.test("two fingers move a picture that is larger than its room with them, and turn the wheel where it is not", () => {
  // as wide again as its room, and no higher: 100 pixels of it are to the left
  let left = 100;
  const { touch, sent } = fingers("client", ({ x }) => {
    const before = left;
    left = Math.max(0, Math.min(200, left - x));
    return { can: { x: true, y: false }, moved: { x: before - left, y: 0 } };
  });
  /** Where the fingers are on the page; they are told from the picture's corner. */
  const at = (x: number, y: number) => {
    touch.move({ id: 1, x: x + left, y });
    touch.move({ id: 2, x: x + 40 + left, y });
  };
  touch.down({ id: 1, x: 10 + left, y: 100 });
  touch.down({ id: 2, x: 50 + left, y: 100 });
  for (let x = 20; x <= 60; x += 10) at(x, 100);
  assertEquals(left, 50, "the picture is where the fingers took it");
  assertEquals(sent.length, 1, "and the guest hears of none of it");
  for (let x = 70; x <= 200; x += 10) at(x, 100);
  assertEquals(left, 0, "it stops at its edge");
  for (let y = 110; y <= 140; y += 10) at(200, y);
  assertEquals(sent.slice(1).map(([way, name]) => `${way}${name}`), ["+up", "-up"]);
});

Deno.test("a finger that leaves the others, or joins them, turns no wheel and moves no picture", () => {
  const panned: number[] = [];
  const { touch, sent } = fingers("client", ({ x, y }) => {
    panned.push(x, y);
    return { can: { x: false, y: false }, moved: { x: 0, y: 0 } };
  });
  touch.down({ id: 1, x: 10, y: 10 });
  touch.down({ id: 2, x: 200, y: 200 });
  touch.move({ id: 1, x: 10, y: 40 });
  touch.move({ id: 1, x: 10, y: 41 });
  touch.down({ id: 3, x: 300, y: 300 });
  touch.move({ id: 3, x: 300, y: 301 });
  touch.up(3);
  touch.up(1);
  touch.move({ id: 2, x: 200, y: 201 });
  assertEquals(sent, [["at", 20, 20, 0]]);
  assertEquals(panned.map((by) => Math.abs(by) <= 16), panned.map(() => true), `${panned}`);
});

Deno.test("fingers that move by half a pixel take the picture as far as they go, both ways, though browsers round", () => {
  let left = 100;
  const { touch } = fingers("client", ({ x }) => {
    const before = left;
    left = Math.max(0, Math.min(200, Math.round(left - x)));
    return { can: { x: true, y: false }, moved: { x: before - left, y: 0 } };
  });
  touch.down({ id: 1, x: 100 + left, y: 100 });
  touch.down({ id: 2, x: 140 + left, y: 100 });
  /** One finger after the other, by a pixel: what is between them goes by half of it. */
  const go = (from: number, to: number) => {
    const by = Math.sign(to - from);
    for (let x = from; x !== to; x += by) {
      touch.move({ id: 1, x: x + by + left, y: 100 });
      touch.move({ id: 2, x: x + by + 40 + left, y: 100 });
    }
  };
  go(100, 90);
  const from = left;
  go(90, 50);
  assertEquals(left - from, 40);
  go(50, 90);
  assertEquals(left, from);
});
