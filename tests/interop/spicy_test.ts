/** spicy and remote-viewer with the demo desktop: picture, keys, pointer in both modes, two heads, other sizes. */
import { assert, assertEquals } from "@std/assert";
import { Desk, eventually } from "../kit/desk.ts";
import { needs } from "../kit/peers.ts";
import { type Served, serveDemo } from "../kit/served.ts";

const DISPLAY = 2, INPUTS = 3, CURSOR = 4;

/** The client's channels are up and its window shows the desktop. */
async function shown(desk: Desk, served: Served, title: string, heads = 1): Promise<void> {
  await eventually(() => served.sessions.clients.length > 0, "a client connected");
  await eventually(() => {
    const client = served.sessions.clients.at(-1);
    if (!client?.has(INPUTS, 0)) return false;
    return Array.from({ length: heads }, (_, id) => id)
      .every((id) => client.has(DISPLAY, id) && client.has(CURSOR, id));
  }, "its channels are up");
  await eventually(async () => (await desk.windows(title)).length >= heads, "its window is there");
  await eventually(async () => await desk.colours() > 1000, "it shows the desktop");
}

const uri = ({ port }: Served) => `spice://127.0.0.1:${port}`;
const noErrors = ({ log }: Served) =>
  assertEquals([...log.of("client-erred"), ...log.of("channel-failed")], []);

Deno.test({
  name: "spicy shows the demo, types into it and points at it in client mode",
  ...needs("Xvfb", "spicy", "xdotool", "import"),
  async fn() {
    await using served = await serveDemo();
    await using desk = await Desk.open();
    desk.start("spicy", `--uri=${uri(served)}`);
    await shown(desk, served, "spice");
    await desk.hand("mousemove", "300", "300", "click", "1");
    await eventually(() => served.moves.some(([kind]) => kind === "press"), "a click arrives");
    assert(served.moves.some(([kind]) => kind === "position"), "in client mode");
    assert(!served.moves.some(([kind]) => kind === "motion"), "in client mode");
    await desk.hand("key", "a");
    await desk.hand("key", "Right");
    const bytes = () => served.keys.flat();
    await eventually(() => bytes().includes(0xcd), "both keys arrive");
    const order = bytes().filter((byte) => [0x1e, 0x9e, 0x4d, 0xcd].includes(byte));
    assertEquals(order, [0x1e, 0x9e, 0x4d, 0xcd]);
    await desk.hand("click", "4");
    await eventually(
      () => served.moves.some(([kind, button]) => kind === "press" && button === "up"),
      "the wheel arrives",
    );
    noErrors(served);
  },
});

Deno.test({
  name: "spicy moves the pointer of a guest without a tablet in server mode",
  ...needs("Xvfb", "spicy", "xdotool", "import"),
  async fn() {
    await using served = await serveDemo({ absolute: false });
    await using desk = await Desk.open();
    desk.start("spicy", `--uri=${uri(served)}`);
    await shown(desk, served, "spice");
    await desk.hand("mousemove", "300", "300", "click", "1");
    await eventually(async () => {
      // the first click grabs the pointer
      for (let i = 0; i < 10; i++) await desk.hand("mousemove_relative", "--", "7", "-3");
      return served.moves.filter(([kind]) => kind === "motion").length > 20;
    }, "motions arrive, acked, beyond eight");
    assert(!served.moves.some(([kind]) => kind === "position"), "in server mode");
    noErrors(served);
  },
});

Deno.test({
  name: "a key that a client held when it was killed is let go",
  ...needs("Xvfb", "spicy", "xdotool", "import"),
  async fn() {
    await using served = await serveDemo();
    await using desk = await Desk.open();
    const spicy = desk.start("spicy", `--uri=${uri(served)}`);
    await shown(desk, served, "spice");
    await desk.hand("mousemove", "300", "300", "click", "1");
    await desk.hand("keydown", "s");
    await eventually(() => served.keys.flat().includes(0x1f), "the key is down");
    assert(!served.keys.flat().includes(0x9f), "and held");
    spicy.kill("SIGKILL");
    await eventually(() => served.keys.flat().includes(0x9f), "the key is let go");
    await eventually(() => served.sessions.clients.length === 0, "the client is gone");
  },
});

Deno.test({
  name: "remote-viewer shows two heads in two windows, while spicy watches too",
  ...needs("Xvfb", "spicy", "remote-viewer", "xdotool", "import"),
  async fn() {
    await using served = await serveDemo({ cards: 2 });
    await using desk = await Desk.open();
    desk.start("remote-viewer", uri(served));
    await shown(desk, served, "demo", 2);
    desk.start("spicy", `--uri=${uri(served)}`);
    await eventually(() => served.sessions.clients.length === 2, "both are there");
    const [, spicy] = served.sessions.clients;
    await eventually(() => spicy.has(DISPLAY, 1), "spicy too has both displays");
    noErrors(served);
  },
});

Deno.test({
  name: "remote-viewer gives the guest the size of its window",
  ...needs("Xvfb", "remote-viewer", "xdotool", "import"),
  async fn() {
    await using served = await serveDemo();
    await using desk = await Desk.open();
    desk.start("remote-viewer", uri(served));
    await shown(desk, served, "demo");
    const size = () => {
      const { width = 0, height = 0 } = served.displays[0].surfaces.get(0) ?? {};
      return `${width}×${height}`;
    };
    const before = size();
    const [window] = await desk.windows("demo");
    await desk.hand("windowsize", window, "1001", "701");
    await eventually(() => size() !== before, "the guest has another size");
    assert(served.log.of("monitors-requested").some(({ done }) => done));
    noErrors(served);
  },
});
