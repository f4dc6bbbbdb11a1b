import type { Picture } from "./png.ts";
import { decodePpm } from "./ppm.ts";
import { run } from "./peers.ts";

/** A spice-gtk client (peer/shot.c) that can be stopped in the middle of everything, and goes on later. */
export class PausedShot implements AsyncDisposable {
  #ended = false;

  private constructor(readonly child: Deno.ChildProcess, readonly file: string) {
    child.status.then(() => this.#ended = true);
  }

  static start(program: string, port: number): PausedShot {
    const file = Deno.makeTempFileSync({ suffix: ".ppm" });
    // it must not decide by itself when it has seen enough: it cannot tell a pause from the end
    const args = [String(port), file, "100000000", "100000"];
    return new PausedShot(
      new Deno.Command(program, { args, stdout: "null", stderr: "null" }).spawn(),
      file,
    );
  }

  stop(): void {
    this.child.kill("SIGSTOP");
  }

  goOn(): void {
    this.child.kill("SIGCONT");
  }

  /** What it shows when it has had nothing to do for a while. */
  async picture(): Promise<Picture> {
    for (let before = -1, now = await this.#ticks(); now !== before;) {
      before = now;
      await new Promise((wake) => setTimeout(wake, 500));
      now = await this.#ticks();
    }
    this.child.kill("SIGUSR1");
    await this.child.status;
    return decodePpm(await Deno.readFile(this.file));
  }

  /** proc(5): hundredths of a second that it has worked. */
  async #ticks(): Promise<number> {
    const { out } = await run("cat", [`/proc/${this.child.pid}/stat`]);
    const fields = out.replace(/^.*\) /, "").split(" ");
    return Number(fields[11]) + Number(fields[12]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.child.kill("SIGKILL");
    await this.child.status;
    await Deno.remove(this.file);
  }
}
