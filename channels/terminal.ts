/** The terminal that the program was started at, if it was. */
import { ExitCode } from "../core/config/command_line.ts";
import { ConfigError } from "../core/config/problems.ts";
import type { LogFormat, LogLevel, LogOptions } from "../core/log.ts";

/** On standard output. */
export function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

/** A line of standard input; a terminal does not show it. */
export async function askSecret(question: string): Promise<string> {
  const shown = Deno.stdin.isTerminal();
  if (shown) Deno.stderr.writeSync(new TextEncoder().encode(question));
  if (shown) Deno.stdin.setRaw(true, { cbreak: true });
  const bytes: number[] = [], chunk = new Uint8Array(256);
  try {
    reading: for (let n; (n = await Deno.stdin.read(chunk)) !== null;) {
      for (const byte of chunk.subarray(0, n)) {
        if (byte === 10 || byte === 13) break reading;
        if (byte === 127 || byte === 8) bytes.pop();
        else bytes.push(byte);
      }
    }
  } finally {
    if (shown) Deno.stdin.setRaw(false);
    if (shown) console.error();
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** Asks at the terminal; where there is none, nobody agrees. */
export async function agrees(question: string): Promise<boolean> {
  Deno.stderr.writeSync(new TextEncoder().encode(question));
  if (!Deno.stdin.isTerminal()) {
    console.error("\nno: there is no terminal to ask at; --yes agrees beforehand");
    return false;
  }
  const line = new Uint8Array(256);
  const n = await Deno.stdin.read(line);
  return /^\s*y(es)?\s*$/i.test(new TextDecoder().decode(line.subarray(0, n ?? 0)));
}

/** Tells every mistake of a configuration and returns the exit code; any other error is a fault of ours and goes on. */
export function refused(error: unknown): number {
  if (!(error instanceof ConfigError)) throw error;
  for (const problem of error.problems) console.error(problem);
  return ExitCode.usage;
}

/** A log on standard error. */
export const logAtTerminal = (format: LogFormat, level: LogLevel): LogOptions => ({
  format,
  level,
  sink: (line) => console.error(line),
  now: () => new Date(),
});

/** Calls whenever the program is asked to end. */
export function onStop(listener: () => void): void {
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, listener);
}
