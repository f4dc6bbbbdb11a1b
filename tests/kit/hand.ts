/** libspice-client-glib without a window, told what to do (peer/hand.c). */
import { eventually } from "./desk.ts";
import { peer } from "./peers.ts";

/** null: it cannot be built here. */
export const handProgram = peer("hand");

/** What it says: `primary` (a display's new size), `mouse`, `agent`, `sent`, `channel`. */
// deno-lint-ignore no-explicit-any
export type HandEvent = { readonly event: string; readonly [field: string]: any };

export class Hand implements AsyncDisposable {
  readonly said: HandEvent[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;

  /** card: a folder of NSS, and the nicknames of the three certificates that a card of libcacard's has. */
  constructor(port: number, card: readonly string[] = []) {
    this.#child = new Deno.Command(handProgram!, {
      args: [`${port}`, ...card],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  async tell(...words: (string | number)[]): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${words.join(" ")}\n`));
  }

  /** Waits until it has said one such; all of them. */
  async says(
    what: (event: HandEvent) => boolean,
    why: string,
    seconds = 60,
  ): Promise<HandEvent[]> {
    await eventually(() => this.said.some(what), why, seconds).catch((error) => {
      throw new Error(`${error.message}: ${JSON.stringify(this.said)}`);
    });
    return this.said.filter(what);
  }

  async #read(): Promise<void> {
    let held = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (held + text).split("\n");
      held = lines.pop()!;
      for (const line of lines) this.said.push(JSON.parse(line));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {});
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await this.#child.status;
    clearTimeout(timer);
    await this.#reading;
  }
}
