/** The made executable where nothing else is: the picture, the console, and what is not possible without `/proc`. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { emptyRoot, inRoot, makeExecutable, whyNoRoot } from "../kit/executable.ts";
import { canvasOf } from "../browser/page.ts";
import { Chromium } from "../kit/chromium.ts";
import { Desk, eventually } from "../kit/desk.ts";
import { needs, run } from "../kit/peers.ts";
import { decodePng, type Picture } from "../kit/png.ts";
import { memory } from "../kit/proc.ts";
import { locate } from "../kit/reading.ts";
import { freePorts, watchProgram } from "../kit/program.ts";

const why = await whyNoRoot();
if (why !== null) console.log(`without the executable in an empty root: ${why}`);
const folder = await Deno.makeTempDir();
let made: Promise<string> | null = null;
const executable = () => made ??= makeExecutable(folder);
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const viewer = needs("remote-viewer", "Xvfb", "import"), chromium = needs("chromium");
/** Rows of the demo that do not move by themselves: the uppermost, and the lowest. */
const sky = 20, foot = 30;
/** So long a viewer may take to show them, on a busy machine. */
const PATIENCE_S = 180;

const decoder = new TextDecoder();

Deno.test("the executable tells its version, build and licences, from any folder and without HOME", async () => {
  const start = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(await executable(), {
      args,
      cwd: "/",
      clearEnv: true,
    }).output();
    assertEquals([code, decoder.decode(stderr)], [0, ""]);
    return decoder.decode(stdout);
  };
  assertMatch(
    await start("--version"),
    /^spice-appliance \S+\nbuild [0-9a-f]{16}( of \S+)?, Deno \S+\n$/,
  );
  assertMatch(await start("--keys"), /^## Keys\n[^]*`streaming-video`[^]*`target`/);
  const licences = await start("--licences");
  for (const owner of ["== spice-appliance ==", "== hono ==", "== Deno =="]) {
    assert(licences.includes(owner), owner);
  }
});

Deno.test("what a person sets in the environment of the runtime does not change the program", async () => {
  const home = `${folder}/home`;
  await Deno.mkdir(home);
  const { code, stdout } = await new Deno.Command(await executable(), {
    args: ["--version"],
    env: { NODE_OPTIONS: "--require /nowhere", DENO_DIR: home, HOME: home },
  }).output();
  assertEquals([code, decoder.decode(stdout).startsWith("spice-appliance ")], [0, true]);
  assertEquals([...Deno.readDirSync(home)], []);
});

Deno.test("the same sources make the same executable", async () => {
  const other = await Deno.makeTempDir();
  try {
    const [a, b] = [await executable(), await makeExecutable(other)].map((path) =>
      Deno.readFileSync(path)
    );
    assertEquals(a.length, b.length);
    assert(a.every((byte, i) => byte === b[i]));
  } finally {
    await Deno.remove(other, { recursive: true });
  }
});

Deno.test({
  name:
    "the executable, libc and five lines of spice.cfg: a picture and the console, as nobody, read-only",
  ignore: why !== null,
  async fn() {
    const [port, web] = freePorts(2);
    const config = `[spice]
  port = "${port}"
  disable-ticketing = "on"
[web]
  port = "${web}"
`;
    const root = await emptyRoot(await executable(), config);
    try {
      const command = inRoot(root, "--config", "/spice.cfg", "--log-format", "json");
      await using program = await watchProgram(command);
      const { browse } = await program.logged("console");
      assertEquals(browse, `http://127.0.0.1:${web}/`);
      const page = await (await fetch(browse)).text();
      assertMatch(page, /<!doctype html>/i);
      const scripts = [...page.matchAll(/<script[^>]* src="([^"]+)"/g)].map(([, src]) => src);
      assert(scripts.length > 0);
      for (const src of scripts) {
        const response = await fetch(new URL(src, browse));
        assertEquals([response.status, (await response.text()).length > 1000], [200, true]);
      }
      const { size } = await Deno.stat(`${root}/spice-appliance`);
      const { resident } = memory(program.child.pid);
      const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
      console.log(`${mib(size)} MiB on disk, ${mib(resident)} MiB in memory`);
      const guest = async () =>
        await decodePng(
          await (await fetch(`${browse}api/displays/0/screenshot.png`)).bytes(),
        );
      // from outside of the root, both at a time
      await using desk = viewer.ignore ? null : await Desk.open();
      desk?.start("remote-viewer", `spice://127.0.0.1:${port}`);
      await using browser = chromium.ignore ? null : await Chromium.open(browse);
      if (desk) {
        await eventually(
          async () => {
            const picture = await guest();
            const { height } = picture;
            const still = [[height - foot, height], [0, sky]] as const;
            return locate(await desk.picture(), picture, still) !== null;
          },
          "remote-viewer shows the guest",
          PATIENCE_S,
        );
      }
      if (browser) {
        await eventually(
          async () =>
            await browser.evaluate(
              `globalThis.viewer?.size?.width > 0 && document.body.dataset.picture === "some"`,
            ),
          "the page has a picture",
          PATIENCE_S,
        );
        const top = ({ width, pixels }: Picture) =>
          pixels.slice(0, sky * width).map((pixel) => pixel & 0xffffff);
        await eventually(
          async () => {
            const [shown, drawn] = [top(await canvasOf(browser)), top(await guest())];
            return shown.length === drawn.length && shown.every((pixel, i) => pixel === drawn[i]);
          },
          "Chromium shows the guest",
          PATIENCE_S,
        );
        assertEquals(browser.console, []);
      }
      const status = await run("cat", [`/proc/${program.child.pid}/status`]);
      assertMatch(status.out, /^Uid:\s+65534\s/m);
      assertEquals(program.other, []);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});

Deno.test({
  name: "the executable says that it needs /proc",
  ignore: why !== null,
  async fn() {
    const root = await emptyRoot(await executable(), "");
    try {
      const { code, err } = await run("/usr/sbin/chroot", [root, "/spice-appliance", "--version"], {
        fails: true,
      });
      assertEquals(
        [code, err],
        [1, "spice-appliance: /proc must be mounted here: its runtime finds itself by it\n"],
      );
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});

Deno.test({
  name: "the code that an executable begins with is what the assembler makes of its source",
  ...needs("as", "objcopy"),
  async fn() {
    if (Deno.build.arch !== "x86_64") return;
    const compile = new URL("../../.ci/compile/", import.meta.url).pathname;
    const [object, binary] = [`${folder}/start.o`, `${folder}/start.bin`];
    await run("as", ["-o", object, `${compile}start_x86_64.s`]);
    await run("objcopy", ["-O", "binary", "-j", ".text", object, binary]);
    assertEquals(await Deno.readFile(binary), await Deno.readFile(`${compile}start_x86_64.bin`));
  },
});
