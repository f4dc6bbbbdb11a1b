/**
 * Stands before the program in its one module: files under `/@/` are inside it. What the program asks
 * of the runtime by the address of a module of its own (`new URL("./page.html", import.meta.url)`) is
 * answered from there, so that sources need not know how they were packed.
 */
import { files } from "./files.ts";

const ROOT = "/@/";

/** The path within, of a URL or path under the root; null: it is somebody else's. */
function inside(path: string | URL): string | null {
  const text = path instanceof URL || path.startsWith("file:") ? new URL(path).pathname : path;
  return text.startsWith(ROOT) ? text.slice(ROOT.length) : null;
}

function contents(path: string): Uint8Array<ArrayBuffer> {
  const packed = files[path];
  if (packed === undefined) throw new Deno.errors.NotFound(`${path} is not in this program`);
  return Uint8Array.fromBase64(packed);
}

const { readFile, readTextFile, readDir } = Deno;

Object.assign(Deno, {
  readFile(path: string | URL, options?: Deno.ReadFileOptions) {
    const name = inside(path);
    return name === null ? readFile(path, options) : Promise.try(contents, name);
  },
  readTextFile(path: string | URL, options?: Deno.ReadFileOptions) {
    const name = inside(path);
    if (name === null) return readTextFile(path, options);
    return Promise.try(() => new TextDecoder().decode(contents(name)));
  },
  readDir(path: string | URL) {
    const name = inside(path);
    return name === null ? readDir(path) : entries(name.replace(/\/*$/, "/"));
  },
});

async function* entries(folder: string): AsyncGenerator<Deno.DirEntry> {
  const seen = new Set<string>();
  for (const path of Object.keys(files)) {
    if (!path.startsWith(folder)) continue;
    const [name, ...rest] = path.slice(folder.length).split("/");
    const isDirectory = rest.length > 0;
    if (!seen.has(name)) yield { name, isDirectory, isFile: !isDirectory, isSymlink: false };
    seen.add(name);
  }
}

const Worker = globalThis.Worker;

globalThis.Worker = class extends Worker {
  constructor(module: string | URL, options?: WorkerOptions) {
    const name = inside(module);
    // the program itself is where this code is; other modules are whole files within it
    const at = name === null
      ? module
      : name === "main.ts"
      ? import.meta.url
      : `data:text/javascript;base64,${files[name]}`;
    super(at, options);
  }
};
