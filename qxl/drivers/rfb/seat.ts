/** A guest's keyboard and pointer, whose messages go to its RFB servers. */
import type { Keyboard, Pointer } from "../../../core/guest.ts";
import {
  KeyboardModifiers,
  type MouseButton,
  MouseButtonMask,
} from "../../../core/protocol/inputs.ts";
import { keysymOf } from "./keysyms.ts";
import type { Session } from "./session.ts";
import { ExtendedKeyEvent, KeyEvent, PointerEvent } from "./wire.ts";

/** What the seat asks of the heads. */
export interface Heads {
  /** The connection of a head, if it is up. */
  session(head: number): Session | null;
  /** Something was said to one of them. */
  stirred(): void;
}

const RELEASE = 0x80, PAUSE = 0x200, ESCAPE = 0x01, SHIFT_LEFT = 0x2a, SHIFT_RIGHT = 0x36;
/** What locks light, where the server does not tell. */
const LIGHTS: Readonly<Record<number, number>> = {
  0x3a: KeyboardModifiers.capsLock,
  0x45: KeyboardModifiers.numLock,
  0x46: KeyboardModifiers.scrollLock,
};
/** SPEC (QEMU): a relative pointer's message says 0x7fff for no motion at all. */
const MIDDLE = 0x7fff;
/** A server that lags need not hear of every motion of the pointer. */
const BEHIND_BYTES = 16 << 10;
/** Bit 7 of a pointer message whose buttons go on in a byte of their own. */
const EXTENDED = 0x80;

export class Seat {
  readonly keyboard: Keyboard;
  readonly pointer: Pointer;
  readonly #heads: Heads;
  readonly #onLeds: ((leds: number) => void)[] = [];
  readonly #onAbsolute: ((absolute: boolean) => void)[] = [];
  /** Keysyms of the keys that are held, by key. */
  readonly #held = new Map<number, number>();
  #leds = 0;
  #ledsAreTold = false;
  #absolute = true;
  #here = 0;
  #x = 0;
  #y = 0;

  constructor(heads: Heads) {
    this.#heads = heads;
    const leds = () => this.#leds, absolute = () => this.#absolute;
    this.keyboard = {
      get leds() {
        return leds();
      },
      onLeds: (listener) => void this.#onLeds.push(listener),
      scancode: (bytes) => this.#scancode(bytes),
    };
    this.pointer = {
      get absolute() {
        return absolute();
      },
      onAbsolute: (listener) => void this.#onAbsolute.push(listener),
      motion: (dx, dy, buttons) => this.#motion(dx, dy, buttons),
      position: (x, y, buttons, head) => this.#position(x, y, buttons, head),
      press: (button, buttons) => this.#buttons(buttons | maskOf(button)),
      release: (button, buttons) => this.#buttons(buttons & ~maskOf(button)),
    };
  }

  /** The server tells its lights. */
  leds(leds: number): void {
    this.#ledsAreTold = true;
    this.#light(leds);
  }

  /** The server tells what pointer the guest has. */
  absolute(absolute: boolean): void {
    if (absolute === this.#absolute) return;
    this.#absolute = absolute;
    for (const listener of this.#onAbsolute) listener(absolute);
  }

  /** A key that is not held comes up, which means nothing to anybody. */
  idleKey(): ExtendedKeyEvent {
    const [keycode, keysym] = this.#held.has(ESCAPE) ? [0x58, 0xffc9] : [ESCAPE, 0xff1b];
    return { type: 255, subtype: 0, down: 0, keysym, keycode };
  }

  /** The guest began anew: nothing is held, nothing is known of its lights. */
  renewed(): void {
    this.#held.clear();
    this.#ledsAreTold = false;
  }

  #light(leds: number): void {
    if (leds === this.#leds) return;
    this.#leds = leds;
    for (const listener of this.#onLeds) listener(leds);
  }

  #scancode(bytes: readonly number[]): void {
    const last = bytes.at(-1);
    if (last === undefined) return;
    const down = (last & RELEASE) === 0, code = last & ~RELEASE;
    const key = bytes[0] === 0xe1 ? PAUSE : bytes[0] === 0xe0 ? code | 0x100 : code;
    const shift = this.#held.has(SHIFT_LEFT) || this.#held.has(SHIFT_RIGHT);
    const keysym = this.#held.get(key) ?? keysymOf(key, shift, this.#leds);
    if (down) {
      const light = this.#held.has(key) ? undefined : LIGHTS[key];
      this.#held.set(key, keysym);
      if (light !== undefined && !this.#ledsAreTold) this.#light(this.#leds ^ light);
    } else this.#held.delete(key);
    const session = this.#heads.session(0);
    if (!session) return;
    this.#heads.stirred();
    if (session.extendedKeys) {
      // qapi/ui.json's "number": Pause is what e0 46 is
      const keycode = key === PAUSE ? 0xc6 : key >= 0x100 ? key & 0x7f | 0x80 : key;
      session.outgoing.say(ExtendedKeyEvent, {
        type: 255,
        subtype: 0,
        down: down ? 1 : 0,
        keysym,
        keycode,
      });
    } else if (keysym !== 0) {
      session.outgoing.say(KeyEvent, { type: 4, down: down ? 1 : 0, padding: 0, keysym });
    }
  }

  #motion(dx: number, dy: number, buttons: number): void {
    if (!this.#absolute) {
      if (this.#behind) return;
      return this.#say(
        MIDDLE + clamp(dx, -MIDDLE, MIDDLE),
        MIDDLE + clamp(dy, -MIDDLE, MIDDLE),
        buttons,
      );
    }
    // a client that moves a mouse, and a guest that wants to know where it is
    const { width, height } = this.#heads.session(this.#here)?.frame ?? { width: 1, height: 1 };
    this.#x = clamp(this.#x + dx, 0, width - 1);
    this.#y = clamp(this.#y + dy, 0, height - 1);
    if (!this.#behind) this.#say(this.#x, this.#y, buttons);
  }

  #position(x: number, y: number, buttons: number, head: number): void {
    this.#here = head;
    this.#x = x;
    this.#y = y;
    if (this.#absolute && !this.#behind) this.#say(x, y, buttons);
  }

  get #behind(): boolean {
    return (this.#heads.session(this.#here)?.outgoing.waitingBytes ?? 0) > BEHIND_BYTES;
  }

  #buttons(buttons: number): void {
    if (this.#absolute) this.#say(this.#x, this.#y, buttons);
    else this.#say(MIDDLE, MIDDLE, buttons);
  }

  /** SPEC: up, middle and down are as SPICE's first five; 6 and 7 are a wheel's sides; back and forward 8 and 9. */
  #say(x: number, y: number, buttons: number): void {
    const session = this.#heads.session(this.#here);
    if (!session) return;
    this.#heads.stirred();
    if (this.#absolute && session.isQemu) ({ x, y } = onTablet(x, y, session.frame));
    const { side, extra } = MouseButtonMask;
    const five = buttons & 0x1f;
    const back = buttons & side ? 1 : 0, forward = buttons & extra ? 2 : 0;
    if (session.extendedMouseButtons) {
      const more = new Uint8Array([back | forward]);
      session.outgoing.say(PointerEvent, { type: 5, buttons: five | EXTENDED, x, y }, more);
    } else {
      session.outgoing.say(PointerEvent, { type: 5, buttons: five | (back ? EXTENDED : 0), x, y });
    }
  }
}

/**
 * SPEC (QEMU, ui/vnc.c, pointer_event): places are counted to 32767 over a picture whose width is
 * rounded up to 16 pixels, and rounded down: what is to reach a pixel is said for its far corner.
 */
function onTablet(x: number, y: number, { width }: { width: number }): { x: number; y: number } {
  const padded = width + 15 & ~15;
  return { x: Math.floor((x + 1) * padded / width), y: y + 1 };
}

const maskOf = (button: MouseButton) => button === "invalid" ? 0 : MouseButtonMask[button];
const clamp = (n: number, least: number, most: number) => Math.max(least, Math.min(most, n));
