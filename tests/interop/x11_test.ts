/** driver = "x11" with a real X server of its own: picture, size, keys, pointer, cursor, selections. */
import { assert, assertEquals } from "@std/assert";
import type { ClipboardType, Guest } from "../../core/guest.ts";
import { start } from "../../qxl/drivers/x11/host.ts";
import { Witness } from "../kit/card_stage.ts";
import { eventually } from "../kit/desk.ts";
import { needs, run } from "../kit/peers.ts";
import { decodePpm } from "../kit/ppm.ts";

/** Variables that no session may find; one has a name that is none for shells. */
const SECRETS = ["SPICE_TEST_SECRET", "spice-test-secret"];

/** A guest with a session, somebody who looks at it, and the environment of its X programs. */
class Stage implements AsyncDisposable {
  readonly witness = new Witness();
  readonly folder = Deno.makeTempDirSync({ prefix: "x11-test-" });
  readonly said: [event: string, fields: Record<string, unknown>][] = [];
  #guest: Guest | null = null;

  static async open(command: (folder: string) => string): Promise<Stage> {
    const stage = new Stage();
    const log = (event: string, fields: Record<string, unknown>) => {
      stage.said.push([event, fields]);
    };
    const options = {
      folder: `${stage.folder}/server`,
      number: 1000 + crypto.getRandomValues(new Uint16Array(1))[0] % 50_000,
      display: null,
      xauthority: null,
      withheld: SECRETS,
      width: 640,
      height: 480,
      log,
    };
    stage.#guest = await start({ ...options, cards: [{}], command: command(stage.folder) });
    const [display] = stage.guest.displays;
    display.attach(stage.witness);
    display.clientCapabilities(true, new Uint8Array(58));
    await eventually(() => stage.guest.power?.state === "running", "the X server is there");
    return stage;
  }

  get guest(): Guest {
    return this.#guest!;
  }

  get env(): Record<string, string> {
    const [, { DISPLAY, XAUTHORITY }] = this.said.find(([event]) => event === "x11-display")!;
    return { DISPLAY: String(DISPLAY), XAUTHORITY: String(XAUTHORITY) };
  }

  /** Runs an X program to its end. */
  async x(program: string, ...args: string[]): Promise<string> {
    return (await run(program, args, { env: this.env })).out;
  }

  get size(): { width: number; height: number } {
    const { width, height } = this.guest.displays[0].surfaces.get(0)!;
    return { width, height };
  }

  /** What the card shows, r, g, b. */
  get shown(): Uint8Array {
    const [display] = this.guest.displays;
    display.settle();
    const { width, height, stride, origin, bytes } = display.surfaces.get(0)!;
    const rgb = new Uint8Array(width * height * 3);
    for (let y = 0, to = 0; y < height; y++) {
      for (let x = 0, at = origin + y * stride; x < width; x++, at += 4) {
        rgb[to++] = bytes[at + 2], rgb[to++] = bytes[at + 1], rgb[to++] = bytes[at];
      }
    }
    return rgb;
  }

  /** Waits until the card shows what the X server does, in every pixel. */
  async alike(): Promise<void> {
    const file = `${this.folder}/root.ppm`;
    await eventually(async () => {
      await this.x("import", "-silent", "-window", "root", "-depth", "8", file);
      const { width, height, pixels } = decodePpm(await Deno.readFile(file));
      if (width !== this.size.width || height !== this.size.height) return false;
      const { shown } = this;
      return pixels.every((pixel, i) =>
        pixel === (shown[i * 3] << 16 | shown[i * 3 + 1] << 8 | shown[i * 3 + 2])
      );
    }, "the card shows what the X server does");
  }

  type(...scancodes: number[]): void {
    for (const code of scancodes) {
      this.guest.keyboard.scancode([code]);
      this.guest.keyboard.scancode([code | 0x80]);
    }
  }

  async [Symbol.asyncDispose]() {
    this.guest.close();
    await eventually(() => this.guest.power?.state === "off", "it is gone");
    await Deno.remove(this.folder, { recursive: true });
  }
}

const xterm = (command: string) => `exec xterm -geometry 60x20+10+10 -e '${command}'`;

Deno.test({
  name: "an X session is shown in every pixel, scrolled text is copied, and keys reach it",
  ...needs("Xvfb", "xterm", "import"),
  async fn() {
    await using stage = await Stage.open((folder) =>
      xterm(
        `read line; echo "$line" > ${folder}/line; seq 1000 1300; touch ${folder}/done; exec cat`,
      )
    );
    assertEquals(stage.size, { width: 640, height: 480 });
    await eventually(() => new Set(stage.shown).size > 1, "a window is there");
    await stage.alike();
    stage.guest.pointer.position(100, 100, 0, 0);
    await eventually(async () => {
      stage.type(0x1e, 0x30, 0x2e, 0x1c);
      const line = await Deno.readTextFile(`${stage.folder}/line`).catch(() => "");
      return line.endsWith("abc\n");
    }, "what was typed arrives");
    await eventually(
      () => Deno.stat(`${stage.folder}/done`).then(() => true, () => false),
      "it scrolled",
    );
    await stage.alike();
    // one line after the other, each a picture of its own
    stage.witness.log.length = 0;
    for (let i = 0; i < 8; i++) {
      stage.type(0x11, 0x1c);
      await stage.alike();
    }
    assert(stage.witness.log.includes("copyBits"), stage.witness.log.join());
  },
});

Deno.test({
  name:
    "an X screen takes any size and any monitors that clients wish for, and goes on being shown",
  ...needs("Xvfb", "xterm", "import", "xrandr"),
  async fn() {
    await using stage = await Stage.open(() => xterm("seq 100; exec cat"));
    await stage.alike();
    const sizes = [[801, 603], [1600, 900], [320, 200]];
    for (const [width, height] of sizes) {
      assert(stage.guest.displays[0].requestMonitors([{ x: 0, y: 0, width, height }]));
      await eventually(
        () => stage.size.width === width && stage.size.height === height,
        `${width} × ${height}`,
      );
      await stage.alike();
    }
    const heads = [0, 1].map((i) => ({ x: i * 500, y: 0, width: 500, height: 400 }));
    stage.guest.displays[0].requestMonitors(heads);
    await eventually(() => stage.witness.monitors?.heads.length === 2, "two heads");
    assertEquals(stage.size, { width: 1000, height: 400 });
    // and the session knows, so that windows are maximised on one of them
    await eventually(async () => {
      const monitors = await stage.x("xrandr", "--listmonitors");
      return /SPICE-0 500\/\d+x400\/\d+\+0\+0/.test(monitors) &&
        /SPICE-1 500\/\d+x400\/\d+\+500\+0/.test(monitors);
    }, "two monitors");
    // other ones, under the same names
    const others = [0, 1].map((i) => ({ x: i * 700, y: 0, width: 700 - i * 200, height: 400 }));
    stage.guest.displays[0].requestMonitors(others);
    await eventually(async () => {
      const monitors = await stage.x("xrandr", "--listmonitors");
      return /SPICE-0 700\/\d+x400\/\d+\+0\+0/.test(monitors) &&
        /SPICE-1 500\/\d+x400\/\d+\+700\+0/.test(monitors);
    }, "two other monitors");
    await eventually(
      () => stage.witness.monitors?.heads.map(({ width }) => width).join() === "700,500",
      "two other heads",
    );
    // the same size, of which one shows all
    stage.guest.displays[0].requestMonitors([{ x: 0, y: 0, width: 1200, height: 400 }]);
    await eventually(() => stage.witness.monitors?.heads.length === 1, "one head");
    // clients may wish for more again
    assertEquals(stage.witness.monitors?.maxAllowed, 4);
    await eventually(
      async () => (await stage.x("xrandr", "--listmonitors")).startsWith("Monitors: 1\n"),
      "one monitor",
    );
    await stage.alike();
    // what the session arranges is followed when the screen's next change is told
    await stage.x("xrandr", "--setmonitor", "L", "400/100x400/100+0+0", "screen");
    await stage.x("xrandr", "--setmonitor", "R", "800/200x400/100+400+0", "none");
    await stage.x("xrandr", "--fb", "1200x500");
    await eventually(
      () => stage.witness.monitors?.heads.length === 2,
      "two heads of the session's",
    );
  },
});

Deno.test({
  name: "an X pointer goes where it is told, presses what it is told, and shows its cursor",
  ...needs("Xvfb", "xterm", "xdotool"),
  async fn() {
    await using stage = await Stage.open(() => xterm("exec cat"));
    const { pointer } = stage.guest;
    const where = () => stage.x("xdotool", "getmouselocation");
    await eventually(() => new Set(stage.shown).size > 1, "a window is there");
    pointer.position(123, 45, 0, 0);
    await eventually(async () => (await where()).startsWith("x:123 y:45 "), "an absolute position");
    pointer.motion(-23, 55, 0);
    await eventually(async () => (await where()).startsWith("x:100 y:100 "), "a relative motion");
    await eventually(
      () => stage.witness.cursors.some((c) => c.kind === "move" && c.position.x === 100),
      "the client is told where the pointer went",
    );
    pointer.position(600, 470, 0, 0);
    const shapes = () =>
      new Set(
        stage.witness.cursors.map((cursor) => cursor.kind === "set" && cursor.shape.data.join()),
      );
    await eventually(() => shapes().size >= 3, "one cursor in the window, another beside it");
  },
});

Deno.test({
  name: "a session finds what it needs in its environment, and no secret of ours",
  ...needs("Xvfb"),
  async fn() {
    for (const name of SECRETS) Deno.env.set(name, "not for sessions");
    try {
      const list = (folder: string) => `${folder}/environment`;
      await using stage = await Stage.open((folder) => `env > ${list(folder)}; exec sleep 60`);
      let text = "";
      await eventually(async () => {
        text = await Deno.readTextFile(list(stage.folder)).catch(() => "");
        return text.endsWith("\n");
      }, "the session has said what it finds");
      const names = text.split("\n").map((line) => line.split("=")[0]);
      assertEquals(
        ["PATH", "DISPLAY", "XAUTHORITY", ...SECRETS].map((name) => names.includes(name)),
        [true, true, true, false, false],
      );
    } finally {
      for (const name of SECRETS) Deno.env.delete(name);
    }
  },
});

Deno.test({
  name: "an X selection goes out and another comes in, text and pictures, small and large",
  ...needs("Xvfb", "xterm", "xclip"),
  async fn() {
    await using stage = await Stage.open(() => xterm("exec cat"));
    const clipboard = stage.guest.clipboard!;
    const offers: [string, string[]][] = [];
    clipboard.onOffer((selection, types) => offers.push([selection, [...types]]));
    const large = "Grüße · ".repeat(60_000);
    for (const text of ["höllo", large]) {
      offers.length = 0;
      const file = `${stage.folder}/text`;
      await Deno.writeTextFile(file, text);
      await stage.x("sh", "-c", `xclip -selection clipboard -in ${file} >/dev/null 2>&1`);

      await eventually(() => offers.some(([, types]) => types.includes("text")), "an offer");
      const data = await clipboard.read("clipboard", "text");
      assertEquals(new TextDecoder().decode(data!) === text, true);
    }
    const picture = crypto.getRandomValues(new Uint8Array(50_000));
    await Deno.writeFile(`${stage.folder}/p.png`, picture);
    await stage.x(
      ...["sh", "-c"] as const,
      `xclip -selection clipboard -t image/png -in ${stage.folder}/p.png >/dev/null 2>&1`,
    );
    await eventually(() => offers.some(([, types]) => types.includes("png")), "a picture's offer");
    assertEquals(await clipboard.read("clipboard", "png"), picture);

    const outside: Partial<Record<ClipboardType, Uint8Array>> = {
      text: new TextEncoder().encode(large),
      png: picture,
    };
    clipboard.offer("clipboard", ["text", "png"], (type) => Promise.resolve(outside[type] ?? null));
    await eventually(async () => {
      const { out, code } = await run("xclip", ["-o", "-selection", "clipboard", "-t", "TARGETS"], {
        env: stage.env,
        fails: true,
      });
      return code === 0 && out.includes("image/png");
    }, "the guest sees the offer");
    assertEquals(await stage.x("xclip", "-o", "-selection", "clipboard") === large, true);
    await stage.x("sh", "-c", `xclip -o -selection clipboard -t image/png > ${stage.folder}/out`);
    assertEquals(await Deno.readFile(`${stage.folder}/out`), picture);
  },
});
