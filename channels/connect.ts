/**
 * The door of `connect`, the client's side of tunnels, in two halves: one talks to the person, the
 * other carries, and may reach what the person named and nothing else.
 */
import { ExitCode } from "../core/config/command_line.ts";
import {
  type AllowedTunnel,
  type ConnectInvocation,
  connectUsage,
  consentText,
  readConnect,
} from "../core/config/connect.ts";
import { address } from "../core/config/permissions.ts";
import { ConfigError } from "../core/config/problems.ts";
import { createLog, type Log } from "../core/log.ts";
import { hostWith } from "./files.ts";
import { dropAllRights, modules, spawn } from "./spawn.ts";
import { agrees, askSecret, logAtTerminal, onStop, refused, say } from "./terminal.ts";

/** From the half that asks the person to the half that carries, and back. */
interface Errand {
  readonly invocation: ConnectInvocation;
  readonly password: string;
  readonly ca: string | null;
  readonly nativeTls: boolean;
}
/** What carryTunnels is called with. */
type CarryErrand = ConnectInvocation & Omit<Errand, "invocation"> & {
  readonly consent: (tunnel: AllowedTunnel) => Promise<boolean>;
};

type CarryOrder = { readonly carry: Errand } | { readonly agreed: boolean };
type CarryNews = { readonly loaded: true } | { readonly ask: AllowedTunnel } | {
  readonly exit: number;
};

/**
 * The half that asks; returns the exit code. What carries may reach the server and the targets, and
 * nothing else: `program` in a worker of this `name`, which is to call `attendCarrying`.
 */
export async function connect(
  args: readonly string[],
  program: URL,
  name: string,
): Promise<number> {
  let errand: Errand;
  try {
    const invocation = readConnect(args);
    if (invocation === null) {
      say(connectUsage);
      return ExitCode.ok;
    }
    const secrets = await secretsOf(invocation);
    errand = { invocation, ...secrets, nativeTls: believesOnly(secrets.ca) };
  } catch (error) {
    return refused(error);
  }
  const { host, port, tunnels, yes } = errand.invocation;
  const server = address(host, port);
  const net = [server, ...tunnels.map(({ host, port }) => address(host, port))];
  const grants = { net, read: [modules.pathname], write: [], sys: [], run: [] };
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  const carrying = spawn(program, grants, name);
  const order = (order: CarryOrder) => carrying.post(order);
  carrying.onMessage = async (message) => {
    const news = message as CarryNews;
    if ("exit" in news) return resolve(news.exit);
    if ("loaded" in news) {
      // INVARIANT: from here on this half only talks to the person
      dropAllRights();
      return order({ carry: errand });
    }
    order({ agreed: yes || await agrees(consentText(server, news.ask)) });
  };
  carrying.onLost = (reason) => {
    console.error(`connect failed: ${reason}`);
    resolve(ExitCode.failed);
  };
  onStop(() => resolve(ExitCode.ok));
  const code = await ended;
  carrying.close();
  return code;
}

/**
 * Has Deno's own TLS believe the system's authorities when none are given, and otherwise nobody besides
 * those that are. false: it has others already.
 */
function believesOnly(ca: string | null): boolean {
  // what the person names there is believed besides
  const besides = ["DENO_CERT", "NODE_EXTRA_CA_CERTS"];
  if (besides.some((name) => Deno.env.get(name) !== undefined)) return false;
  // SPEC: Deno fills its store once, when TLS is first needed, which may have been for the program's own
  // packages; a store that it does not know is refused at that moment, and only then
  Deno.env.set("DENO_TLS_CA_STORE", "undecided");
  try {
    Deno.createHttpClient({}).close();
    return false;
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('"undecided"')) throw error;
  }
  Deno.env.set("DENO_TLS_CA_STORE", ca === null ? "system" : "");
  return true;
}

/** The password and the authority, out of where the person says they are. */
async function secretsOf({ passwordFile, caFile, host }: ConnectInvocation) {
  const { readText } = hostWith(() => undefined);
  const read = (path: string) => {
    try {
      return readText(path);
    } catch (error) {
      throw new ConfigError([error instanceof Error ? error.message : `${error}`]);
    }
  };
  const ca = caFile === null ? null : read(caFile);
  if (passwordFile !== null) return { ca, password: read(passwordFile).split(/\r?\n/)[0] };
  const variable = Deno.env.get("SPICE_PASSWORD");
  if (variable !== undefined || !Deno.stdin.isTerminal()) return { ca, password: variable ?? "" };
  return { ca, password: await askSecret(`SPICE password of ${host} (none: just Enter): `) };
}

/** The half that carries: asks the other one whether it shall, and tells how it ended. carryTunnels: mod.ts's. */
export function attendCarrying(
  carryTunnels: (options: CarryErrand, log: Log) => Promise<void>,
): void {
  const scope = globalThis as unknown as {
    onmessage: (event: MessageEvent<CarryOrder>) => void;
    postMessage(news: CarryNews): void;
  };
  let answered = (_: boolean) => {};
  scope.onmessage = async ({ data: order }) => {
    if ("agreed" in order) return answered(order.agreed);
    const { invocation, ...secrets } = order.carry;
    const log = createLog(logAtTerminal(invocation.logFormat, "info"));
    const consent = (tunnel: AllowedTunnel) =>
      new Promise<boolean>((resolve) => {
        answered = resolve;
        scope.postMessage({ ask: tunnel });
      });
    try {
      await carryTunnels({ ...invocation, ...secrets, consent }, log);
      log.info("server-ended-session");
      scope.postMessage({ exit: ExitCode.ok });
    } catch (error) {
      log.error("cannot-carry", { reason: error instanceof Error ? error.message : error });
      scope.postMessage({ exit: ExitCode.failed });
    }
  };
  scope.postMessage({ loaded: true });
}
