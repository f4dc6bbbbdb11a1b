/**
 * Code that got into a part of the program and tries everything. Tests load it in the place of a module
 * of the program (see intruded.ts), which it lets do its work; twice a second it says on standard error
 * what came of each attempt: the error's name, or "done".
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";

type Attempt = () => unknown;

const decoy = new URL(import.meta.url).searchParams;
const file = decoy.get("file")!, port = Number(decoy.get("port"));

const attempts: Readonly<Record<string, Attempt>> = {
  "reads a file": () => Deno.readTextFile(file),
  "reads a file through node": () => readFileSync(file),
  "reads a file by fetch": () => fetch(new URL(file, "file:///")),
  "reads the passwords": () => Deno.readTextFile("/etc/shadow"),
  "reads a folder": () => Array.fromAsync(Deno.readDir("/")),
  "looks at a file": () => Deno.stat(file),
  "writes a file": () => Deno.writeTextFile(file, "spoilt"),
  "writes a new file": () => Deno.makeTempFile(),
  "removes a file": () => Deno.remove(file),
  "links a file": () => Deno.symlink(file, `${file}.link`),
  "connects": () => Deno.connect({ hostname: "127.0.0.1", port }),
  "connects through node": () =>
    new Promise((resolve, reject) =>
      connect(port, "127.0.0.1", () => resolve(0)).on("error", reject)
    ),
  "fetches": () => fetch(`http://127.0.0.1:${port}/`),
  "asks for a name": () => Deno.resolveDns("localhost", "A"),
  "listens": () => Deno.listen({ hostname: "127.0.0.1", port: 0 }).close(),
  "listens to all": () => Deno.listen({ hostname: "0.0.0.0", port: 0 }).close(),
  "opens a socket": () => Deno.listen({ transport: "unix", path: `${file}.sock` }).close(),
  "starts a program": () => new Deno.Command("/bin/true").outputSync(),
  "starts a program through node": () => {
    const { error } = spawnSync("/bin/true");
    if (error) throw error;
  },
  "signals a process": () => Deno.kill(1, "SIGCONT"),
  "reads a variable": () => Deno.env.get("HOME"),
  "reads all variables": () => Deno.env.toObject(),
  "sets a variable": () => Deno.env.set("HOME", "/"),
  "asks for the host's name": () => Deno.hostname(),
  "asks who it is": () => Deno.uid(),
  "loads a library": () => Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } }),
  "imports a file": () => import(`file://${file}`),
  "imports from a host": () => import(`http://127.0.0.1:${port}/x.js`),
  "starts a worker that may more": () => workerThat("read", true),
  "asks for more": async () => {
    const { state } = await Deno.permissions.request({ name: "read" });
    if (state !== "granted") throw Object.assign(new Error(state), { name: "NotCapable" });
  },
};

function workerThat(kind: string, may: unknown): void {
  const options = { type: "module", deno: { permissions: { [kind]: may } } };
  new Worker("data:text/javascript,", options as WorkerOptions).terminate();
}

async function outcome(attempt: Attempt): Promise<string> {
  try {
    await attempt();
    return "done";
  } catch (error) {
    const { name, message } = error as Error;
    // fetch and import say it in a TypeError
    if (name === "NotCapable" || /Requires \w+ access to/.test(message)) return "NotCapable";
    return `${name}: ${message}`;
  }
}

const part = (globalThis as { name?: string }).name || "main";
let open = true;
setInterval(async () => {
  // the half that oversees has its rights until all is open
  const { state } = await Deno.permissions.query({ name: "read" });
  if (!open || state === "granted") return;
  open = false;
  const results: Record<string, string> = {};
  for (const [what, attempt] of Object.entries(attempts)) results[what] = await outcome(attempt);
  console.error(JSON.stringify({ event: `tried-${part}`, results }));
  open = true;
}, 500);
