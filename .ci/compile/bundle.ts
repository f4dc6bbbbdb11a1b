/**
 * The whole program as one module: its code, its workers, its wasm, the console and the licences.
 * The same sources give the same text, wherever they stand.
 */
import { licences } from "./licences.ts";

const root = new URL("../../", import.meta.url);

/** What the program is made of; tests are not. */
const FOLDERS = ["core", "channels", "qxl", "web"];
const FILES = ["main.ts", "mod.ts", "deno.json", "deno.lock"];
/** Files of the console that are neither scripts nor made from them. */
const PAGES = /^web\/(console|dist)\/.*(?<!\.ts)$/;
const WORKERS = /\.worker\.ts$/;

const NO_BUILD = "@@build@@", NO_COMMIT = "@@commit@@";

/** JavaScript of the program; `web/dist` must have been bundled before. commit: null: there is none. */
export async function bundleProgram(commit: string | null): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "spice-appliance-" });
  try {
    const paths = [...FILES, ...FOLDERS.flatMap((name) => [...under(`${name}/`)])].sort();
    for (const path of paths) copy(path, folder);
    for (const name of ["resources.ts", "files.ts"]) {
      Deno.copyFileSync(new URL(name, import.meta.url), `${folder}/${name}`);
    }
    Deno.writeTextFileSync(`${folder}/all.ts`, `import "./resources.ts";\nimport "./main.ts";\n`);
    await fill(folder, paths);
    const made = { commit: commit === null ? null : NO_COMMIT, build: NO_BUILD };
    const stamp = `export const made = ${JSON.stringify(made)};\n`;
    Deno.writeTextFileSync(`${folder}/core/config/made.ts`, stamp);
    const program = await bundle(folder, "all.ts");
    // the stamp is part of what it is the stamp of: it is made of the program without one
    return program.replace(NO_BUILD, await digest(program)).replace(NO_COMMIT, commit ?? "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function* under(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) yield* under(`${folder}${name}/`);
    else yield folder + name;
  }
}

/** Modules are told that they stand under `/@/`, which resources.ts answers for. */
function copy(path: string, folder: string): void {
  const to = `${folder}/${path}`;
  Deno.mkdirSync(to.replace(/\/[^/]*$/, ""), { recursive: true });
  if (!path.endsWith(".ts")) return Deno.copyFileSync(new URL(path, root), to);
  const code = Deno.readTextFileSync(new URL(path, root))
    .replaceAll("import.meta.url", JSON.stringify(`file:///@/${path}`))
    .replaceAll("import.meta.main", "true")
    .replaceAll("Deno.build.standalone", "true");
  Deno.writeTextFileSync(to, code);
}

/** Writes files.ts: what the program opens by the address of a module of its own. */
async function fill(folder: string, paths: readonly string[]): Promise<void> {
  const files: Record<string, string> = {};
  const encoder = new TextEncoder();
  for (const path of paths) {
    if (PAGES.test(path)) files[path] = Deno.readFileSync(new URL(path, root)).toBase64();
    if (WORKERS.test(path)) files[path] = encoder.encode(await bundle(folder, path)).toBase64();
  }
  files["LICENSE"] = encoder.encode(await licences(root)).toBase64();
  const all = `export const files = ${JSON.stringify(files, null, 1)};\n`;
  Deno.writeTextFileSync(`${folder}/files.ts`, all);
}

async function bundle(folder: string, path: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "deno", path],
    cwd: folder,
  }).output();
  const decoder = new TextDecoder();
  if (code !== 0) throw new Error(`Cannot bundle ${path}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout)
    // where packages were kept is no part of the program
    .replace(/^( *)\/\/ (\.\.\/)+.*\/npm\/[^/]+\//gm, "$1// npm:")
    // packages in CommonJS require the runtime's own modules from here
    .replace("createRequire(import.meta.url)", 'createRequire("file:///@/main.js")');
}

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash, 0, 8).toHex();
}
