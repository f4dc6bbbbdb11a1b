/**
 * An appliance in a process of its own, so that what it costs can be measured: memory, descriptors
 * and processor time are its own and not the test's. The child's half is apart_server.ts.
 */
import type { ApplianceOptions } from "../../mod.ts";

/** What such an appliance holds; bytes unless said otherwise. */
export interface Look {
  /** Clients that are connected. */
  readonly clients: number;
  /** Guest memory that display queues borrow. */
  readonly borrowed: number;
  /** What waits in the fullest outbox of a channel, and in all of them. */
  readonly fullest: number;
  readonly waiting: number;
  /** Memory of the process after a garbage collection. */
  readonly resident: number;
  /** Objects, and the bytes of buffers, that live after it. */
  readonly heap: number;
  /** Open TCP sockets; the runtime opens and closes other descriptors as it likes, one for each thread. */
  readonly sockets: number;
  /** Processor time since the start, in seconds. */
  readonly cpu: number;
  /** The latest serial of each display channel, by connection id. */
  readonly serials: Readonly<Record<string, string>>;
  /** Everybody was sent everything. */
  readonly drained: boolean;
  /** Drawings that the guest has made. */
  readonly draws: number;
  /** The replay's report, once it is there. */
  readonly report: { readonly seconds: number; readonly draws: number } | null;
  /** Lines of the log that tell of failures of ours. */
  readonly failures: readonly string[];
}

/** What differs from the default, as JSON can say it. */
export type ApartOptions = Partial<
  Pick<ApplianceOptions, "guest" | "images" | "tickets" | "listen">
>;

/** Starts the appliance on a free port of this machine. */
export async function startApart(options: ApartOptions = {}): Promise<Apart> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--v8-flags=--expose-gc",
      new URL("./apart_server.ts", import.meta.url).pathname,
      JSON.stringify(options),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines = readLines(child.stdout);
  const errors = new Response(child.stderr).text();
  const { value } = await lines.next();
  if (value === undefined) throw new Error(`The appliance did not start: ${await errors}`);
  return new Apart(child, lines, errors, Number(value));
}

export class Apart implements AsyncDisposable {
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    readonly child: Deno.ChildProcess,
    readonly lines: AsyncGenerator<string>,
    readonly errors: Promise<string>,
    readonly port: number,
  ) {
    this.#input = child.stdin.getWriter();
  }

  /** collect: garbage first, so that memory says what is really held. */
  look(collect = false): Promise<Look> {
    return this.#ask(collect ? "collect" : "look");
  }

  #ask(word: string): Promise<Look> {
    const answer = this.#turn.then(async () => {
      await this.#input.write(new TextEncoder().encode(`${word}\n`));
      const { value } = await this.lines.next();
      if (value === undefined) throw new Error(`The appliance died: ${await this.errors}`);
      return JSON.parse(value) as Look;
    });
    this.#turn = answer.catch(() => {});
    return answer;
  }

  /** Looks until something is so. */
  async until(is: (look: Look) => boolean, what: string, seconds = 60): Promise<Look> {
    const end = performance.now() + seconds * 1000;
    for (;;) {
      const look = await this.look();
      if (is(look)) return look;
      if (performance.now() > end) {
        throw new Error(`After ${seconds} s it is not so that ${what}: ${JSON.stringify(look)}`);
      }
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }

  /** Ends it; rejects with what it said when it had died before, or complained. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn;
    await this.#input.close().catch(() => {});
    const { code } = await this.child.status;
    const said = await this.errors;
    if (code !== 0 || said !== "") throw new Error(`The appliance ended with ${code}: ${said}`);
  }
}

async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream() as never)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
