/** A QEMU that knows nothing of SPICE: sockets in a folder of its own, and a serial line to its guest. */
import { initramfs, type InitramfsOptions, linuxFiles } from "./initramfs.ts";

export interface QemuGuestOptions {
  /** Further arguments, made of the folder that the sockets are in. */
  readonly args?: (folder: string) => readonly string[];
  /** What it boots; not said: the firmware finds nothing to boot. */
  readonly linux?: InitramfsOptions & {
    /** Put before the rest of the kernel's command line, whose console is the serial line. */
    readonly append?: string;
  };
  readonly memoryMiB?: number;
  /** The kind of machine: `pc` if not said. */
  readonly machine?: string;
}

/** The arguments for a socket that QEMU listens at. */
export const chardev = (folder: string, id: string): string[] => [
  "-chardev",
  `socket,id=${id},path=${folder}/${id}.sock,server=on,wait=off`,
];

/** One machine; `powerCycle` replaces it by a new one with the same sockets. */
export class QemuGuest implements AsyncDisposable {
  readonly folder: string;
  /** What its serial line has said since the machine was started. */
  serial = "";
  readonly #options: QemuGuestOptions;
  #child: Deno.ChildProcess | null = null;
  #reading: Promise<unknown> = Promise.resolve();
  #input: WritableStreamDefaultWriter<Uint8Array> | null = null;
  #changed = Promise.withResolvers<void>();
  #errors = "";

  private constructor(folder: string, options: QemuGuestOptions) {
    this.folder = folder;
    this.#options = options;
  }

  /** Starts it; resolves when QEMU runs, which is before the guest has booted. */
  static async start(options: QemuGuestOptions): Promise<QemuGuest> {
    const guest = await QemuGuest.prepare(options);
    guest.powerOn();
    return guest;
  }

  /** All but started. */
  static async prepare(options: QemuGuestOptions): Promise<QemuGuest> {
    const folder = await Deno.makeTempDir({ prefix: "qemu-" });
    if (options.linux) await Deno.writeFile(`${folder}/initrd`, initramfs(options.linux));
    return new QemuGuest(folder, options);
  }

  /** The path of a socket in its folder. */
  socket(id: string): string {
    return `${this.folder}/${id}.sock`;
  }

  /** Of QEMU's process, while it runs. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get running(): boolean {
    return this.#child !== null;
  }

  powerOn(): void {
    if (this.#child) throw new Error("The machine runs already");
    const { args, linux, memoryMiB = 256, machine = "pc" } = this.#options;
    const all = ["-M", `${machine},accel=tcg`, "-m", `${memoryMiB}`, "-display", "none"];
    all.push("-nodefaults", "-no-user-config", "-serial", "stdio");
    if (linux) {
      all.push("-kernel", linuxFiles()!.kernel, "-initrd", `${this.folder}/initrd`);
      const usual = "console=ttyS0 quiet mitigations=off random.trust_cpu=on panic=-1";
      all.push("-append", `${linux.append ?? ""} ${usual}`);
    }
    all.push(...args?.(this.folder) ?? []);
    const child = this.#child = new Deno.Command("qemu-system-x86_64", {
      args: all,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.serial = this.#errors = "";
    this.#input = child.stdin.getWriter();
    this.#reading = Promise.all([
      this.#read(child.stdout, (text) => this.serial += text),
      this.#read(child.stderr, (text) => this.#errors += text),
    ]).then(() => {
      if (this.#child === child) this.#child = null;
      this.#awake();
    });
  }

  /** As if the plug was pulled; resolves when it is gone. */
  async powerOff(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    try {
      child.kill("SIGKILL");
    } catch { /* it ended by itself */ }
    await child.status;
    await this.#input?.abort().catch(() => {});
    await this.#reading;
    this.#child = null;
  }

  async powerCycle(): Promise<void> {
    await this.powerOff();
    this.powerOn();
  }

  /** Waits until the serial line has said it; the match. from: characters of `serial` to pass over. */
  async says(what: RegExp | string, { seconds = 120, from = 0 } = {}): Promise<RegExpExecArray> {
    const wanted = typeof what === "string" ? new RegExp(RegExp.escape(what)) : what;
    const end = performance.now() + seconds * 1000;
    for (;;) {
      const match = wanted.exec(this.serial.slice(from));
      if (match) return match;
      const why = this.#child === null
        ? `QEMU ended: ${this.#errors}`
        : performance.now() > end
        ? `after ${seconds} s the guest has not said ${wanted}`
        : null;
      if (why !== null) throw new Error(`${why}\n${this.serial.slice(-2000)}`);
      let timer: ReturnType<typeof setTimeout> | undefined;
      await Promise.race([
        this.#changed.promise,
        new Promise((wake) => timer = setTimeout(wake, 500)),
      ]);
      clearTimeout(timer);
    }
  }

  /** Says bytes into the serial line. */
  async tell(text: string): Promise<void> {
    await this.#input?.write(new TextEncoder().encode(text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.powerOff();
    await Deno.remove(this.folder, { recursive: true }).catch(() => {});
  }

  async #read(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      take(decoder.decode(bytes, { stream: true }));
      this.#awake();
    }
  }

  #awake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
