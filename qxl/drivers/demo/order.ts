/** What the desktop wants of the card, in order: a kernel driver's calls as data. */
import type { CursorCommand } from "../../../core/guest.ts";
import type { Head } from "../../../core/protocol/display.ts";
import type { Drawing } from "../../../core/protocol/drawing.ts";

export type Order =
  | { kind: "draw"; drawing: Drawing }
  | { kind: "cursor"; command: CursorCommand }
  /** A new primary surface, instead of the one there was. */
  | { kind: "mode"; width: number; height: number; heads: Head[] }
  /** Off-screen, 32 bits a pixel. */
  | { kind: "createSurface"; id: number; width: number; height: number }
  | { kind: "destroySurface"; id: number };
