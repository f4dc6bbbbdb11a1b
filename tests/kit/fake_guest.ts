import type { Audience, Guest, GuestDisplay } from "../../core/guest.ts";
import type {
  CursorState,
  Keyboard,
  MonitorRequest,
  MonitorsConfig,
  Pointer,
} from "../../core/guest.ts";

/** A keyboard that notes what it is told. */
export class FakeKeyboard implements Keyboard {
  leds = 0;
  /** Every byte that came, in order. */
  readonly bytes: number[] = [];
  readonly events: number[][] = [];
  #listeners: ((leds: number) => void)[] = [];

  scancode(bytes: readonly number[]): void {
    this.events.push([...bytes]);
    this.bytes.push(...bytes);
  }

  onLeds(listener: (leds: number) => void): void {
    this.#listeners.push(listener);
  }

  /** The guest changes its lights. */
  light(leds: number): void {
    this.leds = leds;
    for (const listener of this.#listeners) listener(leds);
  }
}

export type PointerEvent =
  | ["motion", number, number, number]
  | ["position", number, number, number, number]
  | ["press" | "release", string, number];

/** A pointer that notes what it is told. */
export class FakePointer implements Pointer {
  readonly events: PointerEvent[] = [];
  #listeners: ((absolute: boolean) => void)[] = [];

  constructor(public absolute = true) {}

  onAbsolute(listener: (absolute: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** The guest gets or loses its tablet. */
  become(absolute: boolean): void {
    this.absolute = absolute;
    for (const listener of this.#listeners) listener(absolute);
  }

  motion(dx: number, dy: number, buttons: number): void {
    this.events.push(["motion", dx, dy, buttons]);
  }
  position(x: number, y: number, buttons: number, displayId: number): void {
    this.events.push(["position", x, y, buttons, displayId]);
  }
  press(button: string, buttons: number): void {
    this.events.push(["press", button, buttons]);
  }
  release(button: string, buttons: number): void {
    this.events.push(["release", button, buttons]);
  }
}

/** A display that shows nothing and can be asked for another size. */
export class FakeDisplay implements GuestDisplay {
  readonly ramBytes = 16 << 20;
  readonly surfaces = new Map();
  monitors: MonitorsConfig = { maxAllowed: 1, heads: [] };
  readonly requests: (readonly MonitorRequest[])[] = [];
  cursor: CursorState = {
    position: { x: 0, y: 0 },
    visible: true,
    trail: { length: 0, frequency: 0 },
    shape: null,
  };
  audience: Audience | null = null;

  constructor(readonly id: number, readonly resizable = false) {}

  settle(): void {}
  attach(audience: Audience | null): void {
    this.audience = audience;
  }
  clientCapabilities(): void {}
  requestMonitors(heads: readonly MonitorRequest[]): boolean {
    this.requests.push(heads);
    return this.resizable;
  }
}

/** A machine of which everything can be asked afterwards. */
export class FakeGuest implements Guest {
  readonly name = "fake";
  readonly uuid = Uint8Array.from({ length: 16 }, (_, i) => i);
  readonly displays: FakeDisplay[];
  readonly keyboard = new FakeKeyboard();
  readonly pointer: FakePointer;
  readonly done = new Promise<never>(() => {});

  constructor(options: { displays?: number; absolute?: boolean; resizable?: boolean } = {}) {
    this.displays = Array.from(
      { length: options.displays ?? 1 },
      (_, id) => new FakeDisplay(id, options.resizable),
    );
    this.pointer = new FakePointer(options.absolute ?? true);
  }

  close(): void {}
}
