/** The door for workers: the one place that starts them, and says what they may do. */

/** A worker as who uses it sees it. */
export interface Helper {
  post(message: unknown, transfer?: Transferable[]): void;
  /** Called with what it says. */
  onMessage: ((message: unknown) => void) | null;
  /** Called once when it failed; it says nothing more. */
  onLost: ((reason: string) => void) | null;
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
    helper.onLost?.(event.message);
    helper.onLost = null;
  };
  return helper;
}
