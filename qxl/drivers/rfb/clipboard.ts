/**
 * A guest's clipboard through its RFB server: text, by the extended clipboard where there is one, else
 * as cut text in Latin-1. Sources of truth: rfbproto.rst, Extended Clipboard; QEMU's ui/vnc-clipboard.c.
 */
import { deflateSync } from "node:zlib";
import type { ClipboardSelection, ClipboardType, GuestClipboard } from "../../../core/guest.ts";
import type { Clock } from "../../../core/clock.ts";
import { bytesOfText, textOf } from "../../../core/binary/text.ts";
import { Inflater, Scratch } from "../../../core/codecs/zlib/inflater.ts";
import type { Session } from "./session.ts";
import { ClientCutText, ClipboardFlags } from "./wire.ts";

const { text: TEXT, caps, request, notify, provide, peek } = ClipboardFlags;
/** What we can do, and how large text may be that comes unasked. */
const OUR_CAPS = TEXT | caps | request | notify | provide | peek;
/** QEMU takes a MiB. */
const MAX_TEXT = 1 << 20;
/** Servers may never answer. */
const ANSWER_MS = 5000;

type Fetch = (type: ClipboardType) => Promise<Uint8Array | null>;

export class Clipboard implements GuestClipboard {
  readonly #session: () => Session | null;
  readonly #clock: Clock;
  readonly #listeners:
    ((selection: ClipboardSelection, types: readonly ClipboardType[]) => void)[] = [];
  /** The server's flags; 0: it has no extended clipboard. */
  #caps = 0;
  /** What clients have. */
  #offered: Fetch | null = null;
  /** What the guest has, as far as it was sent. */
  #text: Uint8Array | null = null;
  #asked: ((text: Uint8Array | null) => void)[] = [];

  constructor(session: () => Session | null, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
  }

  // ---- towards clients

  offer(selection: ClipboardSelection, types: readonly ClipboardType[], fetch: Fetch): void {
    if (selection !== "clipboard" || !types.includes("text")) return;
    this.#offered = fetch;
    if (this.#caps & notify) this.#say(notify | TEXT);
    else this.#sendCutText(fetch);
  }

  release(selection: ClipboardSelection): void {
    if (selection !== "clipboard" || this.#offered === null) return;
    this.#offered = null;
    if (this.#caps & notify) this.#say(notify);
  }

  read(selection: ClipboardSelection, type: ClipboardType): Promise<Uint8Array | null> {
    if (selection !== "clipboard" || type !== "text") return Promise.resolve(null);
    if (this.#text !== null || !(this.#caps & request) || !this.#session()) {
      return Promise.resolve(this.#text);
    }
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ANSWER_MS, () => this.#answer(null));
      this.#asked.push((text) => {
        cancel();
        resolve(text);
      });
      this.#say(request | TEXT);
    });
  }

  onOffer(
    listener: (selection: ClipboardSelection, types: readonly ClipboardType[]) => void,
  ): void {
    this.#listeners.push(listener);
  }

  // ---- from the server

  /** The connection is a new one, or is gone. */
  renewed(): void {
    this.#caps = 0;
    this.#answer(null);
    if (this.#text !== null) this.#tell(null, []);
  }

  /** Latin-1 text from a server without the extended clipboard. */
  cutText(text: string): void {
    this.#tell(bytesOfText(text), ["text"]);
  }

  /** flags: ClipboardFlags bits. RangeError: data are not what they promise. */
  extended(flags: number, data: Uint8Array): void {
    if (flags & caps) {
      this.#caps = flags;
      // sizes: text beyond that is only announced
      this.#say(OUR_CAPS, new Uint8Array(4));
      if (this.#offered) this.#say(notify | TEXT);
    } else if (flags & request) {
      if (flags & TEXT && this.#offered) this.#provide(this.#offered);
    } else if (flags & peek) {
      if (this.#caps & notify) this.#say(this.#offered ? notify | TEXT : notify);
    } else if (flags & notify) {
      this.#tell(null, flags & TEXT ? ["text"] : []);
    } else if (flags & provide && flags & TEXT) {
      const text = textIn(data);
      this.#text = text;
      this.#answer(text);
    }
  }

  #tell(text: Uint8Array | null, types: readonly ClipboardType[]): void {
    this.#text = text;
    for (const listener of this.#listeners) listener("clipboard", types);
  }

  #answer(text: Uint8Array | null): void {
    for (const answer of this.#asked.splice(0)) answer(text);
  }

  async #provide(fetch: Fetch): Promise<void> {
    const session = this.#session();
    const bytes = await fetch("text").catch(() => null);
    if (bytes === null || bytes.length > MAX_TEXT / 2 || session !== this.#session()) return;
    // SPEC: lines end in CR LF and the text in a NUL; QEMU hands on what it gets, so it gets neither
    const text = session?.isQemu
      ? bytes
      : bytesOfText(textOf(bytes).replace(/\r?\n/g, "\r\n") + "\0");
    const counted = new Uint8Array(4 + text.length);
    new DataView(counted.buffer).setUint32(0, text.length);
    counted.set(text, 4);
    this.#say(provide | TEXT, deflateSync(counted));
  }

  async #sendCutText(fetch: Fetch): Promise<void> {
    const session = this.#session();
    if (!session) return;
    const bytes = await fetch("text").catch(() => null);
    if (bytes === null || bytes.length > MAX_TEXT || session !== this.#session()) return;
    const latin = Uint8Array.from(textOf(bytes), (c) => {
      const code = c.codePointAt(0)!;
      return code < 256 ? code : 0x3f;
    });
    session.outgoing.say(ClientCutText, { type: 6, head: head(latin.length) }, latin);
  }

  #say(flags: number, data: Uint8Array = new Uint8Array(0)): void {
    const body = new Uint8Array(4 + data.length);
    new DataView(body.buffer).setUint32(0, flags);
    body.set(data, 4);
    this.#session()?.outgoing.say(ClientCutText, { type: 6, head: head(-body.length) }, body);
  }
}

const head = (length: number) => ({ padding: 0, padding2: 0, length });

/** UTF-8 with line feeds; nothing where there is more than a size and MAX_TEXT bytes. */
function textIn(packed: Uint8Array): Uint8Array {
  let bytes: Uint8Array;
  try {
    // SPEC: a stream of its own, which QEMU ends and TigerVNC only flushes
    bytes = new Inflater(new Scratch()).next(packed, 4 + MAX_TEXT);
  } catch {
    return new Uint8Array(0);
  }
  if (bytes.length < 4) return new Uint8Array(0);
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return bytesOfText(
    textOf(bytes.subarray(4, 4 + size)).replace(/\0[^]*$/, "").replace(/\r\n/g, "\n"),
  );
}
