/**
 * The whole program as two texts: its code, its workers, its wasm, the console and the licences.
 * The same sources give the same texts, wherever they stand. Deno parses a module twice, some 0.1 s of
 * a core for each megabyte, strings in it included: so what only the half that serves needs is in no
 * module but its own, and files are in none.
 */
import { licences } from "./licences.ts";

const root = new URL("../../", import.meta.url);

/** What the program is made of; tests are not. */
const FOLDERS = ["core", "channels", "qxl", "web"];
const FILES = ["main.ts", "mod.ts", "deno.json", "deno.lock"];
/** What only the half that serves opens; the other one has it as text. */
const DOOR = "./mod.ts";
/** Files of the console that are neither scripts nor made from them. */
const PAGES = /^web\/(console|dist)\/.*(?<!\.ts)$/;
const WORKERS = /\.worker\.ts$/;

const NO_BUILD = "@@build@@", NO_COMMIT = "@@commit@@";

/** The program. */
export interface Program {
  /** JavaScript: the half that oversees, and all that is asked of the program without a guest. */
  readonly code: string;
  /** JSON, of resources.ts: what `globalThis.packed` must be before that code runs. */
  readonly packed: string;
}

/** JavaScript of the program; `web/dist` must have been bundled before. commit: null: there is none. */
export async function bundleProgram(commit: string | null): Promise<Program> {
  const folder = await Deno.makeTempDir({ prefix: "spice-appliance-" });
  try {
    const paths = [...FILES, ...FOLDERS.flatMap((name) => [...under(`${name}/`)])].sort();
    for (const path of paths) copy(path, folder);
    Deno.copyFileSync(new URL("resources.ts", import.meta.url), `${folder}/resources.ts`);
    Deno.writeTextFileSync(`${folder}/all.ts`, `import "./resources.ts";\nimport "./main.ts";\n`);
    const made = { commit: commit === null ? null : NO_COMMIT, build: NO_BUILD };
    const stamp = `export const made = ${JSON.stringify(made)};\n`;
    Deno.writeTextFileSync(`${folder}/core/config/made.ts`, stamp);
    const texts: Record<string, string> = {};
    for (const path of paths) {
      if (WORKERS.test(path)) texts[path] = await bundle(folder, path);
    }
    texts["main.ts"] = await bundle(folder, "all.ts");
    texts["LICENSE"] = await licences(root);
    texts["README.md"] = Deno.readTextFileSync(new URL("README.md", root));
    const code = await bundle(folder, "all.ts", `--external=${DOOR}`);
    const packed = JSON.stringify({ texts, bytes: pages(paths) });
    // the stamp is part of what it is the stamp of: it is made of the program without one
    const build = await digest(code + packed);
    const stamped = (text: string) =>
      text.replaceAll(NO_BUILD, build).replaceAll(NO_COMMIT, commit ?? "");
    return { code: stamped(code), packed: stamped(packed) };
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

/** In base64, by path. */
function pages(paths: readonly string[]): Record<string, string> {
  const found = paths.filter((path) => PAGES.test(path));
  const read = (path: string) => Deno.readFileSync(new URL(path, root)).toBase64();
  return Object.fromEntries(found.map((path) => [path, read(path)]));
}

async function bundle(folder: string, path: string, ...more: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--minify", "--platform", "deno", ...more, path],
    cwd: folder,
  }).output();
  const decoder = new TextDecoder();
  if (code !== 0) throw new Error(`Cannot bundle ${path}: ${decoder.decode(stderr)}`);
  const text = decoder.decode(stdout)
    // packages in CommonJS require the runtime's own modules from here
    .replace(/\(import\.meta\.url\)/, '("file:///@/main.js")');
  if (text === "") throw new Error(`The bundle of ${path} is empty`);
  return text;
}

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash, 0, 8).toHex();
}
