/** The house's plan, kept by a machine: which room may open which, and which files may say `Deno`. */
import { assertEquals } from "@std/assert";

/** Room → the rooms it may open beside itself. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  "core/binary/": [],
  "core/protocol/": ["core/binary/"],
  "core/link/": ["core/protocol/", "core/binary/", "core/clock.ts"],
  "core/raster/": ["core/protocol/", "core/binary/"],
  "core/codecs/": ["core/binary/"],
  "core/pulse/": ["core/binary/"],
  "core/guest.ts": ["core/raster/", "core/protocol/"],
  "core/config/": ["core/log.ts"],
  "core/log.ts": [],
  "core/audit.ts": ["core/log.ts"],
  "core/clock.ts": [],
  "core/metrics.ts": [],
  "channels/": ["core/"],
  "qxl/": ["core/"],
  "web/client/": ["core/"],
  "web/console/": ["web/client/", "web/api/schemas.ts", "core/"],
  "web/": ["core/"],
  "mod.ts": ["channels/", "qxl/", "web/", "core/", "deno.json"],
  "main.ts": [
    "mod.ts",
    "channels/connect.ts",
    "channels/restarts.ts",
    "channels/spawn.ts",
    "channels/files.ts",
    "channels/terminal.ts",
    "core/config/",
    "core/link/hashed.ts",
    "core/log.ts",
    "deno.json",
  ],
  "tests/": [""],
};

/** The only files outside tests/ that may say `Deno`. */
const doors =
  /^(main|channels\/listen|channels\/dial|channels\/connect|channels\/spawn|channels\/files|channels\/terminal|web\/serve|qxl\/drivers\/[^/]+\/host)\.ts$/;

const root = new URL("../", import.meta.url);

Deno.test("every file is in a room, and rooms open only the rooms they may", async () => {
  const wrong: string[] = [];
  for (const [file, imports] of await importsOf(await sourceFiles())) {
    const room = roomOf(file);
    if (room === undefined) wrong.push(`${file} is in no room`);
    for (const opened of imports) {
      const allowed = room === undefined ? [] : [room, ...arrows[room]];
      if (!allowed.some((prefix) => opened.startsWith(prefix))) {
        wrong.push(`${file} opens ${opened}`);
      }
    }
  }
  assertEquals(wrong, []);
});

Deno.test("only doors say Deno", async () => {
  const wrong: string[] = [];
  for (const file of await sourceFiles()) {
    if (file.startsWith("tests/") || doors.test(file)) continue;
    const code = (await Deno.readTextFile(new URL(file, root)))
      .replace(/\/\*[^]*?\*\/|\/\/.*$/gm, "");
    if (/\bDeno\s*[.[]/.test(code)) wrong.push(file);
  }
  assertEquals(wrong, []);
});

Deno.test("the host-free check leaves out doors, and nothing else", async () => {
  const { exclude } = JSON.parse(await Deno.readTextFile(new URL("browser.json", import.meta.url)));
  const files = await sourceFiles();
  const inside = files.filter((file) => /^(core|channels|qxl)\//.test(file) && doors.test(file));
  assertEquals(exclude.toSorted(), inside.map((file) => `../${file}`));
});

Deno.test("the README names every folder of the plan", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", root));
  const folders = new Set((await sourceFiles()).map((file) => file.match(/^[^/]+\//)?.[0] ?? file));
  assertEquals([...folders].filter((name) => !readme.includes(name)), []);
});

function roomOf(file: string): string | undefined {
  return Object.keys(arrows).find((prefix) => file.startsWith(prefix));
}

/** Every TypeScript file of the project, relative to its root. */
async function sourceFiles(folder = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder || ".", root))) {
    if (name.startsWith(".") || name === "node_modules") continue;
    if (isDirectory) files.push(...await sourceFiles(`${folder}${name}/`));
    else if (name.endsWith(".ts")) files.push(`${folder}${name}`);
  }
  return files.toSorted();
}

/** What each file imports of the project, types too, by one `deno info` over a file that imports them all. */
async function importsOf(files: readonly string[]): Promise<[string, string[]][]> {
  const all = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const lines = files.map((file) => `import ${JSON.stringify(new URL(file, root).href)};\n`);
    await Deno.writeTextFile(all, lines.join(""));
    const { stdout, success } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--config", new URL("deno.json", root).pathname, all],
      stderr: "inherit",
    }).output();
    assertEquals(success, true);
    const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: Module[] };
    const wanted = new Set(files);
    return modules.flatMap(({ specifier, dependencies = [] }): [string, string[]][] => {
      const file = local(specifier);
      if (file === undefined || !wanted.has(file)) return [];
      const opened = dependencies.flatMap(({ code, type }) => [code, type]);
      return [[file, opened.flatMap((to) => local(to?.specifier ?? "") ?? [])]];
    });
  } finally {
    await Deno.remove(all);
  }
}

interface Module {
  specifier: string;
  dependencies?: { code?: { specifier?: string }; type?: { specifier?: string } }[];
}

function local(specifier: string): string | undefined {
  return specifier.startsWith(root.href) ? specifier.slice(root.href.length) : undefined;
}
