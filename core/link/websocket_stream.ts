/** A WebSocket as a carrier of bytes: the server's end of RFC 6455 §5. Frames mean nothing, their payload is the stream. */
import { ProtocolError } from "../binary/error.ts";
import type { Duplex, Remote } from "./duplex.ts";
import { writeAll } from "./exact.ts";
import { unmask } from "./unmask.ts";

const CONTINUATION = 0, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;
/** A frame is never held as a whole; this only refuses nonsense. */
const MAX_FRAME_BYTES = 64 << 20;
/** Payload of one frame out; the copy that puts a header before it is this long at most. */
const CHUNK_BYTES = 64 << 10;
const BUFFER_BYTES = 16 << 10;

/** Close codes of RFC 6455 §7.4.1. */
const NORMAL = 1000, PROTOCOL = 1002, UNSUPPORTED = 1003, TOO_BIG = 1009;

/** The payload of a WebSocket's frames, both ways. `rest`: bytes that came with the request already. */
export class WebSocketStream implements Duplex {
  readonly remote: Remote;
  /** Bytes from the stream that are not parsed yet: [from, to). */
  readonly #in = new Uint8Array(BUFFER_BYTES);
  #from = 0;
  #to = 0;
  /** Payload left of the data frame that is being read, its mask, and how far into the mask we are. */
  #left = 0;
  #mask = 0;
  #phase = 0;
  /** A data message goes on after this frame. */
  #open = false;
  #ended = false;
  #out?: Uint8Array<ArrayBuffer>;
  /** INVARIANT: at most one write of the inner stream is under way, so frames do not mix. */
  #writing: Promise<unknown> | null = null;
  /** One control frame waits at most: only the latest ping wants an answer. */
  #control: Uint8Array | null = null;
  #closed = false;

  constructor(
    readonly inner: Duplex,
    rest: Uint8Array,
    readonly patience?: () => Promise<unknown>,
  ) {
    this.remote = { ...inner.remote, webSocket: true };
    this.#in.set(rest);
    this.#to = rest.length;
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (into.length === 0) return 0;
    while (this.#left === 0) {
      if (this.#ended || !await this.#nextFrame()) return null;
    }
    const wanted = Math.min(into.length, this.#left);
    let n = Math.min(wanted, this.#to - this.#from);
    if (n > 0) {
      into.set(this.#in.subarray(this.#from, this.#from + n));
      this.#from += n;
    } else if (wanted >= BUFFER_BYTES) {
      const got = await this.inner.read(into.subarray(0, wanted));
      if (got === null) return this.#end();
      n = got;
    } else {
      if (!await this.#fill()) return null;
      return this.read(into);
    }
    unmask(into.subarray(0, n), this.#mask, this.#phase);
    this.#phase = this.#phase + n & 3;
    this.#left -= n;
    return n;
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (bytes.length === 0) return 0;
    while (this.#writing !== null) await this.#writing.catch(() => {});
    if (this.#closed) throw new Error("The WebSocket is closed");
    const n = Math.min(bytes.length, CHUNK_BYTES);
    const out = this.#out ??= new Uint8Array(CHUNK_BYTES + 10);
    const head = frameHead(out, BINARY, n);
    out.set(bytes.subarray(0, n), head);
    await this.#send(out.subarray(0, head + n));
    return n;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // what is being written is the answer to a close frame, or data that nobody will miss
    const last = this.#ended
      ? this.#writing
      : this.#writing === null
      ? this.#send(controlFrame(CLOSE, code(NORMAL)))
      : null;
    if (last === null || this.patience === undefined) return this.inner.close();
    Promise.race([last, this.patience()]).catch(() => {}).finally(() => this.inner.close());
  }

  /** Reads the next frame's head, and all of it if it is a control frame; false: the stream ended. */
  async #nextFrame(): Promise<boolean> {
    if (!await this.#need(2)) return false;
    const first = this.#in[this.#from], second = this.#in[this.#from + 1];
    const opcode = first & 15, final = (first & 0x80) !== 0;
    if ((first & 0x70) !== 0) return this.#fail(PROTOCOL, "a frame has reserved bits");
    if ((second & 0x80) === 0) return this.#fail(PROTOCOL, "a frame is not masked");
    let size = second & 0x7f;
    const extra = size === 127 ? 8 : size === 126 ? 2 : 0;
    if (opcode >= CLOSE && (!final || extra > 0)) {
      return this.#fail(PROTOCOL, "a control frame is long or in parts");
    }
    if (!await this.#need(6 + extra)) return false;
    const view = new DataView(this.#in.buffer, this.#from);
    if (extra === 2) {
      size = view.getUint16(2);
      if (size < 126) return this.#fail(PROTOCOL, "a frame's length is not the shortest");
    } else if (extra === 8) {
      size = view.getUint32(2) * 2 ** 32 + view.getUint32(6);
      if (size < 65536) return this.#fail(PROTOCOL, "a frame's length is not the shortest");
      if (size > MAX_FRAME_BYTES) return this.#fail(TOO_BIG, `a frame has ${size} bytes`);
    }
    const mask = view.getUint32(2 + extra, true);
    if (opcode >= CLOSE) return await this.#controlFrame(opcode, mask, size);
    if (opcode !== CONTINUATION && opcode !== BINARY) {
      return this.#fail(opcode === 1 ? UNSUPPORTED : PROTOCOL, `a frame has opcode ${opcode}`);
    }
    if (this.#open !== (opcode === CONTINUATION)) {
      return this.#fail(PROTOCOL, "a message begins inside another or goes on without one");
    }
    this.#from += 6 + extra;
    this.#open = !final;
    this.#left = size;
    this.#mask = mask;
    this.#phase = 0;
    return true;
  }

  async #controlFrame(opcode: number, mask: number, size: number): Promise<boolean> {
    if (!await this.#need(6 + size)) return false;
    const payload = this.#in.slice(this.#from + 6, this.#from + 6 + size);
    this.#from += 6 + size;
    unmask(payload, mask, 0);
    if (opcode === PING) this.#answer(controlFrame(PONG, payload));
    else if (opcode === CLOSE) {
      if (size === 1) return this.#fail(PROTOCOL, "a close frame has half a code");
      this.#answer(controlFrame(CLOSE, payload.subarray(0, 2)));
      this.#ended = true;
      return false;
    } else if (opcode !== PONG) return this.#fail(PROTOCOL, `a frame has opcode ${opcode}`);
    return true;
  }

  #fail(status: number, reason: string): never {
    this.#answer(controlFrame(CLOSE, code(status)));
    this.#ended = true;
    throw new ProtocolError(`The WebSocket client erred: ${reason}`);
  }

  /** Sends a control frame as soon as the stream is free; reading does not wait for it. */
  #answer(frame: Uint8Array): void {
    if (this.#closed) return;
    this.#control = frame;
    if (this.#writing === null) this.#send(new Uint8Array(0)).catch(() => {});
  }

  /** Writes bytes, then the control frame that waits. */
  async #send(bytes: Uint8Array): Promise<void> {
    const writing = (async () => {
      await writeAll(this.inner, bytes);
      while (this.#control !== null) {
        const control = this.#control;
        this.#control = null;
        await writeAll(this.inner, control);
      }
    })();
    this.#writing = writing;
    try {
      await writing;
    } finally {
      this.#writing = null;
    }
  }

  /** Has at least n unparsed bytes; false: the stream ended before. */
  async #need(n: number): Promise<boolean> {
    while (this.#to - this.#from < n) if (!await this.#fill()) return false;
    return true;
  }

  async #fill(): Promise<boolean> {
    if (this.#from > 0) {
      this.#in.copyWithin(0, this.#from, this.#to);
      this.#to -= this.#from;
      this.#from = 0;
    }
    const got = await this.inner.read(this.#in.subarray(this.#to));
    if (got === null) return this.#end() !== null;
    this.#to += got;
    return true;
  }

  #end(): null {
    this.#ended = true;
    return null;
  }
}

/** Writes a frame's head and returns its length. */
function frameHead(out: Uint8Array, opcode: number, size: number): number {
  out[0] = 0x80 | opcode;
  const view = new DataView(out.buffer, out.byteOffset);
  if (size < 126) {
    out[1] = size;
    return 2;
  }
  if (size < 65536) {
    out[1] = 126;
    view.setUint16(2, size);
    return 4;
  }
  out[1] = 127;
  view.setUint32(2, 0);
  view.setUint32(6, size);
  return 10;
}

function controlFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(2 + payload.length);
  frameHead(frame, opcode, payload.length);
  frame.set(payload, 2);
  return frame;
}

const code = (status: number) => new Uint8Array([status >> 8, status & 255]);
