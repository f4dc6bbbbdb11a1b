import { assertEquals, assertMatch } from "@std/assert";

const decoder = new TextDecoder();

/** Runs the program with the permissions of `deno task start`. */
async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const program = new URL("../../main.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-NRWS", program, ...args],
    env: { NO_COLOR: "1" },
  }).output();
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
