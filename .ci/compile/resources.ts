/**
 * Stands before the program in each of its modules: files under `/@/` are inside it. What the program asks
 * of the runtime by the address of a module of its own (`new URL("./page.html", import.meta.url)`) is
 * answered from there, so that sources need not know how they were packed.
 */
const ROOT = "/@/";

/** What bundle.ts packs: path → text, and path → bytes in base64. */
interface Packed {
  readonly texts: Readonly<Record<string, string>>;
  readonly bytes: Readonly<Record<string, string>>;
}

const scope = globalThis as unknown as {
  /** JSON of Packed; it is unpacked once it is needed. */
  packed?: string;
  /** Of each path, the address of its blob: so workers get it from who started them. */
  unpacked?: Readonly<Record<string, string>>;
};

function addresses(): Readonly<Record<string, string>> {
  if (scope.unpacked) return scope.unpacked;
  const { texts, bytes }: Packed = JSON.parse(scope.packed!);
  delete scope.packed;
  const all: Record<string, string> = {};
  const add = (path: string, part: BlobPart, type = "") =>
    all[path] = URL.createObjectURL(new Blob([part], { type }));
  for (const [path, text] of Object.entries(bytes)) add(path, Uint8Array.fromBase64(text));
  // code comes last, as it is told where everything else is
  const code = Object.entries(texts).toSorted(([a], [b]) => isCode(a) - isCode(b));
  for (const [path, text] of code) {
    if (isCode(path)) {
      add(path, `globalThis.unpacked=${JSON.stringify(all)};${text}`, "text/javascript");
    } else add(path, text);
  }
  return scope.unpacked = all;
}

/** 0: no code. `main.ts` comes last: it starts the others. */
function isCode(path: string): number {
  return path === "main.ts" ? 2 : path.endsWith(".ts") ? 1 : 0;
}

/** The path within, of a URL or path under the root; null: it is somebody else's. */
function inside(path: string | URL): string | null {
  const text = path instanceof URL || path.startsWith("file:") ? new URL(path).pathname : path;
  return text.startsWith(ROOT) ? text.slice(ROOT.length) : null;
}

function found(path: string): string {
  const address = addresses()[path];
  if (address === undefined) throw new Deno.errors.NotFound(`${path} is not in this program`);
  return address;
}

const contents = async (path: string) => await fetch(found(path));

const { readFile, readTextFile, readDir } = Deno;

Object.assign(Deno, {
  async readFile(path: string | URL, options?: Deno.ReadFileOptions) {
    const name = inside(path);
    return name === null ? readFile(path, options) : (await contents(name)).bytes();
  },
  async readTextFile(path: string | URL, options?: Deno.ReadFileOptions) {
    const name = inside(path);
    return name === null ? readTextFile(path, options) : (await contents(name)).text();
  },
  readDir(path: string | URL) {
    const name = inside(path);
    return name === null ? readDir(path) : entries(name.replace(/\/*$/, "/"));
  },
});

async function* entries(folder: string): AsyncGenerator<Deno.DirEntry> {
  const seen = new Set<string>();
  for (const path of Object.keys(addresses())) {
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
    super(name === null ? module : found(name), options);
  }
};
