/** A PulseAudio of the test's own: no devices of the machine, no clients but the test's. */
import { eventually } from "./desk.ts";

export class Pulse implements AsyncDisposable {
  readonly folder: string;
  readonly #child: Deno.ChildProcess;
  readonly #env: Record<string, string>;

  private constructor(folder: string, modules: readonly string[]) {
    this.folder = folder;
    this.#env = {
      HOME: folder,
      XDG_RUNTIME_DIR: folder,
      PULSE_SERVER: `unix:${folder}/native`,
      PULSE_STATE_PATH: folder,
    };
    const loads = [`module-native-protocol-unix auth-anonymous=1 socket=${folder}/native`]
      .concat(modules).flatMap((module) => ["--load", module]);
    this.#child = new Deno.Command("pulseaudio", {
      args: ["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "-F", "/dev/null"]
        .concat("--disable-shm=1", ...loads),
      env: this.#env,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** modules: as module-null-sink and its like are loaded; made of the folder that all of it is in. */
  static async start(modules: (folder: string) => readonly string[]): Promise<Pulse> {
    const folder = await Deno.makeTempDir({ prefix: "pulse-" });
    const pulse = new Pulse(folder, modules(folder));
    const answers = async () => (await pulse.#run("pactl", "info").output()).success;
    try {
      await eventually(answers, "PulseAudio answers", 120);
    } catch (error) {
      await pulse[Symbol.asyncDispose]();
      throw error;
    }
    return pulse;
  }

  /** Plays 48 kHz, two channels, to their end. */
  async play(samples: Int16Array, sink: string): Promise<void> {
    const file = `${this.folder}/played.s16`;
    await Deno.writeFile(file, new Uint8Array(samples.buffer.slice(0)));
    const { success } = await this.#run("paplay", ...RAW, "--device", sink, file).output();
    if (!success) throw new Error("paplay failed");
  }

  /** Runs `pactl` with these arguments, as `set-sink-volume out 50%`. */
  async control(...args: string[]): Promise<void> {
    const { success } = await this.#run("pactl", ...args).output();
    if (!success) throw new Error(`pactl ${args.join(" ")} failed`);
  }

  /** Records 48 kHz, two channels, until it is killed. */
  record(source: string): Deno.ChildProcess {
    return this.#run("parec", ...RAW, "--device", source);
  }

  #run(program: string, ...args: string[]): Deno.ChildProcess {
    const env = this.#env;
    return new Deno.Command(program, { args, env, stdout: "piped", stderr: "null" }).spawn();
  }

  async [Symbol.asyncDispose]() {
    try {
      this.#child.kill("SIGTERM");
    } catch { /* it ended by itself */ }
    await this.#child.status;
    await Deno.remove(this.folder, { recursive: true });
  }
}

const RAW = ["--raw", "--format=s16le", "--rate=48000", "--channels=2"];
