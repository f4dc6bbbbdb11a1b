/** The door for workers: the one place that starts them, and says what they may do. */

/** A worker as who uses it sees it. */
export interface Helper {
  post(message: unknown, transfer: Transferable[]): void;
  /** Called with what it says. */
  onMessage: ((message: unknown) => void) | null;
  /** Called once when it failed; it says nothing more. */
  onLost: ((reason: string) => void) | null;
  close(): void;
}

/** `deno` is unknown to the DOM's types, which host-free callers of this door are checked with. */
const options: WorkerOptions & { deno: unknown } = {
  type: "module",
  deno: {
    permissions: {
      read: [new URL("../", import.meta.url)],
      write: false,
      net: false,
      env: false,
      run: false,
      ffi: false,
      sys: false,
      import: false,
    },
  },
};

/** Starts a module that computes: it may read the program's own modules, and nothing else at all. */
export function spawn(module: URL): Helper {
  const worker = new Worker(module, options);
  const helper: Helper = {
    post: (message, transfer) => worker.postMessage(message, transfer),
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
