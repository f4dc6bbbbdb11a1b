/** The demo desktop in spicy and remote-viewer, judged by pixels: the client's window beside the guest's own picture. */
import { assertEquals } from "@std/assert";
import { bold, mono, sans } from "../../qxl/drivers/demo/font.ts";
import { startAppliance, type TestAppliance } from "../kit/appliance.ts";
import { Desk, eventually } from "../kit/desk.ts";
import { needs } from "../kit/peers.ts";
import { readText, type Spot } from "../kit/reading.ts";
import { GuestWindow } from "../kit/window.ts";

type Viewer = "spicy" | "remote-viewer";
const viewers: readonly Viewer[] = ["spicy", "remote-viewer"];
const tools = ["Xvfb", "xdotool", "import"];
const mouseOnly = { guest: { driver: "demo", name: null, uuid: null, tablet: false } } as const;

/** spicy's menu, buttons and status line. */
const SPICY_ROWS = 91;

/** Starts a client; its window gets the size that shows a guest of 1024×768 as it is. */
async function view(desk: Desk, viewer: Viewer, { port }: TestAppliance): Promise<void> {
  if (viewer === "remote-viewer") return void desk.start(viewer, `spice://127.0.0.1:${port}`);
  desk.start(viewer, "-h", "127.0.0.1", "-p", `${port}`);
  await eventually(async () => (await desk.windows("spice display")).length > 0, "spicy is there");
  const [window] = await desk.windows("spice display");
  await desk.hand("windowsize", window, "1024", `${768 + SPICY_ROWS}`);
}

function assertNoTrouble({ log }: TestAppliance): void {
  const bad = log.filter((line) => /"level":"(warn|error)"/.test(line));
  assertEquals(bad, []);
}

for (const viewer of viewers) {
  Deno.test({
    name: `${viewer} shows the demo's pixels; what is typed, clicked, dragged and wheeled is seen`,
    ...needs(viewer, ...tools),
    async fn() {
      await using served = await startAppliance();
      await using desk = await Desk.open("1280x1024");
      await view(desk, viewer, served);
      const window = await GuestWindow.find(desk, served.appliance);
      await window.reads("client mode · 1", sans);

      const movie = await window.reads("Moving picture", bold);
      await window.click({ x: movie.x + 50, y: movie.y + 100 });
      await window.reads(`${movie.x + 50}, ${movie.y + 100}`, bold);
      await window.sameAtRest();

      const welcome = await window.reads("Welcome to spice-appliance", mono);
      await window.click(welcome);
      await desk.hand("type", "--delay", "20", "Hello, World! [42] % {x}~");
      await window.reads("Hello, World! [42] % {x}~", mono);

      await window.point({ x: 500, y: 20 });
      await desk.hand("click", "4", "click", "4", "click", "5");
      await window.reads("↑ 2   ↓ 1", sans);

      const paint = await window.reads("Paint", bold);
      await window.drag(paint, { x: paint.x + 60, y: paint.y - 80 });
      await eventually(async () => {
        const { x, y } = await window.reads("Paint", bold);
        return x === paint.x + 60 && y === paint.y - 80;
      }, "the window has moved along");
      const { x, y } = await window.reads("Draw here. The right button rubs out.", sans);
      await window.drag({ x: x + 20, y: y + 40 }, { x: x + 120, y: y + 90 });
      await window.point({ x: 700, y: 12 });
      await window.sameAtRest();
      assertNoTrouble(served);
    },
  });

  Deno.test({
    name: `${viewer} moves the pointer of a guest that has only a mouse, and draws it where it is`,
    ...needs(viewer, ...tools),
    async fn() {
      await using served = await startAppliance(mouseOnly);
      await using desk = await Desk.open("1280x1024");
      await view(desk, viewer, served);
      const window = await GuestWindow.find(desk, served.appliance);
      await window.reads("server mode · 1", sans);
      const movie = await window.reads("Moving picture", bold);
      // the first click only takes hold of the pointer, which begins in the middle
      await window.click({ x: 512, y: 384 });
      await moveTo(window, { x: movie.x + 50, y: movie.y + 100 });
      await desk.hand("click", "1");
      const spot = { x: 150, y: 650 };
      await moveTo(window, spot);
      let box = { left: 0, top: 0, right: 0, bottom: 0 };
      await eventually(async () => {
        const { width, pixels } = await window.guest(), client = await window.client();
        box = { left: 9999, top: 9999, right: 0, bottom: 0 };
        pixels.forEach((pixel, i) => {
          if (pixel === client.pixels[i]) return;
          const x = i % width, y = Math.floor(i / width);
          box.left = Math.min(box.left, x);
          box.top = Math.min(box.top, y);
          box.right = Math.max(box.right, x + 1);
          box.bottom = Math.max(box.bottom, y + 1);
        });
        return box.left >= spot.x - 2 && box.right <= spot.x + 24 && box.right > spot.x + 8 &&
          box.top >= spot.y - 2 && box.bottom <= spot.y + 24 && box.bottom > spot.y + 12;
      }, "the arrow is all that the client shows beside the guest's picture").catch((error) => {
        throw new Error(`${error.message}: ${JSON.stringify(box)}`);
      });
      assertNoTrouble(served);
    },
  });
}

const digits = [..."0123456789", ", "];

/**
 * Moves a mouse until the guest says that its pointer is there. Again and again: a client that puts
 * the pointer back into the middle of its window loses what happens meanwhile.
 */
async function moveTo(window: GuestWindow, goal: Spot): Promise<void> {
  const label = await window.reads("Pointer", sans);
  const read = async () => {
    const text = readText(await window.guest(), { x: label.x + 72, y: label.y }, bold, digits);
    const [x, y] = text.split(", ").map(Number);
    return { x, y };
  };
  await move(window.desk, 1, 0);
  await eventually(async () => {
    const { x, y } = await read();
    await move(window.desk, goal.x - x, goal.y - y);
    return x === goal.x && y === goal.y;
  }, `the pointer is at ${goal.x}, ${goal.y}`);
}

/** Moves a mouse, in steps so small that nobody speeds them up. */
async function move(desk: Desk, dx: number, dy: number): Promise<void> {
  for (let x = 0, y = 0; x !== dx || y !== dy;) {
    const stepX = Math.max(-20, Math.min(20, dx - x)), stepY = Math.max(-20, Math.min(20, dy - y));
    await desk.hand("mousemove_relative", "--", `${stepX}`, `${stepY}`);
    x += stepX, y += stepY;
  }
}
