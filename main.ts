/** The program: argv → options → serve → exit code. What the options mean is in core/config, what they make in mod.ts. */
import { ExitCode, type Invocation, readCommandLine, usage } from "./core/config/command_line.ts";
import { clientAddresses, describeOptions, describePermissions } from "./core/config/describe.ts";
import { type ConfigHost, loadConfig, type LoadedConfig } from "./core/config/load.ts";
import type { ApplianceOptions } from "./core/config/options.ts";
import { permissionsOf, superfluous } from "./core/config/permissions.ts";
import { stamp, version } from "./core/config/stamp.ts";
import { ConfigError } from "./core/config/problems.ts";
import { createLog, type Log, type LogFormat } from "./core/log.ts";
import { type Appliance, createAppliance, hashPassword, makeToken } from "./mod.ts";
import manifest from "./deno.json" with { type: "json" };

/** How long a live guest draws before its picture is taken. */
const liveScreenshotMs = 2000;

/** Runs the program and returns its exit code. */
async function main(args: readonly string[]): Promise<number> {
  let invocation: Invocation;
  let config: LoadedConfig;
  try {
    invocation = readCommandLine(args);
    const told = await tell(invocation);
    if (told !== null) {
      say(told);
      return ExitCode.ok;
    }
    config = loadConfig(invocation, host);
    const { guest } = config.options;
    if (invocation.screenshot !== null && guest.driver === "replay" && guest.loop) {
      throw new ConfigError(['--screenshot waits for the end, which loop = "on" never has']);
    }
  } catch (error) {
    return refused(error);
  }
  if (invocation.task === "check") return check(invocation, config);
  const log = createLog({
    format: invocation.logFormat,
    level: invocation.logLevel,
    sink: (line) => console.error(line),
    now: () => new Date(),
  });
  for (const warning of config.warnings) log.warn("configuration", { warning });
  return await run(invocation, config.options, log);
}

/** What the program says of itself; null: that is not what was asked. */
async function tell({ task, account }: Invocation): Promise<string | null> {
  if (task === "help") return usage;
  if (task === "version") return version(manifest.version, stamp, Deno.version.deno);
  if (task === "hash-password") {
    return `user = "${account}:${await hashPassword(await askPassword(account!))}"\n`;
  }
  if (task === "make-token") {
    const { token, hash } = await makeToken();
    return `# shown once; programs send it as "Authorization: Bearer ${token}"\n` +
      `token = "${account}:${hash}"\n`;
  }
  if (task !== "licences") return null;
  return await Deno.readTextFile(new URL("./LICENSE", import.meta.url));
}

/** A line of standard input; a terminal does not show it. ConfigError: there is none. */
async function askPassword(account: string): Promise<string> {
  const shown = Deno.stdin.isTerminal();
  if (shown) Deno.stderr.writeSync(new TextEncoder().encode(`Password of ${account}: `));
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
  if (bytes.length === 0) throw new ConfigError(["--hash-password: the password is empty"]);
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** `--check`: what would run, and what it would be allowed. */
function check({ files, screenshot }: Invocation, { options, warnings }: LoadedConfig): number {
  for (const warning of warnings) console.error(`warning: ${warning}`);
  const table = permissionsOf(options, files, screenshot);
  say(describeOptions(options));
  say(`\n# permissions, and how long they are kept\n${describePermissions(table)}`);
  return ExitCode.ok;
}

async function run(
  { files, screenshot, logFormat }: Invocation,
  options: ApplianceOptions,
  log: Log,
): Promise<number> {
  const table = permissionsOf(options, files, screenshot);
  let picture: Deno.FsFile | null = null;
  try {
    picture = screenshot === null
      ? null
      : await Deno.open(screenshot, { write: true, create: true });
  } catch (error) {
    console.error(`--screenshot ${whyNot(screenshot ?? "", error)}`);
    return ExitCode.usage;
  }
  using _picture = picture;
  drop(superfluous(table, false));
  const stopped = Promise.withResolvers<void>();
  for (const signal of signals) Deno.addSignalListener(signal, stopped.resolve);
  let appliance: Appliance;
  try {
    appliance = await createAppliance(options, log);
  } catch (error) {
    return cannotStart(error, options, logFormat, log);
  }
  try {
    drop(superfluous(table, true));
    for (const address of appliance.addresses) {
      log.info("listening", { connect: `remote-viewer ${address}` });
    }
    if (appliance.console !== null) log.info("console", { browse: appliance.console });
    if (picture === null) {
      await Promise.race([appliance.finished, stopped.promise]);
    } else {
      await Promise.race([settled(options, appliance), stopped.promise]);
      const png = await appliance.screenshot(0);
      await picture.truncate();
      for (let at = 0; at < png.length;) at += await picture.write(png.subarray(at));
    }
    return ExitCode.ok;
  } catch (error) {
    log.error("failed", { reason: error });
    return ExitCode.failed;
  } finally {
    await appliance.close();
    log.info("stopped");
  }
}

/** Tells every mistake of a configuration; any other error is a fault of ours and goes on. */
function refused(error: unknown): number {
  if (!(error instanceof ConfigError)) throw error;
  for (const problem of error.problems) console.error(problem);
  return ExitCode.usage;
}

/** Errors of the start are ours and may have several lines, with the command that mends them: people get these as they are. */
function cannotStart(
  error: unknown,
  options: ApplianceOptions,
  format: LogFormat,
  log: Log,
): number {
  if (error instanceof ConfigError) return refused(error);
  const listening = isListenError(error);
  const at = listening ? clientAddresses(options).join(" ") : undefined;
  if (format === "json") log.error("cannot-start", { reason: error, at });
  else {
    const reason = error instanceof Error ? error.message : error;
    console.error(`cannot start${at === undefined ? "" : ` at ${at}`}: ${reason}`);
  }
  return listening ? ExitCode.cannotListen : ExitCode.failed;
}

/** Resolves when there is something to take a picture of. */
function settled({ guest }: ApplianceOptions, appliance: Appliance): Promise<unknown> {
  if (guest.driver === "replay") return appliance.guestDone;
  return new Promise((resolve) => setTimeout(resolve, liveScreenshotMs));
}

const signals: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

const host: ConfigHost = {
  readText(path) {
    try {
      return Deno.readTextFileSync(path);
    } catch (error) {
      throw new Error(whyNot(path, error));
    }
  },
  readable(path) {
    try {
      Deno.openSync(path).close();
      return true;
    } catch {
      return false;
    }
  },
  now: new Date(),
};

/** Gives permissions back to the runtime: a fault of ours can then not use them. */
function drop(names: readonly Deno.PermissionName[]): void {
  for (const name of names) Deno.permissions.revokeSync({ name } as Deno.PermissionDescriptor);
}

/** Deno's sockets and node:net's say it differently: at an address of another machine the latter says EINVAL. */
function isListenError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? `${error.code}` : "";
  return /^(EADDRINUSE|EADDRNOTAVAIL|EACCES|EINVAL|ENOTFOUND)$/.test(code) ||
    error.message.startsWith("failed to lookup address");
}

function whyNot(path: string, error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return `${path}: there is no such file`;
  if (error instanceof Deno.errors.PermissionDenied) return `${path}: may not be opened`;
  return `${path}: ${error instanceof Error ? error.message : error}`;
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

if (import.meta.main) Deno.exit(await main(Deno.args));
