/** The program itself, as people start it: a configuration file, and what it logs. */

export interface Program extends AsyncDisposable {
  /** Lines of the log so far: objects with `level`, `event` and more. */
  // deno-lint-ignore no-explicit-any
  readonly log: readonly any[];
}

/** Runs main.ts with this configuration until it listens; rejects with what it said when it does not. */
export async function startProgram(config: string): Promise<Program> {
  const file = await Deno.makeTempFile({ suffix: ".cfg" });
  await Deno.writeTextFile(file, config);
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-NRWS", main, "--config", file].concat(
      ["--log-format", "json", "--log-level", "debug"],
    ),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  // deno-lint-ignore no-explicit-any
  const log: any[] = [];
  const other: string[] = [];
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  const reading = (async () => {
    let rest = "";
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        if (!line.startsWith("{")) other.push(line);
        else if (log.push(JSON.parse(line)) && log.at(-1).event === "listening") resolve();
      }
    }
    reject(new Error(`The program ended: ${other.join("\n")} ${JSON.stringify(log)}`));
  })();
  const stop = async () => {
    try {
      child.kill("SIGTERM");
    } catch { /* it ended by itself */ }
    await child.status;
    await reading;
    await Deno.remove(file);
  };
  try {
    await listening;
  } catch (error) {
    await stop();
    throw error;
  }
  return { log, [Symbol.asyncDispose]: stop };
}

/** Ports that are free now. */
export function freePorts(count: number): number[] {
  const held = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = held.map(({ addr }) => addr.port);
  for (const listener of held) listener.close();
  return ports;
}
