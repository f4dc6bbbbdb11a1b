/**
 * The guest's side of a shared folder, as spice-webdavd has it: programs connect to a port of this
 * machine, and their bytes go in frames through the socket of `org.spice-space.webdav.0`.
 */
import { frame, FrameReader, MOST_FRAME_BYTES } from "../../web/client/dav/frames.ts";

export class WebdavGuest implements AsyncDisposable {
  readonly #machine: Deno.UnixListener;
  readonly #programs: Deno.TcpListener;
  readonly #all = new Map<bigint, Deno.Conn>();
  #stream: Deno.Conn | null = null;
  #writing: Promise<unknown> = Promise.resolve();
  #ids = 0n;
  #onLinked = Promise.withResolvers<void>();

  /** path: where the socket is made. */
  constructor(path: string) {
    this.#machine = Deno.listen({ transport: "unix", path });
    this.#programs = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#beMachine().catch(() => {});
    this.#bePrograms().catch(() => {});
  }

  /** For DAV clients. */
  get address(): string {
    return `http://127.0.0.1:${this.#programs.addr.port}/`;
  }

  /** Resolves when somebody has the socket; asked before or after it came. */
  async linked(): Promise<void> {
    if (!this.#stream) await this.#onLinked.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#machine.close();
    this.#programs.close();
    for (const one of [this.#stream, ...this.#all.values()]) shut(one);
    await this.#writing.catch(() => {});
  }

  async #beMachine(): Promise<void> {
    for await (const stream of this.#machine) {
      this.#stream = stream;
      this.#onLinked.resolve();
      this.#onLinked = Promise.withResolvers();
      const reader = new FrameReader((client, data) => {
        const program = this.#all.get(client);
        if (data.length > 0) return void (program && this.#write(program, data));
        this.#all.delete(client);
        this.#writing = this.#writing.then(() => shut(program ?? null));
      });
      try {
        for await (const bytes of stream.readable) {
          reader.push(bytes);
          await this.#writing;
        }
      } catch { /* it is gone */ }
      if (this.#stream === stream) this.#stream = null;
      for (const program of this.#all.values()) shut(program);
      this.#all.clear();
    }
  }

  async #bePrograms(): Promise<void> {
    for await (const program of this.#programs) this.#serve(program, ++this.#ids);
  }

  async #serve(program: Deno.Conn, id: bigint): Promise<void> {
    this.#all.set(id, program);
    const into = new Uint8Array(MOST_FRAME_BYTES);
    try {
      for (let n; (n = await program.read(into)) !== null;) {
        await this.#say(frame(id, into.subarray(0, n)));
      }
    } catch { /* it is gone */ }
    if (this.#all.delete(id)) await this.#say(frame(id, new Uint8Array())).catch(() => {});
  }

  #say(bytes: Uint8Array): Promise<unknown> {
    return this.#write(this.#stream, bytes);
  }

  #write(to: Deno.Conn | null, bytes: Uint8Array): Promise<unknown> {
    return this.#writing = this.#writing.catch(() => {}).then(async () => {
      for (let at = 0; to && at < bytes.length;) at += await to.write(bytes.subarray(at));
    }).catch(() => {});
  }
}

function shut(one: Deno.Conn | null): void {
  try {
    one?.close();
  } catch { /* it is closed */ }
}
