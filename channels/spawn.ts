/** The door for workers and programs: the one place that starts them, and says what they may do. */

/** A worker as who uses it sees it. */
export interface Helper {
  /** Tells it something; what is transferred is its own from then on. */
  post(message: unknown, transfer?: Transferable[]): void;
  /** Called with what it says. */
  onMessage: ((message: unknown) => void) | null;
  /** Called when it failed: it says nothing more, and what it was told is forgotten. again: another has its place. */
  onLost: ((reason: string, again: boolean) => void) | null;
  /** Ends it. */
  close(): void;
}

/** What a worker may do: lists of addresses, paths and names; what is not named, it may not. */
export interface Grants {
  readonly net: readonly string[];
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly sys: readonly string[];
  /** Programs. */
  readonly run: readonly string[];
}

/** The folder that the program's modules are in. */
export const modules = new URL("../", import.meta.url);

/**
 * Those of packages that the console's page is bundled of when the program starts; a compiled program
 * has the page in it.
 */
const packages: readonly string[] = Deno.build.standalone
  ? []
  : ["@xterm/xterm", "@xterm/addon-fit"].map((name) => import.meta.resolve(name))
    // without a lock file nobody knows yet where they will be
    .filter((at) => at.startsWith("file:")).map((at) => new URL("../", at).pathname);

/** All folders that the program and its page are made of. */
export const sources: readonly string[] = [modules.pathname, ...packages];

/** It may read the program's own modules, and nothing else at all. */
const computes: Grants = { net: [], read: [modules.pathname], write: [], sys: [], run: [] };

/** The worker that starts ffmpeg and feeds it (display/coder.worker.ts), which may do that alone. */
export const spawnCoding = (): Helper =>
  spawn(
    new URL("./display/coder.worker.ts", import.meta.url),
    { ...computes, run: ["ffmpeg"] },
    "coding",
  );

/** From here on this thread may do nothing any more that is not granted to it by name. */
export function dropAllRights(): void {
  const all = ["net", "read", "write", "sys", "env", "run", "ffi", "import"] as const;
  for (const name of all) Deno.permissions.revokeSync({ name });
}

/** Called by a worker that has loaded all it is made of: it may read nothing any more. */
export const dropReading = (): void => void Deno.permissions.revokeSync({ name: "read" });

/** A worker that another thread started, through its port. */
export interface FarHelper extends Helper {
  /** What started it says that it is lost; port: of the one that has its place, or of none. */
  lost(reason: string, port: MessagePort | null): void;
}

/** Who hears of its loss may come later than that: it is told then. */
export function helperAt(port: MessagePort): FarHelper {
  let onLost: Helper["onLost"] = null;
  let missed: Parameters<NonNullable<Helper["onLost"]>> | null = null;
  const helper: FarHelper = {
    post: (message, transfer = []) => port.postMessage(message, transfer),
    onMessage: null,
    get onLost() {
      return onLost;
    },
    set onLost(call) {
      onLost = call;
      if (missed !== null) call?.(...missed);
      missed = null;
    },
    close: () => port.close(),
    lost: (reason, next) => {
      port.close();
      if (next !== null) listen(port = next);
      if (onLost !== null) onLost(reason, next !== null);
      else missed = [reason, next !== null];
    },
  };
  const listen = (port: MessagePort) => port.onmessage = ({ data }) => helper.onMessage?.(data);
  listen(port);
  return helper;
}

/** Starts a module; one that only computes, if nothing is granted. name: what it finds in `globalThis.name`. */
export function spawn(module: URL, grants: Grants = computes, name = "helper"): Helper {
  const never = { env: false, ffi: false, import: false };
  const lists = Object.entries(grants).map(([kind, list]) => [kind, list.length > 0 && list]);
  // `deno` is unknown to the DOM's types, which host-free callers of this door are checked with
  const options: WorkerOptions & { deno: unknown } = {
    type: "module",
    name,
    deno: { permissions: { ...Object.fromEntries(lists), ...never } },
  };
  const worker = new Worker(module, options);
  const helper: Helper = {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    onMessage: null,
    onLost: null,
    close: () => worker.terminate(),
  };
  worker.onmessage = ({ data }) => helper.onMessage?.(data);
  worker.onerror = (event) => {
    // otherwise it would end the program
    event.preventDefault();
    worker.terminate();
    helper.onLost?.(event.message, false);
    helper.onLost = null;
  };
  return helper;
}

/** A program as who uses it sees it: bytes in, bytes out. */
export interface Program {
  /** Writes all of it behind what was written before. */
  write(bytes: Uint8Array<ArrayBuffer>): void;
  /** Called with what it says on its standard output. */
  onBytes: ((bytes: Uint8Array) => void) | null;
  /** Called once when it ended or cannot be used, with what it said on its standard error; not after `close`. */
  onEnd: ((reason: string) => void) | null;
  /** Ends it at once. May be called again. */
  close(): void;
}

/** So much of what a program says of itself is kept. */
const MOST_SAID = 300;

/** Starts a program that finds nothing in its environment. Throws when it is not there or may not be started. */
export function startProgram(name: string, args: readonly string[]): Program {
  const child = new Deno.Command(name, {
    args: [...args],
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  let said = "", over = false;
  const close = () => {
    over = true;
    try {
      child.kill("SIGKILL");
    } catch { /* it has ended */ }
  };
  const program: Program = {
    write: (bytes) => void writer.write(bytes).catch(() => {}),
    onBytes: null,
    onEnd: null,
    close,
  };
  const hear = async (stream: ReadableStream<Uint8Array>, take: (bytes: Uint8Array) => void) => {
    for await (const bytes of stream) if (!over) take(bytes);
  };
  const text = new TextDecoder();
  const heard = Promise.allSettled([
    hear(child.stdout, (bytes) => program.onBytes?.(bytes)),
    hear(child.stderr, (bytes) => said = (said + text.decode(bytes)).slice(0, MOST_SAID)),
  ]);
  Promise.all([child.status, heard]).then(([{ code }]) => {
    writer.close().catch(() => {});
    if (over) return;
    over = true;
    program.onEnd?.(said.trim() || `it ended with ${code}`);
  });
  return program;
}
