/** Two screens in remote-viewer: a card each, and both on one card. */
import { assertEquals } from "@std/assert";
import { defaultCard } from "../../mod.ts";
import { bold, sans } from "../../qxl/drivers/demo/font.ts";
import { startAppliance, type TestAppliance } from "../kit/appliance.ts";
import { Desk, eventually } from "../kit/desk.ts";
import { needs } from "../kit/peers.ts";
import { GuestWindow } from "../kit/window.ts";

const tools = needs("remote-viewer", "Xvfb", "xdotool", "import");

/** Waits for the second window and puts it beside the first, which hides it where nobody arranges windows. */
async function sideBySide(desk: Desk): Promise<void> {
  await eventually(
    async () => (await desk.windows("\\(2\\)")).length === 1,
    "there are two windows",
  );
  const [second] = await desk.windows("\\(2\\)");
  await desk.hand("windowmove", second, "1100", "0");
}

/** Stops the only thing that moves by itself, points at both screens, and compares what is seen. */
async function use(first: GuestWindow, second: GuestWindow): Promise<void> {
  const { x, y } = await first.reads("Moving picture", bold);
  await first.click({ x: x + 50, y: y + 100 });
  await first.reads(`${x + 50}, ${y + 100}`, bold);
  await second.click({ x: 200, y: 50 });
}

function assertNoTrouble({ log }: TestAppliance): void {
  assertEquals(log.filter((line) => /"level":"(warn|error)"/.test(line)), []);
}

Deno.test({
  name: "remote-viewer shows two cards in two windows, and points into both",
  ...tools,
  async fn() {
    const second = { ...defaultCard, id: "video1", model: "qxl", xres: 640, yres: 480 } as const;
    await using served = await startAppliance({ cards: [defaultCard, second] });
    await using desk = await Desk.open("2400x1000");
    desk.start("remote-viewer", `spice://127.0.0.1:${served.port}`);
    await sideBySide(desk);
    const left = await GuestWindow.find(desk, served.appliance);
    const right = await GuestWindow.find(desk, served.appliance, { display: 1 });
    await use(left, right);
    await left.reads("client mode · 2", sans);
    await left.reads("200, 50", bold);
    await left.sameAtRest();
    await right.sameAtRest();
    assertNoTrouble(served);
  },
});

Deno.test({
  name: "remote-viewer opens a second head of one card, and points into both",
  ...tools,
  async fn() {
    await using served = await startAppliance();
    await using desk = await Desk.open("2400x1000");
    desk.start("remote-viewer", `spice://127.0.0.1:${served.port}`);
    await GuestWindow.find(desk, served.appliance);
    // the menu of displays, and the second in it
    await desk.hand("mousemove", "112", "27", "click", "1", "sleep", "0.5");
    await desk.hand("mousemove", "149", "114", "click", "1");
    await sideBySide(desk);
    const size = { y: 0, width: 1024, height: 768 };
    const left = await GuestWindow.find(desk, served.appliance, { head: { ...size, x: 0 } });
    const right = await GuestWindow.find(desk, served.appliance, { head: { ...size, x: 1024 } });
    await use(left, right);
    await left.reads(`${1024 + 200}, 50`, bold);
    await left.sameAtRest();
    await right.sameAtRest();
    assertNoTrouble(served);
  },
});
