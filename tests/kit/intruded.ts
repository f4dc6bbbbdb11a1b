/** The program with an adversary in it: modules of its own, replaced by ones that load it beside them. */
import manifest from "../../deno.json" with { type: "json" };
import { makeExecutable } from "./executable.ts";
import { run } from "./peers.ts";
import { type Program, watchProgram } from "./program.ts";

const root = new URL("../../", import.meta.url);

/** Modules of the program that load the adversary too. */
const INTRUSIONS = {
  // in the half that oversees and in the half that serves, where the driver is too
  "core/config/stamp.ts": "tests/kit/intrusions/stamp.ts",
  // in the threads that encode
  "channels/display/encode_bitmap.ts": "tests/kit/intrusions/encode_bitmap.ts",
  // in the thread that runs ffmpeg
  "channels/display/coder_process.ts": "tests/kit/intrusions/coder_process.ts",
};

/** What the adversary tries to read, and where to connect. */
interface Decoy {
  readonly file: string;
  readonly port: number;
}

/**
 * Runs main.ts as `deno task start` does, with the adversary in each part of it; where tests are of the
 * made executable (SPICE_APPLIANCE), one that is made with it.
 */
export async function startIntruded(
  decoy: Decoy,
  args: readonly string[],
  ready?: string,
): Promise<Program> {
  const folder = await Deno.makeTempDir();
  const command = Deno.env.has("SPICE_APPLIANCE")
    ? new Deno.Command(await intrudedExecutable(folder, decoy), {
      args: [...args, "--log-format", "json"],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    })
    : await intrudedSources(folder, decoy, args);
  return await watchProgram(command, () => Deno.remove(folder, { recursive: true }), ready);
}

async function intrudedSources(
  folder: string,
  decoy: Decoy,
  args: readonly string[],
): Promise<Deno.Command> {
  const here = (path: string) => new URL(path, root).href;
  const adversary = here("tests/kit/adversary.ts");
  const told = `?file=${encodeURIComponent(decoy.file)}&port=${decoy.port}`;
  const imports: Record<string, string> = { ...manifest.imports, [adversary]: adversary + told };
  const scopes: Record<string, Record<string, string>> = {};
  for (const [module, intrusion] of Object.entries(INTRUSIONS)) {
    imports[here(module)] = here(intrusion);
    scopes[here(intrusion)] = { [here(module)]: here(module) };
  }
  const config = { ...manifest, tasks: {}, imports, scopes };
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
  await Deno.copyFile(new URL("deno.lock", root), `${folder}/deno.lock`);
  const start = manifest.tasks.start.command.split(" ").filter((word) => /^--/.test(word));
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--config", `${folder}/deno.json`, ...start]
      .concat(new URL("main.ts", root).pathname, ...args, "--log-format", "json"),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
}

/** The executable of sources in this folder, whose modules are replaced in place. */
async function intrudedExecutable(folder: string, decoy: Decoy): Promise<string> {
  const names = ["main.ts", "mod.ts", "deno.json", "deno.lock", "LICENSE", "README.md", ".ci"]
    .concat("core", "channels", "qxl", "web");
  await run("cp", ["-r", ...names.map((name) => new URL(name, root).pathname), folder]);
  const adversary = await Deno.readTextFile(new URL("tests/kit/adversary.ts", root));
  const told = JSON.stringify(`x:?file=${encodeURIComponent(decoy.file)}&port=${decoy.port}`);
  await Deno.writeTextFile(
    `${folder}/core/adversary.ts`,
    adversary.replace("import.meta.url", told),
  );
  for (const module of Object.keys(INTRUSIONS)) {
    const name = module.replace(/^.*\/|\.ts$/g, ""), at = `${folder}/${module}`;
    await Deno.rename(at, at.replace(/\.ts$/, "_itself.ts"));
    const text = `import "../../core/adversary.ts";\nexport * from "./${name}_itself.ts";\n`;
    await Deno.writeTextFile(at, text);
  }
  return await makeExecutable(folder, new URL(`file://${folder}/`));
}
