/** The program itself, as people start it: a configuration file, and what it logs. */
import manifest from "../../deno.json" with { type: "json" };

export interface Program extends AsyncDisposable {
  readonly child: Deno.ChildProcess;
  /** Lines of the log so far: objects with `level`, `event` and more. */
  // deno-lint-ignore no-explicit-any
  readonly log: readonly any[];
  /** What was said that is no line of the log. */
  readonly other: readonly string[];
  /** Resolves with the first line of this event, which may be there already; rejects when the program ends. */
  // deno-lint-ignore no-explicit-any
  logged(event: string): Promise<any>;
  /** Resolves with this many lines of the event, or more, of those from the `from`th of the log on. */
  // deno-lint-ignore no-explicit-any
  again(event: string, count: number, from: number): Promise<any[]>;
}

const main = new URL("../../main.ts", import.meta.url).pathname;

/** V8's settings of `deno task start`, which the executable has too. */
export const v8Flags: readonly string[] = manifest.tasks.start.command.split(" ")
  .filter((word) => word.startsWith("--v8-flags="));

/**
 * What starts the program with these arguments: the executable that the variable SPICE_APPLIANCE names,
 * or Deno with the sources. rights: what sources may do.
 */
export function programCommand(args: readonly string[], rights = ["-NRWSE"]): string[] {
  const made = Deno.env.get("SPICE_APPLIANCE");
  const start = made
    ? [made]
    : [Deno.execPath(), "run", "--no-prompt", ...v8Flags, ...rights, main];
  return [...start, ...args];
}

/** The same as a command whose log is read. */
export function loggingCommand(args: readonly string[], rights?: string[]): Deno.Command {
  const [program, ...rest] = programCommand([...args, "--log-format", "json"], rights);
  return new Deno.Command(program, {
    args: rest,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
}

/** Runs the program with this configuration until it listens; rejects with what it said when it does not. rights: what it may do besides. */
export async function startProgram(config: string, ...rights: string[]): Promise<Program> {
  const file = await Deno.makeTempFile({ suffix: ".cfg" });
  await Deno.writeTextFile(file, config);
  const command = loggingCommand(["--config", file, "--log-level", "debug"], ["-NRWS", ...rights]);
  return await watchProgram(command, () => Deno.remove(file));
}

/** Runs a command that logs JSON to standard error until it listens, or logs the event `ready`; null: waits for nothing. */
export async function watchProgram(
  command: Deno.Command,
  after: () => Promise<unknown> = () => Promise.resolve(),
  ready: string | null = "listening",
): Promise<Program> {
  const child = command.spawn();
  // deno-lint-ignore no-explicit-any
  const log: any[] = [];
  const other: string[] = [];
  const waiting = new Set<() => void>();
  let ended = false;
  const reading = (async () => {
    let rest = "";
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        if (line.startsWith("{")) log.push(JSON.parse(line));
        else other.push(line);
      }
      for (const look of waiting) look();
    }
    ended = true;
    for (const look of waiting) look();
  })();
  // deno-lint-ignore no-explicit-any
  const again = (event: string, count: number, from: number): Promise<any[]> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const lines = log.slice(from).filter((line) => line.event === event);
        if (lines.length < count && !ended) return;
        waiting.delete(look);
        if (lines.length >= count) resolve(lines);
        else reject(new Error(`It ended: ${other.join("\n")} ${JSON.stringify(log)}`));
      };
      waiting.add(look);
      look();
    });
  const logged = async (event: string) => (await again(event, 1, 0))[0];
  const stop = async () => {
    try {
      child.kill("SIGTERM");
    } catch { /* it ended by itself */ }
    await child.status;
    await reading;
    await after();
  };
  try {
    if (ready !== null) await logged(ready);
  } catch (error) {
    await stop();
    throw error;
  }
  return { child, log, other, logged, again, [Symbol.asyncDispose]: stop };
}

/** Ports that are free now. */
export function freePorts(count: number): number[] {
  const held = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = held.map(({ addr }) => addr.port);
  for (const listener of held) listener.close();
  return ports;
}
