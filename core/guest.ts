/**
 * The contract between a conversation (channels/) and a machine (qxl/ and its drivers).
 * A machine knows no clients; a conversation knows no guest memory.
 */
import type { Cursor } from "./protocol/cursor.ts";
import type { Head } from "./protocol/display.ts";
import type { Drawing, Point16 } from "./protocol/drawing.ts";
import type { MouseButton } from "./protocol/inputs.ts";
import type { Surface } from "./raster/surface.ts";

/** A machine with screens, keys and a pointer. */
export interface Guest {
  readonly name: string;
  /** 16 bytes. */
  readonly uuid?: Uint8Array;
  /** One for each card; its index is the display channel's id. */
  readonly displays: readonly GuestDisplay[];
  readonly keyboard: Keyboard;
  readonly pointer: Pointer;
  /** Resolves when the guest has nothing more to show (a replay at its end); a live guest's never does. */
  readonly done: Promise<GuestReport>;
  /** Stops everything that the guest runs. May be called again. */
  close(): void;
}

/** What a guest that ended says of its work. */
export interface GuestReport {
  readonly commands: number;
  readonly draws: number;
  readonly seconds: number;
}

/** A drawing whose pixels are still in guest memory: borrowed by whoever keeps it beyond the call. */
export interface BorrowedDrawing {
  readonly drawing: Drawing;
  /** One more user. */
  retain(): void;
  /** One user less; after the last the guest gets its memory back. */
  release(): void;
}

/** One card: what a display channel and its cursor channel show. */
export interface GuestDisplay {
  readonly id: number;
  /** Bytes of guest video memory: `ramHint`. */
  readonly ramBytes: number;
  /** Live surfaces by id; 0 is the primary. Pixels are right after `settle`. */
  readonly surfaces: ReadonlyMap<number, Surface>;
  /** Renders what was taken from the ring and not drawn yet. */
  settle(): void;
  readonly monitors: MonitorsConfig;
  readonly cursor: CursorState;
  /** The one who shows this display; null when nobody does any more. Commands wait until somebody attaches. */
  attach(audience: Audience | null): void;
  /** Tells the guest which clients there are: the bits that all of them have (QXLRom.client_capabilities). */
  clientCapabilities(present: boolean, capabilities: Uint8Array): void;
  /** Asks the guest for this arrangement; false: this display cannot be asked. */
  requestMonitors(heads: readonly MonitorRequest[]): boolean;
}

export interface MonitorsConfig {
  readonly maxAllowed: number;
  readonly heads: readonly Head[];
}

export interface MonitorRequest {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where the guest's cursor is and how it looks. */
export interface CursorState {
  readonly position: Point16;
  readonly visible: boolean;
  readonly trail: { readonly length: number; readonly frequency: number };
  /** null: none was ever set. */
  readonly shape: Cursor | null;
}

export type CursorCommand =
  | { kind: "set"; position: Point16; visible: boolean; shape: Cursor }
  | { kind: "move"; position: Point16 }
  | { kind: "hide" }
  | { kind: "trail"; length: number; frequency: number }
  | { kind: "reset" };

/** Who watches a display. Calls come in the order of the guest's doing and return at once. */
export interface Audience {
  /** Already rendered into the surfaces, or will be at the next `settle`. */
  draw(command: BorrowedDrawing): void;
  /** blank: every pixel of it is zero; otherwise what it shows must be sent. */
  surfaceCreated(id: number, surface: Surface, blank: boolean): void;
  surfaceDestroyed(id: number): void;
  monitorsChanged(config: MonitorsConfig): void;
  cursorChanged(command: CursorCommand): void;
  /** The guest ran out of memory: every borrowed drawing is to be released before this returns. */
  memoryLow(): void;
  /** Clients whose display channel is up. */
  readonly viewers: number;
  /** Resolves when there are so many viewers. */
  whenViewers(count: number): Promise<void>;
  /** Resolves when every viewer has been sent everything so far. */
  drained(): Promise<void>;
}

/** The guest's keyboard: XT scancode set 1. */
export interface Keyboard {
  /** Bytes of one key event as a keyboard sends them: `e0` and `e1` prefixes, bit 7 for release. */
  scancode(bytes: readonly number[]): void;
  /** The lights: KeyboardModifiers bits. */
  readonly leds: number;
  /** Called when the guest changes its lights. */
  onLeds(listener: (leds: number) => void): void;
}

/** The guest's pointing device. Coordinates are pixels of one display. */
export interface Pointer {
  /** The guest takes absolute positions (it has a tablet), so client mouse mode can be. */
  readonly absolute: boolean;
  onAbsolute(listener: (absolute: boolean) => void): void;
  /** buttons: MouseButtonMask bits. */
  motion(dx: number, dy: number, buttons: number): void;
  position(x: number, y: number, buttons: number, displayId: number): void;
  /** Wheel clicks come as presses of "up" and "down". */
  press(button: MouseButton, buttons: number): void;
  release(button: MouseButton, buttons: number): void;
}
