/** An X display that nobody sees, for programs with windows. */

import type { Picture } from "./png.ts";
import { decodePpm } from "./ppm.ts";

/** Xvfb on a number of its own, with a mouse and keys that can be moved from here. */
export class Desk implements AsyncDisposable {
  readonly #children: Deno.ChildProcess[] = [];

  private constructor(readonly display: string, readonly server: Deno.ChildProcess) {}

  static open(size = "1280x1024"): Promise<Desk> {
    return Desk.of("Xvfb", "-screen", "0", `${size}x24`, "-nolisten", "tcp");
  }

  /** Of another X server, which takes -displayfd. */
  static async of(program: string, ...args: string[]): Promise<Desk> {
    const server = new Deno.Command(program, {
      args: ["-displayfd", "1", ...args],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = server.stdout.getReader();
    let said = "";
    while (!said.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`${program} ended before it said its number`);
      said += new TextDecoder().decode(value);
    }
    await reader.cancel();
    return new Desk(`:${said.trim()}`, server);
  }

  /** Starts a program with its windows here; it is killed with the desk. */
  start(program: string, ...args: string[]): Deno.ChildProcess {
    const child = new Deno.Command(program, {
      args,
      env: this.#env,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.#children.push(child);
    return child;
  }

  /** Runs a program with this display; comes back with what it says. */
  async run(program: string, ...args: string[]): Promise<string> {
    const { stdout } = await new Deno.Command(program, { args, env: this.#env }).output();
    return new TextDecoder().decode(stdout);
  }

  /** Runs xdotool; comes back with what it says. */
  async hand(...args: string[]): Promise<string> {
    const { stdout } = await new Deno.Command("xdotool", { args, env: this.#env }).output();
    return new TextDecoder().decode(stdout);
  }

  /** The visible windows whose title has this. */
  async windows(title: string): Promise<string[]> {
    const found = await this.hand("search", "--onlyvisible", "--name", title);
    return found.split("\n").filter((id) => id !== "");
  }

  /** How many colours the screen shows. */
  async colours(): Promise<number> {
    const { stdout } = await new Deno.Command("import", {
      args: ["-window", "root", "-format", "%k", "info:-"],
      env: this.#env,
    }).output();
    return Number(new TextDecoder().decode(stdout));
  }

  /** What the screen shows, without the pointer. */
  async picture(): Promise<Picture> {
    const { stdout } = await new Deno.Command("import", {
      args: ["-window", "root", "-depth", "8", "ppm:-"],
      env: this.#env,
    }).output();
    return decodePpm(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [...this.#children, this.server]) {
      try {
        child.kill("SIGKILL");
      } catch { /* it ended by itself */ }
      await child.status;
    }
  }

  get #env(): Record<string, string> {
    // a settings daemon would outlive the test, and sound is not ours
    return { DISPLAY: this.display, GSETTINGS_BACKEND: "memory", NO_AT_BRIDGE: "1" };
  }
}

/** Waits for something that other programs bring about. */
export async function eventually(
  is: () => boolean | Promise<boolean>,
  what: string,
  seconds = 30,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!await is()) {
    if (performance.now() > end) throw new Error(`After ${seconds} s it is not so that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
