/// <reference lib="dom" />
/** What a page and the engine tell each other of one stream with the guest, over a MessagePort of its own. */

/** Channels that carry a stream of bytes: named ports, shared folders, redirected USB devices. */
export type StreamKind = "port" | "webdav" | "usbredir";

/** Which of the guest's streams. */
export interface StreamId {
  readonly kind: StreamKind;
  /** The channel's id: which of its kind, from 0 on. */
  readonly id: number;
}

/** From the engine to whoever uses the stream. */
export type StreamNews =
  /** The channel stands. name: the port's own. open: a program in the guest has the far end. */
  | { is: "linked"; name: string; open: boolean }
  /** The far end came or went: what was half said is void. */
  | { is: "open"; open: boolean }
  /** Comes whole, in order; whoever has dealt with it says so by `took`. */
  | { is: "data"; bytes: Uint8Array<ArrayBuffer> }
  /** So many bytes of those that were said are out of this browser's hands. */
  | { is: "sent"; bytes: number }
  /** The channel is over, and is tried again by itself while the session stands. Said once for each reason. */
  | { is: "gone"; why: string };

/** From whoever uses the stream to the engine. */
export type StreamOrder =
  | { is: "data"; bytes: Uint8Array<ArrayBuffer> }
  /** Dealt with so many bytes: without it no more come. */
  | { is: "took"; bytes: number }
  | { is: "close" };
