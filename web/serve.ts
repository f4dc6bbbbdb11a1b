/** The door for browsers: the console's files, and all that answers a connection. Who listens hands connections over. */
import type { SaslOptions, WebOptions, WebToken } from "../core/config/options.ts";
import type { Log } from "../core/log.ts";
import { Accounts } from "./accounts.ts";
import { createWeb, type WebFile } from "./app.ts";
import type { Control } from "./control.ts";
import { Gate, tokenLogin } from "./gate.ts";
import { createHttp, type HttpConnection } from "./http.ts";
import { Logins } from "./logins.ts";
import { processMetrics } from "./process_metrics.ts";
import { Proxies } from "./remote.ts";

export interface ConsoleOptions {
  readonly web: WebOptions;
  readonly sasl: SaslOptions | null;
  readonly control: Control;
  readonly log: Log;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Tells this console's cookie from those of others on the same host: its port. */
  readonly mark: string;
  /** Where pages inside TLS are, once it is known; null: there are none. */
  readonly tlsPort: () => number | null;
}

export interface Console {
  /** Takes a connection that speaks HTTP, from its first byte on. */
  take(connection: HttpConnection): void;
  /** Takes other users and tokens; logins of users who changed, or are gone, end. */
  reload(options: Pick<ConsoleOptions, "sasl"> & { readonly web: WebOptions }): void;
  close(): void;
}

/** Logins are looked through so often. */
const SWEEP_MS = 60_000;

/** Makes the console ready. It needs to read its own files until then, and nothing afterwards. */
export async function createConsole(options: ConsoleOptions): Promise<Console> {
  const { web, sasl, control, log, now } = options;
  const logins = new Logins({
    now,
    idleMs: web.idleMinutes * 60_000,
    longestMs: web.sessionHours * 3_600_000,
    onEnd: ({ id }) => control.disconnectLogin(id),
    inUse: ({ id }) => control.clients().some(({ login }) => login === id),
  });
  const { tickets } = control;
  const accounts = new Accounts({
    ...web,
    sasl,
    ticket: tickets,
    hashes: control.throttle.hashes,
  });
  const cookie = `spice-${options.mark}`;
  const app = createWeb({
    files: await consoleFiles(),
    control,
    accounts,
    logins,
    gate: new Gate({ web, accounts, logins, cookie }),
    log,
    base: `${web.path}/`,
    cookie,
    now,
    sleep: (ms) => new Promise((wake) => setTimeout(wake, ms)),
    startedMs: now(),
    metrics: () => processMetrics(logins.size, Deno.memoryUsage()),
    tlsPort: options.tlsPort,
  });
  const http = await createHttp({
    fetch: (request, incoming) => app.fetch(request, incoming),
    proxies: new Proxies(web.trustedProxies),
    onSpice: (duplex, voucher) => control.accept(duplex, voucher),
    log,
  });
  let known = web.tokens;
  const sweeping = setInterval(() => logins.sweep(), SWEEP_MS);
  Deno.unrefTimer(sweeping);
  return {
    take: http.take,
    reload({ web: { users, tokens }, sasl }) {
      logins.keep(accounts.use({ users, tokens, sasl }));
      // what a token that is gone, or is another now, has opened goes with it
      const kept = new Set(tokens.map(tokenText));
      for (const token of known) {
        if (!kept.has(tokenText(token))) control.disconnectLogin(tokenLogin(token.name));
      }
      known = tokens;
    },
    close: () => clearInterval(sweeping),
  };
}

const tokenText = ({ name, role, sha256 }: WebToken) => `${name} ${role} ${sha256.toHex()}`;

const STATIC: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/console/console.css": ["console.css", "text/css; charset=utf-8"],
  "/console/devices.css": ["devices/devices.css", "text/css; charset=utf-8"],
  "/console/icon.svg": ["icon.svg", "image/svg+xml"],
};
const SCRIPT = "text/javascript; charset=utf-8";

let files: Promise<ReadonlyMap<string, WebFile>> | null = null;

/** The console's files, its scripts bundled; made once. */
export function consoleFiles(): Promise<ReadonlyMap<string, WebFile>> {
  return files ??= readFiles();
}

async function readFiles(): Promise<ReadonlyMap<string, WebFile>> {
  const all = new Map<string, WebFile>();
  for (const [path, [file, type]] of Object.entries(STATIC)) {
    const url = new URL(`./console/${file}`, import.meta.url);
    all.set(path, webFile(type, await Deno.readFile(url)));
  }
  for (const [name, bytes] of await scripts()) {
    all.set(`/${name}`, webFile(SCRIPT, quickWasm(bytes)));
  }
  return all;
}

/** A file as it is served; the smaller one is made when it is asked for first. */
export function webFile(type: string, bytes: Uint8Array<ArrayBuffer>): WebFile {
  let packed: Promise<Uint8Array<ArrayBuffer>> | null = null;
  return {
    type,
    bytes,
    gzip: () => packed ??= gzipped(bytes),
  };
}

function gzipped(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip")))
    .bytes();
}

/** How a bundle makes bytes of the base64 that its WebAssembly is in: a call for each of them. */
const SLOW_BYTES = /Uint8Array\.from\(atob\(("[A-Za-z0-9+/=]*")\),(\w+)=>\2\.charCodeAt\(0\)\)/g;
const QUICK_BYTES =
  "(b=>Uint8Array.fromBase64?.(b)??Uint8Array.from(atob(b),c=>c.charCodeAt(0)))($1)";

/** The same script, which has its WebAssembly sooner where the browser reads base64 itself. */
export function quickWasm(script: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const text = new TextDecoder().decode(script);
  return text.includes("WebAssembly")
    ? new TextEncoder().encode(text.replace(SLOW_BYTES, QUICK_BYTES))
    : script;
}

/**
 * What is bundled together, below a folder. Threads share no compiled code, and each file that the
 * console waits for costs it more than the bytes: so its page and its worker share no files.
 */
const BUNDLES: readonly (readonly [folder: string, ...entries: string[]])[] = [
  ["console/", "console.ts"],
  ["client/", "worker.ts"],
  ["client/", "mod.ts", "dav/worker.ts", "sound/worklet.ts"],
];

/** Bundled when it starts, so that they are never older than their sources; a compiled program has them in it. */
async function scripts(): Promise<[name: string, bytes: Uint8Array<ArrayBuffer>][]> {
  if (!Deno.build.standalone) {
    // SPEC: Deno fetches esbuild when it bundles for the first time, and two at once harm each other's file
    const first = await bundled(BUNDLES[0]);
    return first.concat(...await Promise.all(BUNDLES.slice(1).map(bundled)));
  }
  const folder = new URL("./dist/", import.meta.url);
  const found: [string, Uint8Array<ArrayBuffer>][] = [];
  for await (const path of filesIn(folder)) {
    found.push([path, await Deno.readFile(new URL(path, folder))]);
  }
  return found;
}

async function bundled(
  [folder, ...entries]: typeof BUNDLES[number],
): Promise<[name: string, bytes: Uint8Array<ArrayBuffer>][]> {
  const source = (path: string) => new URL(path, import.meta.url).pathname;
  const { success, errors, outputFiles = [] } = await Deno.bundle({
    entrypoints: entries.map((entry) => source(`./${folder}${entry}`)),
    outputDir: source(`./dist/${folder}`),
    platform: "browser",
    codeSplitting: true,
    minify: true,
    write: false,
  });
  if (!success) throw new Error(`The console cannot be bundled: ${errors[0]?.text}`);
  // the same paths as their sources', which is how they refer to each other
  const dist = source("./dist/");
  return outputFiles.map(({ path, contents }) => [
    path.slice(dist.length).replaceAll("\\", "/"),
    new Uint8Array(contents!),
  ]);
}

async function* filesIn(folder: URL, prefix = ""): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(prefix || ".", folder))) {
    if (isDirectory) yield* filesIn(folder, `${prefix}${name}/`);
    else yield prefix + name;
  }
}
