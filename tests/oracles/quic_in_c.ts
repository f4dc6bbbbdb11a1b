/** Asks spice-common's QUIC, one picture after the other, in a process of its own. */
import { buildOracle } from "../kit/spice_common.ts";
import { type QuicFormat, quicFormats, type QuicRows } from "../../core/codecs/quic/mod.ts";

/** What C said: null bytes when it refused. */
export interface Answer {
  readonly bytes: Uint8Array | null;
  readonly format: QuicFormat;
  /** CPU time of one time. */
  readonly microseconds: number;
}

export class QuicInC implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #to: WritableStreamDefaultWriter<Uint8Array>;
  readonly #from: ReadableStreamBYOBReader;

  private constructor(path: string) {
    this.#process = new Deno.Command(path, { stdin: "piped", stdout: "piped" }).spawn();
    this.#to = this.#process.stdin.getWriter();
    this.#from = this.#process.stdout.getReader({ mode: "byob" });
  }

  /** Null when C can be asked, else why not. */
  static whyNot(): string | null {
    const built = buildOracle("quic");
    return typeof built === "string" ? built : null;
  }

  static start(): QuicInC {
    const built = buildOracle("quic");
    if (typeof built === "string") throw new Error(built);
    return new QuicInC(built.path);
  }

  encode(rows: QuicRows, times = 1): Promise<Answer> {
    const { data, format, width, height, topDown } = rows;
    const stride = topDown ? rows.stride : -rows.stride;
    return this.#ask([0, times, quicFormats.indexOf(format) + 1, width, height, stride], data);
  }

  /** Decodes into rows without padding, if the picture has that size. */
  decode(bytes: Uint8Array, width: number, height: number, times = 1): Promise<Answer> {
    return this.#ask([1, times, 0, width, height, 0], bytes);
  }

  async #ask(words: number[], data: Uint8Array): Promise<Answer> {
    const sent = this.#send(new Uint8Array(Int32Array.of(...words, data.length).buffer), data);
    const head = new Uint32Array((await this.#read(24)).buffer);
    const bytes = await this.#read(head[5]);
    await sent;
    return {
      bytes: head[1] === 0 ? bytes : null,
      format: quicFormats[head[2] - 1],
      microseconds: head[0] / words[1],
    };
  }

  async #send(head: Uint8Array, data: Uint8Array): Promise<void> {
    await this.#to.write(head);
    await this.#to.write(data);
  }

  async #read(size: number): Promise<Uint8Array<ArrayBuffer>> {
    let bytes = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const { value, done } = await this.#from.read(
        new Uint8Array(bytes.buffer, at, size - at),
      );
      if (done) throw new Error("spice-common's QUIC ended");
      at += value.length;
      bytes = new Uint8Array(value.buffer);
    }
    return bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#to.close();
    await this.#from.cancel();
    await this.#process.status;
  }
}
