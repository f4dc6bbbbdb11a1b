/** A browser without a window, spoken to in the DevTools protocol. */

export class Chromium implements AsyncDisposable {
  readonly #socket: WebSocket;
  /** Ends what this page alone keeps running. */
  readonly #end: () => Promise<void>;
  readonly #waiting = new Map<number, (answer: { result?: unknown; error?: unknown }) => void>();
  #session = "";
  #id = 0;
  /** What the page and its workers wrote to their consoles, and what they threw. */
  readonly console: string[] = [];

  private constructor(socket: WebSocket, end: () => Promise<void>) {
    this.#socket = socket;
    this.#end = end;
    socket.onmessage = ({ data }) => this.#heard(JSON.parse(data));
    socket.onclose = () => {
      for (const answer of this.#waiting.values()) answer({ error: "the browser is gone" });
      this.#waiting.clear();
    };
  }

  /** Opens a page. display: of an X server, which shows it from edge to edge; without, nothing does. */
  static async open(url: string, display?: string): Promise<Chromium> {
    const profile = await Deno.makeTempDir({ prefix: "chromium-" });
    const child = new Deno.Command("chromium", {
      args: [
        ...(display === undefined ? ["--headless=new"] : ["--kiosk", "--ozone-platform=x11"]),
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // the certificates of the tests are of no authority that it knows
        "--ignore-certificate-errors",
        "--window-size=1100,900",
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
        "about:blank",
      ],
      // its own temporary folders go with the profile
      env: { TMPDIR: profile, ...(display !== undefined && { DISPLAY: display }) },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const socket = await opened(await address(child));
    // what it says on stderr is read to the end: a full pipe would stop it
    const said = child.stderr.pipeTo(new WritableStream()).catch(() => {});
    const browser = new Chromium(socket, async () => {
      child.kill("SIGKILL");
      await child.status;
      await said;
      await discard(profile);
    });
    await browser.#show(url);
    return browser;
  }

  /** Another page of this browser, in a window of its own; it ends with the browser. */
  async another(url: string): Promise<Chromium> {
    const socket = await opened(this.#socket.url);
    const page: Chromium = new Chromium(socket, () => Promise.resolve());
    await page.#show(url, true);
    return page;
  }

  async #show(url: string, newWindow = false): Promise<void> {
    const wanted = { url: "about:blank", newWindow };
    const { targetId } = await this.#call("Target.createTarget", wanted, "");
    const attached = await this.#call(
      "Target.attachToTarget",
      { targetId, flatten: true },
      "",
    );
    this.#session = attached.sessionId;
    await this.#call("Runtime.enable");
    const attach = { autoAttach: true, waitForDebuggerOnStart: false, flatten: true };
    await this.#call("Target.setAutoAttach", attach);
    await this.#call("Page.navigate", { url });
  }

  /** The value of an expression in the page; promises are awaited. */
  // deno-lint-ignore no-explicit-any
  async evaluate(expression: string): Promise<any> {
    const { result, exceptionDetails } = await this.#call("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description);
    return result.value;
  }

  async mouse(type: "Moved" | "Pressed" | "Released", x: number, y: number): Promise<void> {
    const button = type === "Moved" ? "none" : "left";
    await this.#call("Input.dispatchMouseEvent", {
      type: `mouse${type}`,
      x,
      y,
      button,
      clickCount: 1,
    });
  }

  async key(type: "keyDown" | "keyUp", key: string, code: string, number: number): Promise<void> {
    const windowsVirtualKeyCode = number;
    await this.#call("Input.dispatchKeyEvent", { type, key, code, windowsVirtualKeyCode });
  }

  /** Any command of the protocol, to the page. */
  // deno-lint-ignore no-explicit-any
  command(method: string, params: unknown = {}): Promise<any> {
    return this.#call(method, params);
  }

  /** Processor time of each process that runs pages, and what this page's main thread took; seconds. */
  async spent(): Promise<{ renderers: ReadonlyMap<number, number>; mainThread: number }> {
    await this.#call("Performance.enable", { timeDomain: "threadTicks" });
    const { processInfo } = await this.#call("SystemInfo.getProcessInfo", {}, "");
    const { metrics } = await this.#call("Performance.getMetrics");
    const all: { type: string; id: number; cpuTime: number }[] = processInfo;
    const named: { name: string; value: number }[] = metrics;
    return {
      renderers: new Map(
        all.filter(({ type }) => type === "renderer").map(({ id, cpuTime }) => [id, cpuTime]),
      ),
      mainThread: named.find(({ name }) => name === "TaskDuration")?.value ?? NaN,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#end();
  }

  /** sessionId: of the page or a worker; "": the browser's own. */
  // deno-lint-ignore no-explicit-any
  #call(method: string, params: unknown = {}, sessionId = this.#session): Promise<any> {
    const id = ++this.#id;
    this.#socket.send(JSON.stringify({ id, method, params, sessionId: sessionId || undefined }));
    return new Promise((resolve, reject) =>
      this.#waiting.set(
        id,
        ({ result, error }) =>
          error ? reject(new Error(`${method}: ${JSON.stringify(error)}`)) : resolve(result),
      )
    );
  }

  // deno-lint-ignore no-explicit-any
  #heard(message: any): void {
    if (message.id) {
      this.#waiting.get(message.id)?.(message);
      this.#waiting.delete(message.id);
    } else if (message.method === "Target.attachedToTarget" && message.sessionId) {
      // a worker of the page; one that has ended already says nothing more
      this.#call("Runtime.enable", {}, message.params.sessionId).catch(() => {});
    } else if (message.method === "Runtime.consoleAPICalled") {
      const { type, args } = message.params;
      // what a browser warns of by itself is no fault of the page
      // deno-lint-ignore no-explicit-any
      if (type !== "warning") this.console.push(args.map((arg: any) => arg.value).join(" "));
    } else if (message.method === "Runtime.exceptionThrown") {
      this.console.push(`threw ${message.params.exceptionDetails.exception?.description}`);
    }
  }
}

async function opened(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  return socket;
}

/** Its processes may still be on their way out, and write. */
async function discard(profile: string): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    try {
      return await Deno.remove(profile, { recursive: true });
    } catch {
      await new Promise((wake) => setTimeout(wake, 100));
    }
  }
}

async function address(child: Deno.ChildProcess): Promise<string> {
  const reader = child.stderr.getReader();
  let said = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`chromium ended: ${said}`);
      said += new TextDecoder().decode(value);
      const found = said.match(/DevTools listening on (ws:\S+)/);
      if (found) return found[1];
    }
  } finally {
    reader.releaseLock();
  }
}
