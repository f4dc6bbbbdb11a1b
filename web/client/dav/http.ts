/**
 * HTTP/1.1 as a WebDAV client speaks it, on one connection: requests found in pieces of bytes, and
 * heads of answers. Source of truth: RFC 9112.
 */

/** Lower-case names. */
export type Headers = ReadonlyMap<string, string>;

export interface Request {
  readonly method: string;
  /** As it stands in the request: path, or address. */
  readonly target: string;
  readonly headers: Headers;
  /** What belongs to it, in pieces; must be read to its end, or cancelled. */
  readonly body: ReadableStream<Uint8Array>;
  /** Another request may follow. */
  readonly keepAlive: boolean;
}

/** What a client did wrong; the connection ends. */
export class HttpError extends Error {
  override name = "HttpError";
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

const MOST_HEAD_BYTES = 32 << 10;
const MOST_LINE_BYTES = 256;
const CRLF = [13, 10];

/** Bytes of one connection, as they come, to be taken by whoever reads requests. */
export class Inbox {
  #chunks: Uint8Array[] = [];
  #ended = false;
  #wake: (() => void) | null = null;
  #room: (() => void)[] = [];
  bytes = 0;

  constructor(readonly mostBytes = 1 << 18) {}

  /** Resolves when there is room for more. */
  push(bytes: Uint8Array): Promise<void> | void {
    if (this.#ended) return;
    this.#chunks.push(bytes);
    this.bytes += bytes.length;
    this.#awake();
    if (this.bytes > this.mostBytes) return new Promise((go) => this.#room.push(go));
  }

  end(): void {
    this.#ended = true;
    this.#awake();
    this.#roomy();
  }

  /** At most so many bytes; null: there are no more. */
  async take(most: number): Promise<Uint8Array | null> {
    while (this.#chunks.length === 0) {
      if (this.#ended) return null;
      await new Promise<void>((go) => this.#wake = go);
    }
    const first = this.#chunks[0];
    const taken = first.subarray(0, most);
    if (taken.length === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(most);
    this.bytes -= taken.length;
    if (this.bytes <= this.mostBytes) this.#roomy();
    return taken;
  }

  /** Up to and without these bytes; null: the end came, before any byte. */
  async until(mark: readonly number[], most: number, what: string): Promise<Uint8Array | null> {
    const found: number[] = [];
    for (;;) {
      const piece = await this.take(1024);
      if (piece === null) {
        if (found.length === 0) return null;
        throw new HttpError(400, `The connection ended within ${what}`);
      }
      for (let i = 0; i < piece.length; i++) {
        found.push(piece[i]);
        if (!mark.every((byte, k) => found[found.length - mark.length + k] === byte)) continue;
        this.#back(piece.subarray(i + 1));
        return Uint8Array.from(found.slice(0, found.length - mark.length));
      }
      if (found.length > most) throw new HttpError(431, `${what} has more than ${most} bytes`);
    }
  }

  #back(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.unshift(bytes);
    this.bytes += bytes.length;
  }

  #awake(): void {
    this.#wake?.();
    this.#wake = null;
  }

  #roomy(): void {
    for (const go of this.#room.splice(0)) go();
  }
}

const text = new TextDecoder();

/** The next request; null: the client has closed. Throws HttpError. */
export async function readRequest(inbox: Inbox, onExpect: () => void): Promise<Request | null> {
  let bytes = await inbox.until([...CRLF, ...CRLF], MOST_HEAD_BYTES, "a request's head");
  if (bytes === null) return null;
  // RFC 9112, 2.2: an empty line before a request is passed over
  while (bytes[0] === 13 && bytes[1] === 10) bytes = bytes.subarray(2);
  const lines = text.decode(bytes).split("\r\n");
  const [, method, target, minor] = /^([A-Za-z]+) (\S+) HTTP\/1\.([01])$/.exec(lines[0]) ?? [];
  if (method === undefined) throw new HttpError(400, "This is no request of HTTP/1.1");
  const headers = new Map<string, string>();
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    if (colon <= 0 || !/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) {
      throw new HttpError(400, "A line of the head is no header");
    }
    const value = line.slice(colon + 1).trim(), before = headers.get(name);
    if (before !== undefined && (name === "content-length" || name === "host")) {
      throw new HttpError(400, `${name} comes twice`);
    }
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const connection = (headers.get("connection") ?? "").toLowerCase();
  const keepAlive = minor === "1"
    ? !/\bclose\b/.test(connection)
    : /\bkeep-alive\b/.test(connection);
  if (/100-continue/i.test(headers.get("expect") ?? "")) onExpect();
  return { method: method.toUpperCase(), target, headers, body: bodyOf(inbox, headers), keepAlive };
}

function bodyOf(inbox: Inbox, headers: Headers): ReadableStream<Uint8Array> {
  const encoding = headers.get("transfer-encoding"), length = headers.get("content-length");
  if (encoding !== undefined) {
    if (encoding.toLowerCase() !== "chunked" || length !== undefined) {
      throw new HttpError(400, "A body is chunked, or has a length");
    }
    return streamOf(chunks(inbox));
  }
  if (length === undefined) return streamOf(counted(inbox, 0));
  if (!/^\d{1,15}$/.test(length)) throw new HttpError(400, "content-length is no number");
  return streamOf(counted(inbox, Number(length)));
}

async function* counted(inbox: Inbox, bytes: number): AsyncGenerator<Uint8Array> {
  for (let left = bytes; left > 0;) {
    const piece = await inbox.take(left);
    if (piece === null) throw new HttpError(400, `A body ended ${left} bytes too early`);
    left -= piece.length;
    yield piece;
  }
}

async function* chunks(inbox: Inbox): AsyncGenerator<Uint8Array> {
  for (;;) {
    const line = text.decode(await lineOf(inbox));
    const size = /^([\da-f]{1,12})\s*(;.*)?$/i.exec(line)?.[1];
    if (size === undefined) throw new HttpError(400, "A chunk begins without its size");
    if (parseInt(size, 16) === 0) break;
    yield* counted(inbox, parseInt(size, 16));
    if ((await lineOf(inbox)).length > 0) {
      throw new HttpError(400, "A chunk is longer than it says");
    }
  }
  // trailers, of which nothing is made
  while ((await lineOf(inbox)).length > 0);
}

async function lineOf(inbox: Inbox): Promise<Uint8Array> {
  const line = await inbox.until(CRLF, MOST_LINE_BYTES, "a chunk's head");
  if (line === null) throw new HttpError(400, "The connection ended within a body");
  return line;
}

/** Cancelled, it is read to its end all the same: the next request stands behind it. */
function streamOf(pieces: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      for await (const _ of pieces);
    },
  }, { highWaterMark: 0 });
}
