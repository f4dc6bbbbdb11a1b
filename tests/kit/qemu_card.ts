import { TextLineStream } from "./text_lines.ts";

const SLOT = 5;
const encoder = new TextEncoder();

/** Firmware that does nothing: at the reset vector cli; hlt; jmp back. */
const FIRMWARE = new Uint8Array(65536);
FIRMWARE.set([0xfa, 0xf4, 0xeb, 0xfd], 0xfff0);

/** A QXL card in a QEMU whose CPU sleeps: its bus is ours, over the qtest protocol. */
export class QemuCard implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #dir: string;

  private constructor(child: Deno.ChildProcess, dir: string) {
    this.#child = child;
    this.#dir = dir;
    this.#lines = child.stdout.pipeThrough(new TextLineStream())[Symbol.asyncIterator]();
    this.#input = child.stdin.getWriter();
  }

  /** device: as QEMU's -device has it, without its place. */
  static async start(device: string): Promise<QemuCard> {
    const dir = await Deno.makeTempDir();
    await Deno.writeFile(`${dir}/firmware`, FIRMWARE);
    const args = ["-M", "pc,accel=tcg", "-m", "64", "-nodefaults", "-display", "none"];
    args.push("-bios", `${dir}/firmware`);
    args.push("-device", `${device},addr=${SLOT}`, "-qtest", "stdio", "-qtest-log", "none");
    args.push("-spice", `unix=on,addr=${dir}/spice,disable-ticketing=on`);
    const child = new Deno.Command("qemu-system-x86_64", {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    return new QemuCard(child, dir);
  }

  async #say(command: string): Promise<string> {
    await this.#input.write(encoder.encode(`${command}\n`));
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`QEMU ended at "${command}"`);
      if (value.startsWith("IRQ ")) continue;
      if (!value.startsWith("OK")) throw new Error(`QEMU answers "${value}" to "${command}"`);
      return value.slice(3);
    }
  }

  async readConfig(at: number): Promise<number> {
    await this.#say(`outl 0xcf8 ${0x80000000 + (SLOT << 11) + at}`);
    return Number(await this.#say("inl 0xcfc"));
  }

  async writeConfig(at: number, value: number): Promise<void> {
    await this.#say(`outl 0xcf8 ${0x80000000 + (SLOT << 11) + at}`);
    await this.#say(`outl 0xcfc ${value}`);
  }

  async writePort(port: number, value: number): Promise<void> {
    await this.#say(`outb ${port} ${value}`);
  }

  async read(address: number, size: number): Promise<Uint8Array> {
    return Uint8Array.fromBase64(await this.#say(`b64read ${address} ${size}`));
  }

  async write(address: number, bytes: Uint8Array): Promise<void> {
    await this.#say(`b64write ${address} ${bytes.length} ${bytes.slice().toBase64()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#input.abort().catch(() => {});
    while (!(await this.#lines.next()).done);
    await this.#child.status;
    await Deno.remove(this.#dir, { recursive: true });
  }
}
