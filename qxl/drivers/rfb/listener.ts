import type { Cursor } from "../../../core/protocol/cursor.ts";
import type { Frame } from "./frame.ts";

/** Who hears what a server says. Calls come in the server's order. */
export interface SessionListener {
  /** The picture has this size now; the frame that it is to go into. What it shows will come. */
  resized(width: number, height: number): Frame;
  /** A whole update is in the frame. The next one is asked for when this resolves. */
  updated(frame: Frame): Promise<void>;
  /** The server asks nothing, and wants no answer, by any of these. */
  cursor(shape: Cursor): void;
  cursorMoved(x: number, y: number): void;
  /** KeyboardModifiers bits. */
  leds(leds: number): void;
  /** The guest takes absolute positions, or relative motions. */
  absolute(absolute: boolean): void;
  renamed(name: string): void;
  /** What was asked for by `setDesktopSize` will not be. */
  resizeRefused(reason: number): void;
  /** Latin-1, as a server without the extended clipboard sends it. */
  cutText(text: string): void;
  /** flags: ClipboardFlags bits. */
  clipboard(flags: number, data: Uint8Array): void;
}
