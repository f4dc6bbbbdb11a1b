/**
 * The program: argv → options → serve → exit code. What the options mean is in core/config, what they
 * make in mod.ts. It has two halves: the first reads the configuration, starts the second with what
 * that names and nothing else, and gives up all rights of its own; the second, this module again in a
 * worker, serves.
 */
import { attendCarrying, connect } from "./channels/connect.ts";
import { hostWith, withAudit } from "./channels/files.ts";
import { restarting } from "./channels/restarts.ts";
import {
  dropAllRights,
  type FarHelper,
  type Helper,
  helperAt,
  sources,
  spawn,
  spawnCoding,
} from "./channels/spawn.ts";
import { askSecret, logAtTerminal, onStop, refused, say } from "./channels/terminal.ts";
import { ExitCode, type Invocation, readCommandLine, usage } from "./core/config/command_line.ts";
import { clientAddresses, describeOptions, describePermissions } from "./core/config/describe.ts";
import { loadConfig, type LoadedConfig } from "./core/config/load.ts";
import type { ApplianceOptions } from "./core/config/options.ts";
import { completions, keysIn, manual } from "./core/config/manual.ts";
import { permissionsOf, spent, targetsOf } from "./core/config/permissions.ts";
import { ConfigError } from "./core/config/problems.ts";
import { isListenError, whyNot } from "./core/config/reasons.ts";
import { stamp, version } from "./core/config/stamp.ts";
import { createLog, type Log, type LogFormat } from "./core/log.ts";
import type { Appliance } from "./mod.ts";
import manifest from "./deno.json" with { type: "json" };

/** What the worker is called that serves. */
const SERVING = "serving";
/** And what that is called that carries tunnels for a server. */
const CARRYING = "carrying";
/** How long a live guest draws before its picture is taken. */
const liveScreenshotMs = 2000;

/** From the first half to the second. coding: where the worker is that runs ffmpeg. */
type Order =
  | { readonly start: Start; readonly coding: MessagePort | null }
  /** coding: where another one is; null: it could not be started. */
  | { readonly codingLost: string; readonly coding: MessagePort | null }
  | "stop"
  | "reload";
/** From the second half to the first. started: everything is open. */
type News = { readonly started: true } | { readonly exit: number };

interface Start {
  readonly invocation: Invocation;
  readonly config: LoadedConfig;
}

/** Runs the program and returns its exit code. */
async function main(args: readonly string[]): Promise<number> {
  if (args[0] === "connect") {
    return await connect(args.slice(1), new URL(import.meta.url), CARRYING);
  }
  let invocation: Invocation;
  let config: LoadedConfig;
  try {
    invocation = readCommandLine(args);
    const told = await tell(invocation);
    if (told !== null) {
      say(told);
      return ExitCode.ok;
    }
    config = loadConfig(invocation, hostWith((name) => Deno.env.get(name)));
    const { guest } = config.options;
    if (invocation.screenshot !== null && guest.driver === "replay" && guest.loop) {
      throw new ConfigError(['--screenshot waits for the end, which loop = "on" never has']);
    }
  } catch (error) {
    return refused(error);
  }
  return invocation.task === "check"
    ? check(invocation, config)
    : await oversee({ invocation, config });
}

/** What the program says of itself; null: that is not what was asked. */
async function tell({ task, account, shell }: Invocation): Promise<string | null> {
  if (task === "help") return usage;
  if (task === "version") return version(manifest.version, stamp, Deno.version.deno);
  if (task === "man") return manual(`spice-appliance ${manifest.version}`);
  if (task === "completions") return completions(shell!);
  if (task === "hash-password") {
    const { hashPassword } = await import("./core/link/hashed.ts");
    return `user = "${account}:${await hashPassword(await askPassword(account!))}"\n`;
  }
  if (task === "make-token") {
    const { makeToken } = await import("./core/link/hashed.ts");
    const { token, hash } = await makeToken();
    return `# shown once; programs send it as "Authorization: Bearer ${token}"\n` +
      `token = "${account}:${hash}"\n`;
  }
  const text = (name: string) => Deno.readTextFile(new URL(name, import.meta.url));
  if (task === "keys") return keysIn(await text("./README.md"));
  return task === "licences" ? await text("./LICENSE") : null;
}

/** ConfigError: there is none. */
async function askPassword(account: string): Promise<string> {
  const password = await askSecret(`Password of ${account}: `);
  if (password === "") throw new ConfigError(["--hash-password: the password is empty"]);
  return password;
}

/** `--check`: what would run, and what it would be allowed. */
function check(invocation: Invocation, config: LoadedConfig): number {
  for (const warning of config.warnings) console.error(`warning: ${warning}`);
  say(describeOptions(config.options));
  const table = tableOf({ invocation, config });
  say(`\n# permissions, and how long they are kept\n${describePermissions(table)}`);
  return ExitCode.ok;
}

/** Starts the half that serves, and passes signals on to it until it ends. */
async function oversee(start: Start): Promise<number> {
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  const table = tableOf(start);
  const serving = spawn(new URL(import.meta.url), targetsOf(table, sources), SERVING);
  const order = (order: Order, transfer: Transferable[] = []) => serving.post(order, transfer);
  serving.onMessage = (message) => {
    const news = message as News;
    if ("exit" in news) resolve(news.exit);
    // INVARIANT: from here on nobody here may do anything that the configuration does not name
    else dropAllRights();
  };
  serving.onLost = (reason) => {
    logOf(start.invocation).error("failed", { reason });
    resolve(ExitCode.failed);
  };
  let stopping = false;
  const stop = () => {
    // who asks twice does not want to wait
    if (stopping) resolve(ExitCode.ok);
    stopping = true;
    order("stop");
  };
  onStop(stop);
  if (Deno.build.os !== "windows") {
    // a terminal that is closed says the same
    Deno.addSignalListener("SIGHUP", () => Deno.stdin.isTerminal() ? stop() : order("reload"));
  }
  const handOver = (coding: Helper): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    coding.post({ port: port2 }, [port2]);
    return port1;
  };
  const coding = table.some(({ by }) => by === "coding") ? restarting(spawnCoding) : null;
  if (coding !== null) {
    coding.onLost = (codingLost, again) => {
      const port = again ? handOver(coding) : null;
      order({ codingLost, coding: port }, port ? [port] : []);
    };
  }
  const port = coding && handOver(coding);
  order({ start, coding: port }, port ? [port] : []);
  const code = await ended;
  serving.close();
  coding?.close();
  return code;
}

/** The half that serves: does what it is told, and tells how it went. */
function attend(): void {
  const scope = globalThis as unknown as {
    onmessage: (event: MessageEvent<Order>) => void;
    postMessage(news: News): void;
  };
  const stopped = Promise.withResolvers<void>();
  const orders: Orders = { stopped: stopped.promise, reload: () => {}, coding: null };
  scope.onmessage = async ({ data: order }) => {
    if (order === "stop") stopped.resolve();
    else if (order === "reload") orders.reload();
    else if ("codingLost" in order) orders.coding?.lost(order.codingLost, order.coding);
    else {
      orders.coding = order.coding && helperAt(order.coding);
      const started = () => scope.postMessage({ started: true });
      scope.postMessage({ exit: await serve(order.start, orders, started) });
    }
  };
}

/** What may be asked of the half that serves while it does. */
interface Orders {
  readonly stopped: Promise<void>;
  reload: () => void;
  /** The worker that runs ffmpeg, if the configuration wants it. */
  coding: FarHelper | null;
}

async function serve(
  start: Start,
  orders: Orders,
  started: () => void,
): Promise<number> {
  const { invocation, config: { options, warnings } } = start;
  const { screenshot, auditLog, logFormat, logLevel } = invocation;
  const told = logAtTerminal(logFormat, logLevel ?? options.log.level ?? "info");
  let log: Log;
  try {
    log = createLog(told);
    if (auditLog !== null) log = withAudit(log, auditLog);
  } catch (error) {
    console.error(`--audit-log ${whyNot(auditLog ?? "", error)}`);
    return ExitCode.usage;
  }
  for (const warning of warnings) log.warn("configuration", { warning });
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
  let appliance: Appliance;
  try {
    const { createAppliance } = await import("./mod.ts");
    appliance = await createAppliance(options, log, orders.coding);
  } catch (error) {
    return cannotStart(error, options, logFormat, log);
  }
  try {
    dropSpent(start);
    started();
    orders.reload = () => {
      const next = reload(start, appliance, log);
      if (next) told.level = logLevel ?? next.log.level ?? "info";
    };
    for (const address of appliance.addresses) {
      log.info("listening", { connect: `remote-viewer ${address}` });
    }
    if (appliance.console !== null) log.info("console", { browse: appliance.console });
    if (picture === null) {
      await Promise.race([appliance.finished, orders.stopped]);
    } else {
      await Promise.race([settled(options, appliance), orders.stopped]);
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

/** Reads the configuration again; one that is wrong changes nothing. */
function reload(
  { invocation, config: { variables } }: Start,
  appliance: Appliance,
  log: Log,
): ApplianceOptions | null {
  try {
    const { options, warnings } = loadConfig(invocation, hostWith((name) => variables[name]));
    for (const warning of warnings) log.warn("configuration", { warning });
    appliance.reload(options);
    return options;
  } catch (error) {
    // a fault of ours must not cost those who are connected
    if (!(error instanceof ConfigError)) log.error("reload-failed", { reason: error });
    else for (const problem of error.problems) log.error("reload-refused", { problem });
    return null;
  }
}

/** Gives back what was needed for the start: a fault of ours can then not use it. */
function dropSpent(start: Start): void {
  const { net, read, write, sys } = spent(tableOf(start), sources);
  const drop = (descriptor: Deno.PermissionDescriptor) => Deno.permissions.revokeSync(descriptor);
  for (const host of net) drop({ name: "net", host });
  for (const path of read) drop({ name: "read", path });
  for (const path of write) drop({ name: "write", path });
  for (const kind of sys) drop({ name: "sys", kind: kind as Deno.SysPermissionDescriptor["kind"] });
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

function tableOf({ invocation, config }: Start) {
  return permissionsOf(config.options, config.files, invocation.screenshot, invocation.auditLog);
}

function logOf({ logFormat, logLevel }: Pick<Invocation, "logFormat" | "logLevel">): Log {
  return createLog(logAtTerminal(logFormat, logLevel ?? "info"));
}

const { name: role } = globalThis as { name?: string };
if (role === SERVING) attend();
else if (role === CARRYING) attendCarrying((await import("./mod.ts")).carryTunnels);
else if (import.meta.main) Deno.exit(await main(Deno.args));
