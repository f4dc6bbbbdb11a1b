/** The executable in the open: crowds of every manner for minutes, and what ten cost who watch a picture that rests. */
import { assert, assertEquals } from "@std/assert";
import { recording } from "../kit/appliance.ts";
import { effort } from "../kit/effort.ts";
import { makeExecutable } from "../kit/executable.ts";
import { cpuSeconds, memory, tcpSockets } from "../kit/proc.ts";
import { freePorts, type Program, watchProgram } from "../kit/program.ts";
import { SpiceClient } from "../kit/spice_client.ts";
import { crowd } from "../kit/visits.ts";

const MiB = 1 << 20;
/** Visitors at any time, at each of the two: fifty. */
const EACH = 25;
/** Connections that a console's client may keep for its next request. */
const KEPT = 2;
/** Who watches what rests. */
const WATCHERS = 10;

const ignore = Deno.build.os !== "linux";
const folder = await Deno.makeTempDir();
let made: Promise<string> | null = null;
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const pause = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

/** The executable on a free port, and what it tells of itself. */
interface Running extends AsyncDisposable {
  readonly program: Program;
  readonly port: number;
  readonly pid: number;
  /** A value of its metrics, without labels or of display 0. */
  metric(name: string): Promise<number>;
  until(is: () => Promise<boolean>, what: string, seconds: number): Promise<void>;
}

async function start(guest: string): Promise<Running> {
  const executable = await (made ??= makeExecutable(folder));
  const [port, web] = freePorts(2);
  const config = `${folder}/${port}.cfg`;
  await Deno.writeTextFile(
    config,
    `[spice]
  port = "${port}"
  disable-ticketing = "on"
[limits]
  clients = "64"
[web]
  port = "${web}"
[guest]
${guest}`,
  );
  const command = new Deno.Command(executable, {
    args: ["--config", config, "--log-format", "json", "--log-level", "warn"],
    cwd: "/",
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
  const program = await watchProgram(command, () => Deno.remove(config), null);
  const metrics = async () => {
    const response = await fetch(`http://127.0.0.1:${web}/metrics`);
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    return await response.text();
  };
  let gone = false;
  program.child.status.then(() => gone = true);
  const until = async (is: () => Promise<boolean>, what: string, seconds: number) => {
    const end = performance.now() + seconds * 1000;
    while (!await is()) {
      if (gone) {
        throw new Error(`It ended: ${program.other.join("\n")} ${JSON.stringify(program.log)}`);
      }
      if (performance.now() > end) throw new Error(`After ${seconds} s it is not so that ${what}`);
      await pause(100);
    }
  };
  try {
    await until(() => metrics().then(() => true, () => false), "the console answers", 240);
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
  return {
    program,
    port,
    pid: program.child.pid,
    async metric(name) {
      const text = await metrics();
      const line = text.split("\n").find((line) =>
        /^[a-z_]+(\{display="0"\})? /.test(line) && line.match(/^[a-z_]+/)![0] === name
      );
      if (line === undefined) throw new Error(`No ${name} in ${text}`);
      return Number(line.split(" ")[1]);
    },
    until,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

const demo = `  driver = "demo"\n`;
const replay = (rest: string) => `  driver = "replay"\n  file = "${recording("office")}"\n${rest}`;

Deno.test({
  name:
    "fifty visitors at a time come, go, stall and lie at the executable's demo and its replay: memory stays flat, both guests go on, nothing failed",
  ignore,
  async fn() {
    await using desktop = await start(demo);
    await using film = await start(replay(`  loop = "on"\n`));
    const servers = [desktop, film];
    const sockets = servers.map(({ pid }) => tcpSockets(pid));
    const draws = () =>
      Promise.all(servers.map((server) => server.metric("spice_display_draws_total")));

    const curves: number[][] = servers.map(() => []);
    let over = false;
    const watching = (async () => {
      // forty looks, however long it lasts
      while (!over) {
        servers.forEach(({ pid }, i) => curves[i].push(memory(pid).anonymous));
        if (curves[0].length % 4 === 1) {
          console.log(`${curves.map((curve) => mib(curve.at(-1)!)).join(" and ")} MiB`);
        }
        await pause(effort.crowdSeconds * 25);
      }
    })();
    const done = await crowd(servers.map(({ port }) => port), {
      seconds: effort.crowdSeconds,
      each: EACH,
    });
    over = true;
    await watching;

    const many = Object.entries(done).map(([kind, n]) => `${kind} ${n}`).join(", ");
    console.log(`${effort.crowdSeconds} s, ${2 * EACH} at a time, let in: ${many}`);
    assert(done.looks > 0 && done.stalls > 0 && done.lies > 0, "hardly anybody was let in");
    const names = ["demo", "replay"];

    for (const [i, server] of servers.entries()) {
      await server.until(
        async () =>
          await server.metric("spice_clients") === 0 && tcpSockets(server.pid) <= sockets[i] + KEPT,
        "all have left, and their sockets are closed",
        90,
      );
      assertEquals(await server.metric("spice_display_borrowed_bytes"), 0);
      // at first code is compiled and buffers find their size
      const [early, late] = [quarter(curves[i], 1), quarter(curves[i], 3)];
      assert(late < early + 192 * MiB, `${names[i]}: ${mib(early)} MiB became ${mib(late)}`);
    }
    // both guests draw, and who means well sees it
    const before = await draws();
    await using looking = await SpiceClient.connect(desktop.port);
    await using watcher = await SpiceClient.connect(film.port);
    for (const [i, { viewer }] of [looking, watcher].entries()) {
      await servers[i].until(
        async () => viewer.marked && (await draws())[i] > before[i] + 5,
        "a guest draws, and its picture is there",
        60,
      );
    }
    for (const { picture } of [looking, watcher]) assert(new Set(picture.pixels).size > 100);
    assertEquals([looking.errors, watcher.errors], [[], []]);
    await Promise.all([looking.leave(), watcher.leave()]);
    for (const { program } of servers) await ended(program);
  },
});

Deno.test({
  name:
    "ten clients of the executable where nothing moves cost little, a desktop as a recording's end",
  ignore,
  async fn() {
    await using desktop = await start(demo);
    await using film = await start(replay(`  pace = "max"\n  after = "stay"\n`));
    const servers = [desktop, film];
    const clients = await Promise.all(servers.map(async ({ port }) => {
      const all: SpiceClient[] = [];
      while (all.length < WATCHERS) all.push(await SpiceClient.connect(port, { draws: false }));
      return all;
    }));
    const [{ main, inputs: { peer: { send } } }] = clients[0];
    main.peer.send.mouseModeRequest({ mode: 2 });
    await desktop.until(
      () => Promise.resolve(clients[0][0].mouseMode === 2),
      "the pointer goes where it is put",
      60,
    );
    // a click into the moving picture stops it
    send.mousePosition({ x: 800, y: 150, buttonsState: 0, displayId: 0 });
    send.mousePress({ button: "left", buttonsState: 1 });
    send.mouseRelease({ button: "left", buttonsState: 0 });
    for (const server of servers) {
      let last = NaN;
      await server.until(
        async () => {
          await pause(3000);
          const draws = await server.metric("spice_display_draws_total");
          const rests = draws - last <= 1; // the clock on its panel
          last = draws;
          return rests;
        },
        "the picture rests",
        120,
      );
    }
    await pause(5000); // net tests, and what was owed
    const before = servers.map(({ pid }) => cpuSeconds(pid));
    await pause(effort.restSeconds * 1000);
    for (const [i, { pid }] of servers.entries()) {
      const percent = (cpuSeconds(pid) - before[i]) / effort.restSeconds * 100;
      console.log(
        `${["demo", "replay"][i]}: ${WATCHERS} clients at rest cost ${
          percent.toFixed(2)
        } % of a core`,
      );
      // 1 % is meant; a busy machine's caches make everything dearer
      assert(percent < 4, `${percent} %`);
    }
    for (const all of clients) {
      assertEquals(all.flatMap(({ errors }) => errors), []);
      await Promise.all(all.map((client) => client.leave()));
    }
    for (const { program } of servers) await ended(program);
  },
});

/** It goes when it is told to, and nothing failed in it meanwhile. */
async function ended({ child, log, other }: Program): Promise<void> {
  child.kill("SIGTERM");
  const { code } = await child.status;
  const failed = log.filter(({ level, event }) => level === "error" && event !== "replay-done");
  assertEquals({ code, other, failed }, { code: 0, other: [], failed: [] });
}

/** The lowest of a curve's quarter, 0 to 3: what garbage collection leaves. */
function quarter(curve: readonly number[], which: number): number {
  const [from, to] = [which, which + 1].map((n) => Math.floor(n * curve.length / 4));
  return Math.min(...curve.slice(from, to));
}

const mib = (bytes: number) => (bytes / MiB).toFixed(0);
