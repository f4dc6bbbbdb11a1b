/** The program with an adversary in it: modules of its own, replaced by ones that load it beside them. */
import manifest from "../../deno.json" with { type: "json" };
import { type Program, watchProgram } from "./program.ts";

const root = new URL("../../", import.meta.url);

/** Modules of the program that load the adversary too. */
const INTRUSIONS = {
  // in the half that oversees and in the half that serves, where the driver is too
  "core/config/stamp.ts": "tests/kit/intrusions/stamp.ts",
  // in the threads that encode
  "channels/display/encode_bitmap.ts": "tests/kit/intrusions/encode_bitmap.ts",
};

/** Runs main.ts as `deno task start` does, with the adversary in each part of it. */
export async function startIntruded(
  decoy: { readonly file: string; readonly port: number },
  args: readonly string[],
  ready?: string,
): Promise<Program> {
  const folder = await Deno.makeTempDir();
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
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--config", `${folder}/deno.json`, ...start]
      .concat(new URL("main.ts", root).pathname, ...args, "--log-format", "json"),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
  return await watchProgram(command, () => Deno.remove(folder, { recursive: true }), ready);
}
