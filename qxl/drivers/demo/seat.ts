/** The demo guest's keyboard and pointer: what they feel goes to the desktops. */
import type { Keyboard, Pointer } from "../../../core/guest.ts";
import { type MouseButton, MouseButtonMask } from "../../../core/protocol/inputs.ts";
import type { Inputs } from "./apps/inputs.ts";
import type { Desktop } from "./desktop.ts";
import { Keymap } from "./keymap.ts";

/** Scancode bytes that are shown. */
const history = 8;

export class Seat {
  readonly keyboard: Keyboard;
  readonly pointer: Pointer;
  readonly #keymap = new Keymap();
  readonly #ledListeners: ((leds: number) => void)[] = [];
  /** The desktop that the pointer is on. */
  #here = 0;

  /** desktops: by display id; keys go to the first. tablet: takes absolute positions. */
  constructor(readonly desktops: readonly Desktop[], readonly inputs: Inputs, tablet: boolean) {
    const leds = () => this.#keymap.leds;
    this.keyboard = {
      get leds() {
        return leds();
      },
      scancode: (bytes) => this.#scancode(bytes),
      onLeds: (listener) => void this.#ledListeners.push(listener),
    };
    this.pointer = {
      absolute: tablet,
      onAbsolute: () => {},
      motion: (dx, dy, buttons) => this.#motion(dx, dy, buttons),
      position: (x, y, buttons, displayId) => this.#position(x, y, buttons, displayId),
      press: (button, buttons) => this.#press(button, buttons),
      release: (button, buttons) => this.#release(button, buttons),
    };
  }

  #scancode(bytes: readonly number[]): void {
    const before = this.#keymap.leds;
    const key = this.#keymap.feed(bytes);
    const { leds } = this.#keymap, { state } = this.inputs;
    const scancodes = [...state.scancodes, ...bytes].slice(-history);
    this.inputs.state = { ...state, scancodes, leds, key: key ? key.name : state.key };
    if (key) this.desktops[0].key(key);
    if (leds !== before) { for (const listener of this.#ledListeners) listener(leds); }
  }

  /** Beyond its screen's left or right edge the pointer goes over to the neighbour. */
  #motion(dx: number, dy: number, buttons: number): void {
    const { x, y } = this.desktops[this.#here].pointer;
    const { width } = this.desktops[this.#here].size;
    let nextX = x + dx;
    if (nextX >= width && this.#here + 1 < this.desktops.length) {
      this.#here++;
      nextX -= width;
    } else if (nextX < 0 && this.#here > 0) {
      this.#here--;
      nextX += this.desktops[this.#here].size.width;
    }
    this.#point(nextX, y + dy, buttons, false);
  }

  #position(x: number, y: number, buttons: number, displayId: number): void {
    if (!this.desktops[displayId]) return;
    this.#here = displayId;
    this.#point(x, y, buttons, true);
  }

  #point(x: number, y: number, buttons: number, absolute: boolean): void {
    const desktop = this.desktops[this.#here], { width, height } = desktop.size;
    const at = {
      x: Math.max(0, Math.min(x, width - 1)),
      y: Math.max(0, Math.min(y, height - 1)),
    };
    desktop.pointTo(at.x, at.y);
    const displayId = this.#here;
    this.inputs.state = { ...this.inputs.state, ...at, displayId, absolute, buttons };
    this.inputs.screen = desktop.size;
  }

  #press(button: MouseButton, buttons: number): void {
    const { state } = this.inputs;
    this.inputs.state = {
      ...state,
      buttons: buttons | maskOf(button),
      wheelUp: state.wheelUp + (button === "up" ? 1 : 0),
      wheelDown: state.wheelDown + (button === "down" ? 1 : 0),
    };
    this.desktops[this.#here].press(button);
  }

  #release(button: MouseButton, buttons: number): void {
    this.inputs.state = { ...this.inputs.state, buttons: buttons & ~maskOf(button) };
    this.desktops[this.#here].release(button);
  }
}

const maskOf = (button: MouseButton) => button === "invalid" ? 0 : MouseButtonMask[button];
