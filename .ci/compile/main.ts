/**
 * `deno task compile`: one program file. By `deno compile` where Deno's runtime for that can be had;
 * otherwise around the Deno that runs this.
 */
import { fileURLToPath as fromFileUrl } from "node:url";
import manifest from "../../deno.json" with { type: "json" };
import { bundleProgram, type Program } from "./bundle.ts";
import { machineOf, withGiven } from "./elf.ts";

const root = new URL("../../", import.meta.url);
const windows = Deno.build.os === "windows" ? ".exe" : "";
/** `--output FILE`: another place. `--around`: without trying deno compile first. */
const output = Deno.args.includes("--output")
  ? Deno.args[Deno.args.indexOf("--output") + 1]
  : fromFileUrl(new URL(`spice-appliance${windows}`, root));

/** How `deno task start` runs it: what it may do at most, of which main.ts lets its serving half do only what the configuration names, and then gives up all; and when V8 compiles what for good. */
const started = manifest.tasks.start.command.split(" ")
  .filter((word) => /^--(no-prompt$|allow-|v8-flags=)/.test(word))
  // SPEC: names of programs are looked for in PATH when it starts, which fails where there is no PATH;
  // the half that serves gets the names, and only when the configuration wants them
  .map((word) => word.replace(/^--allow-run=.*/, "--allow-run"));
const unstable = manifest.unstable.map((feature) => `--unstable-${feature}`);

/** Nothing is looked for beside the program, fetched or kept. */
const alone = ["--no-config", "--no-lock", "--no-remote", "--no-npm", "--quiet"];
/** Deno asks for a folder of its own; there is none. */
const variables = ["DENO_DIR=/dev/null/none", "DENO_NO_UPDATE_CHECK=1", "NODE_OPTIONS="];

/**
 * The program is the first argument, of which the runtime makes a module: as the address of a module it
 * would be copied again and again, which took seconds. The second is what it holds.
 */
const LOADER = `const [code, packed] = Deno.args.splice(0, 2);
globalThis.packed = packed;
await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
`;

const program = await bundleProgram(await commit());
const why = Deno.args.includes("--around") ? "as asked" : await compile(program);
if (why === null) console.log(`spice-appliance: by deno compile, ${size()}`);
else {
  around(program);
  console.log(`spice-appliance: around Deno ${Deno.version.deno}, ${size()} (${why})`);
}

/** null: it is done; otherwise why not. */
async function compile({ code, packed }: Program): Promise<string | null> {
  const file = await Deno.makeTempFile({ suffix: ".js" });
  try {
    await Deno.writeTextFile(file, `globalThis.packed = ${JSON.stringify(packed)};\n${code}`);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["compile", "--no-check", "--no-config", ...unstable, ...started]
        .concat("--output", output, file),
    }).output();
    const said = new TextDecoder().decode(stderr);
    if (success) return null;
    if (!/denort|base binary/.test(said)) throw new Error(`deno compile failed: ${said}`);
    return "Deno's runtime for deno compile cannot be fetched here";
  } finally {
    await Deno.remove(file);
  }
}

function around(program: Program): void {
  const deno = Deno.readFileSync(Deno.execPath());
  const machine = machineOf(deno);
  if (machine === null) {
    throw new Error("Only deno compile can make a program for this machine, and it cannot here");
  }
  const code = Deno.readFileSync(new URL(`start_${machine}.bin`, import.meta.url));
  const source = `data:text/javascript;base64,${new TextEncoder().encode(LOADER).toBase64()}`;
  const args = ["run", ...alone, ...unstable, ...started, source, program.code, program.packed];
  // a program that runs cannot be written to, but its name can be given to another
  Deno.writeFileSync(`${output}.tmp`, withGiven(deno, code, { args, variables }), { mode: 0o755 });
  Deno.renameSync(`${output}.tmp`, output);
}

/** null: there is no git here, or this is no checkout. */
async function commit(): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["describe", "--always", "--dirty", "--abbrev=12"],
      cwd: root,
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function size(): string {
  return `${(Deno.statSync(output).size / (1 << 20)).toFixed(1)} MiB`;
}
