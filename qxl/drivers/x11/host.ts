/** The door to X servers: one that is there, or an Xvfb of our own with a session in it. */
import type { Clock } from "../../../core/clock.ts";
import type { Guest } from "../../../core/guest.ts";
import type { CardOptions } from "../../device.ts";
import { Driver } from "../../driver.ts";
import { WatchedCard } from "../watched_card.ts";
import { COOKIE_NAME, readCookie, writeCookie } from "./cookie.ts";
import { FramebufferFile } from "./framebuffer_file.ts";
import { AskedPixels, type PixelSource } from "./pixel_source.ts";
// @ts-types="./x11.d.ts"
import x11 from "x11";
import type { XServer } from "./x11.d.ts";
import { X11Guest } from "./x11_guest.ts";
import { XDisplay } from "./x_display.ts";
import { XModes } from "./x_modes.ts";
import { XStream } from "./x_stream.ts";

export interface X11Options {
  readonly name?: string | null;
  readonly uuid?: Uint8Array | null;
  /** One card. */
  readonly cards: readonly CardOptions[];
  /** `:5`, `host:5`: an X server that is there; null: one of our own. */
  readonly display: string | null;
  /** What lets into it; null: nothing is needed. */
  readonly xauthority: string | null;
  /** What /bin/sh runs on our own X server; null: nothing, others may connect. */
  readonly command: string | null;
  /** Variables that the session does not get. */
  readonly withheld?: readonly string[];
  /** Of our own X server when it starts. */
  readonly width: number;
  readonly height: number;
  /** A folder that is not there yet, for what an X server of our own shares with us alone. */
  readonly folder: string;
  /** The number of an X server of our own. */
  readonly number: number;
  readonly log: (event: string, fields: Record<string, unknown>) => void;
}

const clock: Clock = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};
const sleep = (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms));

/** A server that is there answers in this time. */
const CONNECT_MS = 10_000;
const FIRST_WAIT_MS = 500, LONGEST_WAIT_MS = 15_000;
/** A session that lasted so long was well: the next one starts at once. */
const WELL_MS = 10_000;

/** Shows the X server, and the next one when it is gone. Rejects when an X server of our own cannot be started. */
export async function start(options: X11Options): Promise<Guest> {
  const [settings] = options.cards;
  const card = new WatchedCard({ ...settings, id: 0 });
  const servers = options.display === null ? await OwnServers.first(options) : null;
  let over = false;
  const guest = new X11Guest({ card, driver: new Driver(card) }, {
    name: options.name ?? options.display ?? options.command ?? "X11",
    uuid: options.uuid ?? undefined,
    clock,
    trouble: (error) => options.log("x11-trouble", { error }),
    control: servers,
    close() {
      over = true;
      servers?.close();
    },
  });
  (async () => {
    for (let wait = FIRST_WAIT_MS; !over;) {
      const began = clock.now();
      try {
        const { display, source } = servers ? await servers.open() : await openDisplay(options);
        try {
          await guest.show(display, source);
        } finally {
          display.close();
        }
        options.log("x11-gone", { display: options.display });
      } catch (error) {
        if (!over) options.log("x11-trouble", { display: options.display, error });
      }
      wait = clock.now() - began > WELL_MS ? FIRST_WAIT_MS : Math.min(wait * 2, LONGEST_WAIT_MS);
      if (!over) await (servers?.again(wait) ?? sleep(wait));
    }
  })();
  return guest;
}

/** An X server that somebody else runs. */
async function openDisplay({ display, xauthority }: X11Options) {
  const [, host, number] = display!.match(/^(?:unix)?([^:]*):(\d+)(?:\.\d+)?$/)!;
  const cookie = xauthority === null ? null : readCookie(await Deno.readFile(xauthority), number);
  const at = host === ""
    ? { path: `/tmp/.X11-unix/X${number}` }
    : { host, port: 6000 + Number(number) };
  const there = await connect(at, cookie);
  return { display: there, source: new AskedPixels(there) as PixelSource };
}

type Place = { path: string } | { host: string; port: number };

async function connect(at: Place, cookie: Uint8Array | null): Promise<XDisplay> {
  const conn = "path" in at
    ? await Deno.connect({ transport: "unix", path: at.path })
    : await Deno.connect({ hostname: at.host, port: at.port });
  // a key is a few bytes, and would wait for what was said before it to be acknowledged
  if ("setNoDelay" in conn) conn.setNoDelay(true);
  const stream = new XStream(conn);
  const data = cookie === null ? "" : String.fromCharCode(...cookie);
  const cancel = clock.after(CONNECT_MS, () => {
    stream.destroy(new Error(`The X server did not answer in ${CONNECT_MS / 1000} s`));
  });
  try {
    const server = await new Promise<XServer>((resolve, reject) =>
      x11.createClient(
        { display: ":0", stream, auth: { name: cookie ? COOKIE_NAME : "", data } },
        (error, server) => error ? reject(error) : resolve(server),
      )
    );
    return await XDisplay.of(server);
  } catch (error) {
    stream.destroy();
    throw error;
  } finally {
    cancel();
  }
}

/** Xvfbs that are ours, one after the other, each with its session. */
class OwnServers {
  readonly #options: X11Options;
  readonly #folder: string;
  readonly #size: string;
  #children: Deno.ChildProcess[] = [];
  #next: { number: string; cookie: Uint8Array } | null = null;
  #off = false;
  #wake: (() => void) | null = null;

  private constructor(options: X11Options) {
    this.#options = options;
    this.#folder = options.folder;
    const { vgamem = 16 << 20 } = options.cards[0];
    // as large as a client's window may ask for: RandR makes it smaller
    const [width, height] = [[3840, 2160], [2560, 1600], [1920, 1080], [1280, 800]]
      .find(([w, h]) => w * h * 4 <= vgamem) ?? [1024, 768];
    this.#size = `${Math.max(width, options.width)}x${Math.max(height, options.height)}x24`;
  }

  /** Rejects when there is no Xvfb, or it does not start. */
  static async first(options: X11Options): Promise<OwnServers> {
    await Deno.mkdir(options.folder, { mode: 0o700 });
    const servers = new OwnServers(options);
    try {
      servers.#next = await servers.#start();
    } catch (error) {
      servers.close();
      throw error;
    }
    return servers;
  }

  /** The next one, with its session. */
  async open() {
    const { number, cookie } = this.#next ?? await this.#start();
    this.#next = null;
    const display = await connect({ path: `/tmp/.X11-unix/X${number}` }, cookie);
    const { width, height } = this.#options;
    await new XModes(display).set({ width, height });
    const file = await Deno.open(`${this.#folder}/Xvfb_screen0`);
    display.gone.then(() => file.close());
    const source = new FramebufferFile({
      readAt(offset, bytes) {
        file.seekSync(offset, Deno.SeekMode.Start);
        return file.readSync(bytes) ?? 0;
      },
    });
    this.#session(number, display);
    return { display, source };
  }

  /** Resolves when the next one is to be started: after so long, or when somebody presses the button. */
  async again(waitMs: number): Promise<void> {
    this.#end();
    if (!this.#off) return await sleep(waitMs);
    await new Promise<void>((wake) => this.#wake = wake);
  }

  powerDown(): Promise<void> {
    this.#off = true;
    this.#end();
    return Promise.resolve();
  }

  reset(): Promise<void> {
    this.#off = false;
    this.#end();
    this.#wake?.();
    return Promise.resolve();
  }

  close(): void {
    this.#end();
    this.#wake?.();
    Deno.removeSync(this.#folder, { recursive: true });
  }

  #end(): void {
    for (const child of this.#children.splice(0)) {
      try {
        child.kill("SIGTERM");
      } catch { /* it has ended */ }
    }
  }

  async #start(): Promise<{ number: string; cookie: Uint8Array }> {
    const cookie = crypto.getRandomValues(new Uint8Array(16));
    const auth = `${this.#folder}/Xauthority`;
    await Deno.writeFile(auth, writeCookie("", cookie), { mode: 0o600 });
    let child: Deno.ChildProcess;
    try {
      child = new Deno.Command("Xvfb", {
        args: [
          ...[
            `:${this.#options.number}`,
            "-displayfd",
            "1",
            "-screen",
            "0",
            this.#size,
            "-fbdir",
            this.#folder,
          ],
          ...["-auth", auth, "-nolisten", "tcp", "-noreset"],
        ],
        stdin: "null",
        stdout: "piped",
        stderr: "null",
      }).spawn();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new Error(`driver = "x11" needs Xvfb, and it is not installed (Debian: xvfb)`);
    }
    this.#children.push(child);
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    while (!said.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error("Xvfb ended before it said which display it is");
      said += value;
    }
    await reader.cancel();
    return { number: said.trim(), cookie };
  }

  #session(number: string, display: XDisplay): void {
    const env = { DISPLAY: `:${number}`, XAUTHORITY: `${this.#folder}/Xauthority` };
    const { command, withheld = [], log } = this.#options;
    log("x11-display", env);
    if (command === null) return;
    const unset = withheld.flatMap((name) => ["-u", name]);
    const child = new Deno.Command("/bin/sh", {
      // what it gets otherwise is what was there when we were started, as a session has it
      // the shell's own unset ends it at a name that is none of its variables', such as one with a hyphen
      args: ["-c", 'exec env "$@"', "session", ...unset, "/bin/sh", "-c", command],
      env,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.#children.push(child);
    child.status.then(({ code }) => {
      log("x11-session-ended", { command, code });
      display.close();
    });
  }
}
