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
  /** What it plays; not there: it has no loudspeaker. */
  readonly sound?: GuestSound;
  /** What it listens to; not there: it has no ear. */
  readonly microphone?: GuestMicrophone;
  /** Its selections, where its display can reach them and no agent inside the guest does. */
  readonly clipboard?: GuestClipboard;
  /** Its switch and its state; not there: it runs as long as the appliance does. */
  readonly power?: GuestPower;
  /** What it tells of its ports; not there: nobody knows whether a program inside has one open. */
  readonly portStates?: GuestPortStates;
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
  /** Which of the guest's own devices it shows; null or not there: nobody knows. */
  readonly origin?: DisplayOrigin | null;
  /** The one who shows this display; null when nobody does any more. Commands wait until somebody attaches. */
  attach(audience: Audience | null): void;
  /** Tells the guest which clients there are: the bits that all of them have (QXLRom.client_capabilities). */
  clientCapabilities(present: boolean, capabilities: Uint8Array): void;
  /** Asks the guest for this arrangement; false: this display cannot be asked. */
  requestMonitors(heads: readonly MonitorRequest[]): boolean;
}

/** A display as the guest's kernel finds it. Source of truth: vd_agent.h, VDAgentDeviceDisplayInfo. */
export interface DisplayOrigin {
  /** `pci/0000/02.0`; behind bridges `pci/0000/03.0/01.0`. */
  readonly deviceAddress: string;
  /** Which of the device's outputs, from 0 on. */
  readonly output: number;
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

/** Sound that the guest plays: 48 kHz, two channels, 16 bits, interleaved. */
export interface GuestSound {
  /**
   * The one who hears it; null: nobody. While nobody does, what is played is lost. A new listener is
   * told at once, or soon, what holds: that something plays, and the volume where that is known.
   */
  attach(listener: SoundListener | null): void;
}

/** Who hears a guest. Calls come in the order of the guest's doing and return at once. */
export interface SoundListener {
  started(): void;
  /**
   * Whole frames, any number of them, at the pace at which they are to be heard: what comes more than
   * 200 ms too early is left out. The array is the caller's: copy what is kept.
   */
  played(samples: Int16Array): void;
  stopped(): void;
  /** volume: one number a channel, 0 to 65535. */
  volumeChanged(volume: readonly number[], muted: boolean): void;
}

/** Sound that the guest records: 48 kHz, two channels, 16 bits, interleaved. */
export interface GuestMicrophone {
  /** Something inside the guest records now. */
  readonly wanted: boolean;
  onWanted(listener: (wanted: boolean) => void): void;
  /** Whole frames. What the guest cannot take in time is lost. */
  spoken(samples: Int16Array): void;
}

/** vd_agent.h: VD_AGENT_CLIPBOARD_SELECTION_*. */
export type ClipboardSelection = "clipboard" | "primary" | "secondary";

/** vd_agent.h: VD_AGENT_CLIPBOARD_*. text is UTF-8 with line feeds. */
export type ClipboardType = "text" | "png" | "bmp" | "tiff" | "jpg" | "fileList";

/** The guest's selections. */
export interface GuestClipboard {
  /** Somebody outside has something; the guest gets it by `fetch` when it wants it. null: it is not to be had any more. */
  offer(
    selection: ClipboardSelection,
    types: readonly ClipboardType[],
    fetch: (type: ClipboardType) => Promise<Uint8Array | null>,
  ): void;
  /** What was offered is gone. */
  release(selection: ClipboardSelection): void;
  /** What the guest has; null: nothing of that type. */
  read(selection: ClipboardSelection, type: ClipboardType): Promise<Uint8Array | null>;
  /** Called when the guest has something new; no types: it let go. */
  onOffer(
    listener: (selection: ClipboardSelection, types: readonly ClipboardType[]) => void,
  ): void;
}

/** off: nothing is there now; its screens keep their last picture. */
export type GuestState = "off" | "starting" | "running" | "paused";

/** A machine that may stop and start again while clients stay. */
export interface GuestPower {
  readonly state: GuestState;
  onState(listener: (state: GuestState) => void): void;
  /** Whether the next two do anything. */
  readonly controllable: boolean;
  /** Presses the power button. */
  powerDown(): Promise<void>;
  reset(): Promise<void>;
}

/** What a stream of bytes into the guest is for; each kind has a channel of its own, and the agent has main's. */
export type GuestPortKind = "agent" | "usbredir" | "smartcard" | "webdav" | "port";

/** A stream of bytes between the host and the guest: a virtio-serial port, a redirected USB device, a card reader. */
export interface GuestPort {
  readonly kind: GuestPortKind;
  /** The port's own name, as `com.redhat.spice.0`. */
  readonly name: string;
  /** There is somebody at the far end; where nobody can know, the way to it stands. */
  readonly open: boolean;
  /** The one who uses it; null: nobody, and the far end sees it closed. What was written before is void, but to a card reader. */
  attach(user: GuestPortUser | null): void;
  /** Takes all of it; who goes on while `waitingBytes` is high is at fault. */
  write(bytes: Uint8Array): void;
  /** Bytes that the far end has not taken yet. */
  readonly waitingBytes: number;
  /** false: no `data` comes until it is true again, and bytes wait at the far end. */
  flow(on: boolean): void;
}

/** Whether programs inside the guest have its ports open, as the machine tells. */
export interface GuestPortStates {
  /**
   * Calls with what is known of the port behind this socket (`unix:/run/vm/agent.sock`,
   * `tcp:127.0.0.1:4000`), now and whenever its far end opens or closes it, though it be only anew;
   * null: nothing is known.
   */
  watch(socket: string, listener: (open: boolean | null) => void): () => void;
}

/** Who uses a port. */
export interface GuestPortUser {
  /** The view is valid only during the call. What it throws ends the stream: the far end sees it closed. */
  data(bytes: Uint8Array): void;
  /** The far end came or went; what was half said is void. */
  opened(open: boolean): void;
  /** All that waited was taken. */
  drained(): void;
}
