/** A sound server of the test's own: no devices of the machine, no clients but the test's. */
import { eventually } from "./desk.ts";

export class Pulse implements AsyncDisposable {
  readonly folder: string;
  readonly #children: Deno.ChildProcess[] = [];
  readonly #env: Record<string, string>;

  private constructor(folder: string) {
    this.folder = folder;
    this.#env = {
      HOME: folder,
      XDG_RUNTIME_DIR: folder,
      PULSE_SERVER: `unix:${folder}/native`,
      PULSE_STATE_PATH: folder,
    };
  }

  /** PulseAudio. modules: as module-null-sink and its like are loaded; made of the folder that all of it is in. */
  static start(modules: (folder: string) => readonly string[]): Promise<Pulse> {
    return Pulse.#start((pulse, folder) => {
      const loads = [`module-native-protocol-unix auth-anonymous=1 socket=${folder}/native`]
        .concat(modules(folder)).flatMap((module) => ["--load", module]);
      pulse.#serve(
        ...["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"],
        ...["-F", "/dev/null", "--disable-shm=1", ...loads],
      );
    });
  }

  /** PipeWire, which speaks as PulseAudio does; its session manager wants a bus. */
  static startPipeWire(): Promise<Pulse> {
    return Pulse.#start(async (pulse, folder) => {
      const bus = pulse.#env.DBUS_SESSION_BUS_ADDRESS = `unix:path=${folder}/bus`;
      pulse.#env.PULSE_SERVER = `unix:${folder}/pulse/native`;
      pulse.#serve("dbus-daemon", "--session", "--nofork", "--nopidfile", `--address=${bus}`);
      await eventually(() => there(`${folder}/bus`), "the bus is there");
      pulse.#serve("pipewire");
      await eventually(() => there(`${folder}/pipewire-0`), "PipeWire is there");
      pulse.#serve("wireplumber");
      pulse.#serve("pipewire-pulse");
    });
  }

  static async #start(
    begin: (pulse: Pulse, folder: string) => void | Promise<void>,
  ): Promise<Pulse> {
    const pulse = new Pulse(await Deno.makeTempDir({ prefix: "pulse-" }));
    const answers = async () => (await pulse.#run("pactl", "info").output()).success;
    try {
      await begin(pulse, pulse.folder);
      await eventually(answers, "the sound server answers", 120);
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

  #serve(program: string, ...args: string[]): void {
    const stdio = { stdin: "null", stdout: "null", stderr: "null" } as const;
    this.#children.push(new Deno.Command(program, { args, env: this.#env, ...stdio }).spawn());
  }

  async [Symbol.asyncDispose]() {
    for (const child of this.#children.reverse()) {
      try {
        child.kill("SIGTERM");
      } catch { /* it ended by itself */ }
      await child.status;
    }
    await Deno.remove(this.folder, { recursive: true });
  }
}

const there = async (path: string) => await Deno.stat(path).then(() => true, () => false);

const RAW = ["--raw", "--format=s16le", "--rate=48000", "--channels=2"];
