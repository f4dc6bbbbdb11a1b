import { assertEquals, assertNotEquals } from "@std/assert";
import { seeded } from "../../../../../core/binary/random.ts";
import { KeyboardModifiers } from "../../../../../core/protocol/inputs.ts";
import { Notes } from "../../../../../qxl/drivers/demo/apps/notes.ts";
import { Inputs } from "../../../../../qxl/drivers/demo/apps/inputs.ts";
import { Demo } from "../../../../../qxl/drivers/demo/demo.ts";
import { ensure } from "../replay/recorder.ts";
import { paintedRight, Stage } from "./stage.ts";

/** A stage whose first picture is there. */
async function ready(...args: ConstructorParameters<typeof Stage>): Promise<Stage> {
  const stage = new Stage(...args);
  await stage.pass(100);
  stage.drawings();
  stage.cursors();
  return stage;
}
const present = (stage: Stage, is: boolean) =>
  stage.cards[0].clientCapabilities(is, new Uint8Array(58));

Deno.test("demo draws its desktop with the commands that real guests use, and nothing is refused", async () => {
  const stage = new Stage();
  await stage.pass(100);
  const drawn = Object.keys(stage.drawings()).sort();
  assertEquals(drawn, ["drawAlphaBlend", "drawCopy", "drawFill", "drawStroke", "drawText"]);
  assertEquals(stage.reports, []);
  const [set] = stage.cursors().filter(({ kind }) => kind === "set");
  ensure(set.kind === "set" && set.visible);
  ensure(new Set(stage.pixels()).size > 500, "a wallpaper has many colours");
  stage.demo.close();
});

Deno.test("demo is idle while nothing happens: it draws nothing and plans only its clock", async () => {
  const stage = await ready();
  await stage.pass(20_000);
  assertEquals(stage.drawings(), {});
  assertEquals(stage.cursors(), []);
  assertEquals(stage.clock.planned, 1);
  stage.demo.close();
});

Deno.test("demo's clock is drawn when its minute is over, and only it", async () => {
  const stage = await ready();
  const before = stage.pixels();
  stage.clock.text = "Mon 1 Jan   00:01";
  await stage.pass(60_000);
  assertEquals(stage.drawings(), { drawFill: 1, drawText: 1 });
  const after = stage.pixels();
  const changed = [...after.keys()].filter((i) => before[i] !== after[i]);
  ensure(changed.length > 0 && changed.every((i) => i % 1024 > 874 && i / 1024 > 734));
  stage.demo.close();
});

Deno.test("demo's picture moves only while somebody looks, and stops at a click", async () => {
  const stage = await ready();
  present(stage, true);
  await stage.pass(1000);
  const { drawCopy, ...others } = stage.drawings();
  ensure(drawCopy >= 20 && drawCopy <= 30, `${drawCopy} frames in a second`);
  assertEquals(others, {});
  const { left, top } = stage.window("Moving picture").content;
  stage.click(left + 20, top + 20);
  await stage.pass(100);
  stage.drawings();
  await stage.pass(1000);
  assertEquals(stage.drawings(), {});
  stage.click(left + 20, top + 20);
  await stage.pass(200);
  ensure(stage.drawings().drawCopy > 2);
  present(stage, false);
  await stage.pass(100);
  stage.drawings();
  await stage.pass(1000);
  assertEquals(stage.drawings(), {});
  stage.demo.close();
});

Deno.test("demo does not paint anew what lies on the moving picture", async () => {
  const stage = await ready();
  const movie = stage.window("Moving picture"), notes = stage.window("Notes");
  stage.drag(notes.x + 50, notes.y + 10, 200, 30);
  ensure(notes.frame.right > movie.x + 50);
  await stage.pass(60);
  stage.drawings();
  present(stage, true);
  await stage.pass(400);
  const kinds = Object.keys(stage.drawings()).sort();
  // the sheet's shadow falls on the picture
  assertEquals(kinds, ["drawAlphaBlend", "drawCopy"]);
  stage.demo.close();
});

Deno.test("demo echoes what is typed: shift, caps lock, backspace and new lines", async () => {
  const stage = await ready();
  const { app } = stage.window("Notes");
  ensure(app instanceof Notes);
  const before = app.text;
  stage.type(0x23, 0x17);
  stage.demo.keyboard.scancode([0x2a]);
  stage.type(0x1e, 0x02);
  stage.demo.keyboard.scancode([0xaa]);
  stage.type(0x3a, 0x30, 0x02, 0x3a, 0x2e, 0x0e, 0x1c, 0x2d);
  assertEquals(app.text.slice(before.length), "hiA!B1\nx");
  await stage.pass(40);
  ensure(await paintedRight(stage));
  stage.demo.close();
});

Deno.test("demo scrolls by moving pixels when the caret leaves the sheet", async () => {
  const stage = await ready();
  for (let i = 0; i < 20; i++) {
    stage.type(0x1c, 0x1e);
    await stage.pass(20);
  }
  ensure(stage.drawings().copyBits > 5);
  ensure(await paintedRight(stage));
  stage.demo.close();
});

Deno.test("demo reports the lights of its locks", async () => {
  const stage = await ready();
  const { keyboard } = stage.demo;
  const seen: number[] = [];
  keyboard.onLeds((leds) => seen.push(leds));
  stage.type(0x3a, 0x45, 0x46, 0x3a);
  const { capsLock, numLock, scrollLock } = KeyboardModifiers;
  const all = capsLock | numLock | scrollLock;
  assertEquals(seen, [capsLock, capsLock | numLock, all, numLock | scrollLock]);
  assertEquals(keyboard.leds, numLock | scrollLock);
  // a key held down repeats, its light does not
  for (let i = 0; i < 3; i++) keyboard.scancode([0x3a]);
  assertEquals(keyboard.leds, all);
  stage.demo.close();
});

Deno.test("demo moves a dragged window's pixels instead of painting it anew", async () => {
  const stage = await ready();
  const window = stage.window("Notes"), { x, y } = window;
  stage.drag(x + 100, y + 10, 31, 17);
  await stage.pass(40);
  assertEquals([window.x, window.y], [x + 31, y + 17]);
  assertEquals(stage.drawings().copyBits, 1);
  ensure(await paintedRight(stage));
  stage.demo.close();
});

Deno.test("demo raises, resizes, minimises and brings back windows", async () => {
  const stage = await ready();
  const { scene } = stage.demo.desktops[0];
  const notes = stage.window("Notes"), pad = stage.window("Paint");
  stage.click(pad.x + 20, pad.y + 10);
  assertEquals(scene.active, pad);
  stage.click(notes.x + 20, notes.y + 10);
  const { width, height } = notes;
  stage.drag(notes.frame.right - 5, notes.frame.bottom - 5, -60, -70);
  assertEquals([notes.width, notes.height], [width - 60, height - 70]);
  stage.drag(notes.frame.right - 5, notes.frame.bottom - 5, -9999, -9999);
  assertEquals([notes.width, notes.app.height], [202, 90]);
  stage.click(notes.frame.right - 18, notes.y + 10);
  assertEquals([notes.shown, scene.active === notes], [false, false]);
  await stage.pass(40);
  ensure(await paintedRight(stage));
  // the first button of the panel is its own
  stage.click(30, 750);
  assertEquals([notes.shown, scene.active === notes], [true, true]);
  stage.click(30, 750);
  assertEquals(notes.shown, false);
  stage.demo.close();
});

Deno.test("demo paints on an off-screen surface, and shows it", async () => {
  const stage = await ready();
  const pad = stage.window("Paint"), { left, top } = pad.content;
  stage.click(pad.x + 20, pad.y + 10);
  await stage.pass(40);
  stage.cards[0].settle();
  const surface = stage.cards[0].surfaces.get(2)!;
  const ink = () =>
    surface.bytes.filter((_, i) => i % 4 === 0).filter((blue) => blue < 0xf0).length;
  const before = ink();
  stage.drag(left + 100, top + 100, 60, 40);
  await stage.pass(40);
  ensure(ink() > before + 100);
  ensure(await paintedRight(stage));
  stage.demo.close();
});

Deno.test("demo changes its cursor with what is under it", async () => {
  const stage = await ready();
  const notes = stage.window("Notes");
  const shapes: string[] = [];
  const visit = async (x: number, y: number) => {
    stage.demo.pointer.position(x, y, 0, 0);
    await stage.pass(40);
    for (const command of stage.cursors()) {
      if (command.kind === "set") {
        shapes.push(`${command.shape.header!.type} ${command.shape.header!.unique}`);
      } else shapes.push(command.kind);
    }
  };
  await visit(notes.x + 50, notes.y + 10);
  await visit(notes.x + 50, notes.y + 100);
  await visit(notes.x + 60, notes.y + 110);
  await visit(notes.frame.right - 4, notes.frame.bottom - 4);
  await visit(notes.frame.right - 18, notes.y + 12);
  assertEquals(shapes, ["alpha 1", "mono 4", "move", "alpha 3", "alpha 2"]);
  stage.demo.close();
});

Deno.test("demo moves its own cursor when the mouse only says how far", async () => {
  const stage = await ready();
  const { pointer } = stage.demo;
  pointer.motion(-10_000, -10_000, 0);
  await stage.pass(40);
  stage.cursors();
  pointer.motion(3, 4, 0);
  pointer.motion(2, 1, 0);
  await stage.pass(40);
  assertEquals(stage.cursors(), [{ kind: "move", position: { x: 5, y: 5 } }]);
  const { app } = stage.window("Keyboard and pointer");
  ensure(app instanceof Inputs);
  assertEquals([app.state.x, app.state.y, app.state.absolute], [5, 5, false]);
  pointer.motion(99_999, 0, 0);
  assertEquals(app.state.x, 1023);
  stage.demo.close();
});

Deno.test("demo shows pointer, buttons, wheel and keys as they come", async () => {
  const stage = await ready();
  const { app } = stage.window("Keyboard and pointer");
  ensure(app instanceof Inputs);
  stage.demo.pointer.position(5, 6, 0, 0);
  stage.demo.pointer.press("middle", 2);
  assertEquals(app.state.buttons, 2);
  stage.demo.pointer.release("middle", 0);
  for (const _ of [1, 2]) {
    stage.demo.pointer.press("up", 8);
    stage.demo.pointer.release("up", 0);
  }
  stage.demo.keyboard.scancode([0xe0, 0x48]);
  const { x, y, buttons, wheelUp, wheelDown, scancodes, key, absolute } = app.state;
  assertEquals({ x, y, buttons, wheelUp, wheelDown, scancodes, key, absolute }, {
    x: 5,
    y: 6,
    buttons: 0,
    wheelUp: 2,
    wheelDown: 0,
    scancodes: [0xe0, 0x48],
    key: "ArrowUp",
    absolute: true,
  });
  stage.demo.close();
});

Deno.test("demo takes the size that its clients ask for", async () => {
  const stage = await ready();
  const [card] = stage.cards;
  assertEquals(card.requestMonitors([{ x: 0, y: 0, width: 1100, height: 700 }]), true);
  await stage.pass(100);
  const { width, height } = card.surfaces.get(0)!;
  assertEquals([width, height], [1100, 700]);
  assertEquals(card.monitors.heads.map((head) => [head.width, head.height]), [[1100, 700]]);
  // more than the card's memory for it: the mode stays
  card.requestMonitors([{ x: 0, y: 0, width: 16384, height: 16384 }]);
  await stage.pass(100);
  assertEquals(card.surfaces.get(0)!.width, 1100);
  assertEquals(stage.reports, []);
  stage.demo.close();
});

Deno.test("demo shows several heads of one card side by side, with their numbers", async () => {
  const stage = await ready(1, { maxOutputs: 2 });
  const [card] = stage.cards;
  const head = (x: number) => ({ x, y: 0, width: 640, height: 480 });
  card.requestMonitors([head(100), head(740), head(1380)]);
  await stage.pass(100);
  const { heads, maxAllowed } = card.monitors;
  assertEquals(maxAllowed, 2);
  assertEquals(heads.map(({ monitorId, x, width }) => [monitorId, x, width]), [[0, 0, 640], [
    1,
    640,
    640,
  ]]);
  assertEquals(card.surfaces.get(0)!.width, 1280);
  stage.demo.close();
});

Deno.test("demo has a desktop on every card, windows on the first, and one pointer for all", async () => {
  const stage = await ready(2);
  assertNotEquals(stage.pixels(0), stage.pixels(1));
  // remote-viewer takes several cards only with one head each
  assertEquals(stage.cards.map(({ monitors }) => monitors.maxAllowed), [1, 1]);
  const { pointer, desktops } = stage.demo;
  assertEquals(desktops.map(({ scene }) => scene.windows.length), [5, 0]);
  pointer.position(10, 20, 0, 1);
  assertEquals(desktops[1].pointer, { x: 10, y: 20 });
  pointer.motion(-30, 0, 0);
  assertEquals(desktops[0].pointer, { x: 1004, y: 20 });
  pointer.position(1, 1, 0, 7);
  assertEquals(desktops[0].pointer, { x: 1004, y: 20 });
  stage.demo.close();
});

Deno.test("demo's screen is right after anything that people do", async () => {
  const stage = await ready();
  const dice = seeded(20);
  const { pointer, keyboard } = stage.demo;
  const buttons = ["left", "right", "up", "down"] as const;
  present(stage, true);
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 60; i++) {
      const what = dice.below(8), button = buttons[dice.below(4)];
      if (what < 4) pointer.position(dice.below(1024), dice.below(768), 0, 0);
      else if (what === 4) pointer.press(button, 1);
      else if (what === 5) pointer.release(button, 0);
      else if (what === 6) pointer.motion(dice.below(200) - 100, dice.below(200) - 100, 0);
      else keyboard.scancode([dice.below(256)]);
      await stage.pass(dice.below(20));
    }
    pointer.release("left", 0);
    // the picture is not to go on between the two looks
    present(stage, false);
    await stage.pass(60);
    ensure(await paintedRight(stage), `round ${round}`);
    present(stage, true);
  }
  assertEquals(stage.reports, []);
  stage.demo.close();
});

Deno.test("demo stops when it is closed: no timer is left", async () => {
  const stage = await ready();
  stage.demo.close();
  await stage.pass(50);
  assertEquals(stage.clock.planned, 0);
  stage.type(0x1e);
  await stage.pass(100);
  assertEquals(stage.drawings(), {});
});

Deno.test("without a tablet the demo takes motions only; it can be given a name", () => {
  const { clock } = new Stage();
  const usual = new Demo([], clock);
  assertEquals([usual.pointer.absolute, usual.name], [true, "spice-appliance demo"]);
  const demo = new Demo([], clock, { tablet: false, name: "mine", uuid: new Uint8Array(16) });
  assertEquals([demo.pointer.absolute, demo.name, demo.uuid?.length], [false, "mine", 16]);
});
