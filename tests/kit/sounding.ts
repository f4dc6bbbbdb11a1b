/** The demo desktop with its loudspeaker and ear in reach, served on a port of this machine; and clients that listen. */
import { serveGuest } from "../../channels/serve.ts";
import { defaultOptions } from "../../core/config/options.ts";
import type { ApplianceOptions } from "../../core/config/options.ts";
import type { Guest } from "../../core/guest.ts";
import type { Demo } from "../../qxl/drivers/demo/demo.ts";
import { start } from "../../qxl/drivers/demo/host.ts";
import { FakeLog } from "./linked.ts";
import { clock } from "./clock.ts";

export interface Sounding extends AsyncDisposable {
  readonly demo: Demo;
  readonly port: number;
  readonly log: FakeLog;
  /** Clicks this button of the demo's Sound window. */
  click(button: "tone" | "chimes" | "microphone"): void;
}

/** What the buttons' middles are, in the window's content. */
const buttons = { tone: [58, 25], chimes: [158, 25], microphone: [58, 63] } as const;

/** guest: what is served instead of the demo itself, made of it. */
export async function serveSounds(
  changes: Partial<ApplianceOptions> = {},
  guest: (demo: Demo) => Guest = (demo) => demo,
): Promise<Sounding> {
  const demo = await start({ cards: [{ xres: 1024, yres: 768 }] }) as Demo;
  const log = new FakeLog();
  const options = {
    ...defaultOptions,
    listen: { ...defaultOptions.listen, port: 0 },
    ...changes,
  };
  const serving = await serveGuest(guest(demo), options, log, clock);
  await serving.ready;
  return {
    demo,
    port: Number(/:(\d+)$/.exec(serving.addresses[0])![1]),
    log,
    click(button) {
      const { left, top } = demo.desktops[0].scene.all.find(({ app }) => app.title === "Sound")!
        .content;
      const [x, y] = buttons[button];
      demo.pointer.position(left + x, top + y, 0, 0);
      demo.pointer.press("left", 1);
      demo.pointer.release("left", 0);
    },
    async [Symbol.asyncDispose]() {
      await serving.close();
      demo.close();
    },
  };
}

/** What the C client says. */
export interface Said {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A running spice-gtk client of the sound channels. */
export class SoundClient implements AsyncDisposable {
  said: readonly Said[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  readonly #file: string;

  constructor(program: string, port: number, hertz = 660) {
    this.#file = Deno.makeTempFileSync({ suffix: ".s16" });
    this.#child = new Deno.Command(program, {
      args: [`${port}`, this.#file, `${hertz}`, "1200"],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    let text = "";
    for await (const chunk of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (text + chunk).split("\n");
      text = lines.pop()!;
      this.said = [...this.said, ...lines.map((line) => JSON.parse(line))];
    }
  }

  has(event: string): boolean {
    return this.said.some((said) => said.event === event);
  }

  /** Takes what was said of it for unsaid. */
  forget(event: string): void {
    this.said = this.said.filter((said) => said.event !== event);
  }

  /** Samples that were heard so far. */
  async heard(): Promise<Int16Array> {
    const bytes = await Deno.readFile(this.#file);
    return new Int16Array(bytes.buffer, 0, bytes.length >> 1);
  }

  /** Ends the client and says what it heard in all. */
  async end(): Promise<Int16Array> {
    this.#child.kill("SIGUSR1");
    await this.#reading;
    await this.#child.status;
    return await this.heard();
  }

  async [Symbol.asyncDispose]() {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* it has ended */ }
    await this.#reading;
    await this.#child.status;
    await Deno.remove(this.#file);
  }
}
