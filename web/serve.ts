/** The door for browsers: a listening socket, the console's files, and WebSockets as streams of bytes. */
import type { Duplex } from "../core/link/duplex.ts";
import { createWeb, type WebFile } from "./app.ts";
import { WebSocketDuplex } from "./socket.ts";

export interface ServeWebOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Gets every WebSocket that carries SPICE. */
  readonly onSpice: (duplex: Duplex) => void;
}

export interface ServingWeb {
  /** `http://127.0.0.1:5980/`, with the port that was really taken. */
  readonly address: string;
  readonly port: number;
  /** Stops listening; WebSockets that stand are left to whoever got them. */
  close(): Promise<void>;
}

/**
 * Serves the console. Rejects when the port cannot be taken. It needs to read its own files until
 * it stands, and nothing afterwards.
 */
export async function serveWeb(options: ServeWebOptions): Promise<ServingWeb> {
  const files = await consoleFiles();
  const remotes = new WeakMap<Request, string>();
  const app = createWeb({
    files,
    spice(request) {
      const protocol = request.headers.get("sec-websocket-protocol")?.split(/, */) ?? [];
      const { socket, response } = Deno.upgradeWebSocket(request, {
        protocol: protocol.includes("binary") ? "binary" : undefined,
        idleTimeout: 0,
      });
      const duplex = new WebSocketDuplex(socket, {
        address: remotes.get(request) ?? "unknown",
        transport: "tcp",
        secure: new URL(request.url).protocol === "https:",
        webSocket: true,
      });
      socket.onopen = () => options.onSpice(duplex);
      return response;
    },
  });
  const server = Deno.serve(
    { hostname: options.host, port: options.port, onListen: () => {} },
    (request, { remoteAddr }) => {
      if ("hostname" in remoteAddr) remotes.set(request, remoteAddr.hostname);
      return app.fetch(request);
    },
  );
  const { hostname, port } = server.addr as Deno.NetAddr;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return {
    address: `http://${host}:${port}/`,
    port,
    close: () => server.shutdown(),
  };
}

const STATIC: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/console/console.css": ["console.css", "text/css; charset=utf-8"],
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
    all.set(path, { type, bytes: await Deno.readFile(url) });
  }
  for (const [name, bytes] of await scripts()) all.set(`/${name}`, { type: SCRIPT, bytes });
  return all;
}

/** Bundled when it starts, so that they are never older than their sources; a compiled program has them in it. */
async function scripts(): Promise<[name: string, bytes: Uint8Array<ArrayBuffer>][]> {
  if (Deno.build.standalone) {
    const folder = new URL("./dist/", import.meta.url);
    const found: [string, Uint8Array<ArrayBuffer>][] = [];
    for await (const path of filesIn(folder)) {
      found.push([path, await Deno.readFile(new URL(path, folder))]);
    }
    return found;
  }
  const source = (path: string) => new URL(path, import.meta.url).pathname;
  const { success, errors, outputFiles = [] } = await Deno.bundle({
    entrypoints: [source("./console/console.ts"), source("./client/worker.ts")],
    outputDir: source("./dist"),
    platform: "browser",
    codeSplitting: true,
    minify: true,
    write: false,
  });
  if (!success) throw new Error(`The console cannot be bundled: ${errors[0]?.text}`);
  // the same paths as their sources', which is how they refer to each other
  const folder = source("./dist/");
  return outputFiles.map(({ path, contents }) => [
    path.slice(folder.length).replaceAll("\\", "/"),
    new Uint8Array(contents!),
  ]);
}

async function* filesIn(folder: URL, prefix = ""): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(prefix || ".", folder))) {
    if (isDirectory) yield* filesIn(folder, `${prefix}${name}/`);
    else yield prefix + name;
  }
}
