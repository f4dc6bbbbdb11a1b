import { assertEquals, assertMatch } from "@std/assert";
import { freePorts } from "../kit/program.ts";
import { assertSamePixels, decodePng } from "../kit/png.ts";

const decoder = new TextDecoder();

/** The program with the permissions of `deno task start`. */
function program(...args: string[]): Deno.Command {
  const main = new URL("../../main.ts", import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-NRWS", main, ...args],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  });
}

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await program(...args).output();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

async function withFile(text: string, use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".cfg" });
  try {
    await Deno.writeTextFile(path, text);
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("--help and --version print to standard output and end with 0", async () => {
  const help = await run("--help");
  assertEquals([help.code, help.err], [0, ""]);
  assertMatch(help.out, /--config FILE/);
  const version = await run("--version");
  assertEquals([version.code, /^spice-appliance \d+\.\d+\.\d+\n$/.test(version.out)], [0, true]);
});

Deno.test("--check prints the effective settings and permissions, without secrets", async () => {
  await withFile('[spice]\nport = "5930"\npassword = "hunter2"\n', async (path) => {
    const { code, out } = await run("--config", path, "--spice", "port=6000", "--check");
    assertEquals(code, 0);
    assertMatch(out, /^ {2}port = "6000"$/m);
    assertMatch(out, /^# net +127\.0\.0\.1:6000 +listen for clients +dropped after start$/m);
    assertEquals(out.includes("hunter2"), false);
  });
});

Deno.test("a bad configuration ends with 2, and every mistake is on a line of its own", async () => {
  await withFile('[spice]\nprot = "5930"\npassword = hunter 2\n', async (path) => {
    const { code, out, err } = await run("--config", path);
    assertEquals([code, out], [2, ""]);
    assertEquals(
      err,
      `${path}:2: [spice] has no key "prot" (did you mean "port"?)
${path}:3: "password": write password = "value", with the whole value in quotes
`,
    );
  });
  assertEquals(await run("--config", "/nowhere.cfg"), {
    code: 2,
    out: "",
    err: "/nowhere.cfg: there is no such file\n",
  });
  assertEquals((await run("--chekc")).code, 2);
});

Deno.test("an address that is taken ends with 3", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const { code, err } = await run(
    "--spice",
    `port=${port},disable-ticketing`,
    "--log-format",
    "json",
  );
  assertEquals(code, 3);
  assertEquals(JSON.parse(err).event, "cannot-start");
});

Deno.test("a recording is shown to its end, told in one line of JSON, and its picture kept", async () => {
  const data = new URL("../data/raster/alltypes-small", import.meta.url).pathname;
  const picture = await Deno.makeTempFile({ suffix: ".png" });
  const [port] = freePorts(1);
  const config = `[spice]
  port = "${port}"
  disable-ticketing = "on"
[guest]
  driver = "replay"
  file = "${data}.rec.zst"
  pace = "max"
[web]
  enabled = "off"
`;
  try {
    await withFile(config, async (path) => {
      const args = ["--config", path, "--screenshot", picture, "--log-format", "json"];
      const { code, out, err } = await run(...args);
      assertEquals([code, out], [0, ""]);
      const lines = err.trim().split("\n").map((line) => JSON.parse(line));
      assertEquals(lines.map(({ event }) => event), ["listening", "replay-done", "stopped"]);
      const { commands, draws, seconds, sentBytes } = lines[1];
      assertEquals([draws > 100, commands >= draws, seconds > 0], [true, true, true]);
      assertEquals(sentBytes, {});
    });
    const [shown, golden] = [picture, `${data}.png`].map((file) => Deno.readFileSync(file));
    assertSamePixels(await decodePng(shown), await decodePng(golden));
  } finally {
    await Deno.remove(picture);
  }
});

Deno.test("the audit log is added to, by nobody else to be read", async () => {
  const folder = await Deno.makeTempDir();
  const book = `${folder}/audit.jsonl`;
  const file = new URL("../data/raster/alltypes-small.rec.zst", import.meta.url).pathname;
  const guest = `[guest]\ndriver = "replay"\nfile = "${file}"\npace = "max"\nafter = "exit"\n`;
  const [port] = freePorts(1);
  const spice = `[spice]\nport = "${port}"\ndisable-ticketing = "on"\n[web]\nenabled = "off"\n`;
  try {
    await withFile(spice + guest, async (config) => {
      for (let runs = 1; runs <= 2; runs++) {
        const { code } = await run("--config", config, "--audit-log", book);
        assertEquals(code, 0);
        const events = (await Deno.readTextFile(book)).trim().split("\n")
          .map((line) => JSON.parse(line).event);
        assertEquals(events.length, 2 * runs);
        assertEquals(events.slice(-2), ["listening", "stopped"]);
      }
    });
    if (Deno.build.os !== "windows") assertEquals((await Deno.stat(book)).mode! & 0o777, 0o600);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the demo starts, and ends with 0 when it is told to", async () => {
  const [port] = freePorts(1);
  const child = program("--spice", `port=${port},disable-ticketing`).spawn();
  const lines: string[] = [];
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    lines.push(...text.trim().split("\n"));
    if (text.includes("console")) child.kill("SIGTERM");
  }
  const { code } = await child.status;
  await child.stdout.cancel();
  assertEquals([code, lines.length], [0, 3]);
  assertMatch(lines[0], new RegExp(`listening connect="remote-viewer spice://127.0.0.1:${port}"$`));
  // another test may have the console's port
  assertMatch(lines[1], / (console browse=http:\/\/127\.0\.0\.1:5980\/|no-console .*)$/);
  assertMatch(lines[2], /stopped$/);
});
