/** What the page and the engine tell each other, across a worker's border or not. */
import type { MouseButton } from "../../core/protocol/inputs.ts";
import type { MouseModeName } from "../../core/protocol/main.ts";
import type { Wish } from "./arrangement.ts";
import type { StreamId } from "./ports/words.ts";
import type { StatsReport } from "./stats.ts";
import type { Watching } from "./watch.ts";

/** Where and as who to go. */
export interface Destination {
  /** ws: or wss: address of the SPICE server. */
  readonly url: string;
  readonly password: string;
  /** The display channel that is shown. */
  readonly display: number;
  /** The head of it; null: all of the surface. */
  readonly head: number | null;
  /** Sends no keys and no pointer. */
  readonly viewOnly: boolean;
  /** How a connection that breaks without a word is noticed; absent: when the browser does. */
  readonly watch?: Watching;
  /** So long a channel may take to link; 15 s if not said. */
  readonly linkMs?: number;
}

/** From the page to the engine. buttons: MouseButtonMask. */
export type Order =
  | {
    order: "canvas";
    canvas: OffscreenCanvas | HTMLCanvasElement;
    pointer: OffscreenCanvas | HTMLCanvasElement;
  }
  | { order: "open"; to: Destination }
  | { order: "close" }
  /** Whether anybody can see the page. */
  | { order: "visible"; visible: boolean }
  | { order: "key"; code: number; down: boolean }
  | { order: "locks"; modifiers: number }
  | { order: "position"; x: number; y: number; buttons: number }
  | { order: "motion"; dx: number; dy: number; buttons: number }
  | { order: "button"; button: MouseButton; down: boolean; buttons: number }
  /** Where samples go, or come from; null: switched off. */
  | { order: "sound" | "microphone"; port: MessagePort | null }
  /** This moment of the guest's clock is heard then, in milliseconds since 1970; null: nothing is. */
  | { order: "heard"; stamp: number | null; at: number }
  /** What the page has in its clipboard. */
  | { order: "clip"; clip: Clip }
  /** How large what this window shows should be, and what others show. */
  | { order: "resize"; own: Wish; others: readonly Wish[] }
  | { order: "sendFile"; id: number; file: File }
  | { order: "cancelFile"; id: number }
  /** Somebody wants this stream with the guest, and speaks of it through the port (ports/words.ts). */
  | { order: "stream"; stream: StreamId; port: MessagePort }
  | { order: "snapshot"; id: number }
  /** Begins a recording, with the session anew so that it is whole; or ends it. */
  | { order: "record"; on: boolean }
  /** Plays a recording instead of a session; "open" and "close" end that. */
  | { order: "play"; file: Blob }
  /** How it is played; what is not said stays. */
  | { order: "playback"; paused?: boolean; speed?: number; seekMs?: number }
  | { order: "stats" };

/** How a session stands. */
export type State =
  /** No connection is wanted. */
  | "closed"
  | "connecting"
  | "connected"
  /** It broke, and is tried again by itself. */
  | "waiting"
  /** The server wants another password. */
  | "refused"
  /** Trying again would not help. */
  | "failed";

/** A cursor's shape as the browser wants it. */
export interface CursorShape {
  readonly width: number;
  readonly height: number;
  readonly hotX: number;
  readonly hotY: number;
  /** Pixels r, g, b, a, not premultiplied. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** What a clipboard holds; an image is a PNG file. */
export interface Clip {
  readonly text?: string;
  readonly image?: Blob;
}

/** What the guest's agent can. */
export interface AgentState {
  readonly clipboard: boolean;
  readonly resize: boolean;
  readonly files: boolean;
}

/** How a file on its way into the guest does. */
export interface TransferNews {
  readonly news: "transfer";
  readonly id: number;
  readonly name: string;
  readonly sent: number;
  readonly size: number;
  readonly state: "waiting" | "sending" | "done" | "failed" | "cancelled";
  readonly why: string;
}

/** From the engine to the page. */
export type News =
  | { news: "agent"; agent: AgentState }
  | { news: "clip"; clip: Clip }
  | TransferNews
  /** The streams that this guest has. */
  | { news: "ports"; ports: readonly StreamId[] }
  | { news: "state"; state: State; why: string; retryMs: number }
  | { news: "size"; width: number; height: number }
  /** null: the guest shows none. */
  | { news: "cursor"; shape: CursorShape | null }
  | { news: "mouseMode"; mode: MouseModeName }
  | { news: "lights"; modifiers: number }
  | { news: "guest"; name: string }
  /** Ids of the display channels; of the one that is shown, ids of the heads, and how many it may have. */
  | {
    news: "displays";
    ids: readonly number[];
    heads: readonly number[];
    mostHeads: number;
  }
  | { news: "notice"; text: string }
  /** Whether the guest plays and listens at all. */
  | { news: "sound"; playback: boolean; record: boolean }
  /** 0 to 1. */
  | { news: "guestVolume"; volume: number }
  | { news: "guestMute"; muted: boolean }
  /** The guest records, or no longer. */
  | { news: "microphone"; wanted: boolean }
  | { news: "snapshot"; id: number; picture: Blob | null }
  /** The recording is so long now. */
  | { news: "recording"; ms: number; bytes: number }
  /** It has ended. full: because it had become too long. */
  | { news: "recorded"; file: Blob; ms: number; full: boolean }
  /** Where in a recording we are. */
  | { news: "playback"; ms: number; ofMs: number; paused: boolean; speed: number }
  | { news: "stats"; stats: StatsReport };
