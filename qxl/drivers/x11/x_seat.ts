/** The guest's keyboard and pointer: XTEST plays them, XKB tells of the locks. */
import type { Keyboard, Pointer } from "../../../core/guest.ts";
import { KeyboardModifiers, type MouseButton } from "../../../core/protocol/inputs.ts";
import { keyOf } from "./keycodes.ts";
import type { XkbStateNotify } from "./x11.d.ts";
import type { XDisplay } from "./x_display.ts";

/** X.h */
const KEY_PRESS = 2, KEY_RELEASE = 3, BUTTON_PRESS = 4, BUTTON_RELEASE = 5, MOTION = 6;
/** So many keys and buttons may be pressed while the X server takes nothing; motions are left out at once. */
const MOST_WAITING = 1000;
const LOCK_MASK = 2, MOD2_MASK = 16;
/** XKBproto.h: XkbUseCoreKbd, XkbStateNotify and its XkbModifierLockMask. */
const CORE_KEYBOARD = 0x100, STATE_NOTIFY = 4, MODIFIER_LOCK = 8;

/** X counts buttons on: 6 and 7 are the wheel's sides, so the side buttons are 8 and 9. */
const BUTTONS: Readonly<Record<MouseButton, number>> = {
  invalid: 0,
  left: 1,
  middle: 2,
  right: 3,
  up: 4,
  down: 5,
  side: 8,
  extra: 9,
};

/** Plays on whichever X server is there; on none, nothing happens. */
export class XSeat {
  readonly keyboard: Keyboard;
  readonly pointer: Pointer;
  /** Called when somebody moved the pointer by so much, rather than to somewhere. */
  onRelative: (() => void) | null = null;
  readonly #ledListeners: ((leds: number) => void)[] = [];
  /** Key codes, and negative the numbers of buttons. */
  readonly #held = new Set<number>();
  /** Where the pointer went while the X server took nothing; null: it is where it was told. */
  #missed: { readonly x: number; readonly y: number } | null = null;
  /** Presses since the X server takes nothing. */
  #waiting = 0;
  readonly #trouble: (error: Error) => void;
  #display: XDisplay | null = null;
  #leds = 0;

  /** trouble: told once when presses are left out, as nobody takes them. */
  constructor(trouble: (error: Error) => void) {
    this.#trouble = trouble;
    const leds = () => this.#leds;
    this.keyboard = {
      get leds() {
        return leds();
      },
      scancode: (bytes) => this.#scancode(bytes),
      onLeds: (listener) => void this.#ledListeners.push(listener),
    };
    this.pointer = {
      absolute: true,
      onAbsolute: () => {},
      motion: (dx, dy) => {
        this.#move(1, clamp(dx), clamp(dy));
        this.onRelative?.();
      },
      position: (x, y) => this.#move(0, clamp(x), clamp(y)),
      press: (button) => this.#button(BUTTON_PRESS, button),
      release: (button) => this.#button(BUTTON_RELEASE, button),
    };
  }

  /** Sits down before an X server, or gets up. */
  async attach(display: XDisplay | null): Promise<void> {
    this.#display = display;
    this.#held.clear();
    this.#missed = null;
    this.#waiting = 0;
    if (!display) return;
    const { xkb } = display.extensions;
    await display.ask((answer) => xkb.UseExtension(1, 0, answer));
    xkb.SelectEvents(CORE_KEYBOARD, STATE_NOTIFY, 0, 0, 0, 0, {
      stateNotify: [MODIFIER_LOCK, MODIFIER_LOCK],
    });
    display.onEvent((event) => {
      if (event.name === "XkbStateNotify") this.#locked((event as XkbStateNotify).lockedMods);
    });
    const { lockedMods } = await display.ask<{ lockedMods: number }>((answer) =>
      xkb.GetState(CORE_KEYBOARD, answer)
    );
    this.#locked(lockedMods);
  }

  #scancode(bytes: readonly number[]): void {
    const key = keyOf(bytes);
    if (!key) return;
    const { keycode, down } = key;
    if (this.#holds(keycode, down)) this.#fake(down ? KEY_PRESS : KEY_RELEASE, keycode);
  }

  #button(type: number, button: MouseButton): void {
    const number = BUTTONS[button];
    if (number <= 0 || !this.#holds(-number, type === BUTTON_PRESS)) return;
    this.#arrive();
    this.#fake(type, number);
  }

  #move(relative: 0 | 1, x: number, y: number): void {
    this.#missed = this.#stalled && relative === 0 ? { x, y } : null;
    if (!this.#stalled) this.#fake(MOTION, relative, x, y);
  }

  /** Where the pointer is by now, before something is done there. */
  #arrive(): void {
    const missed = this.#missed;
    this.#missed = null;
    if (missed) this.#fake(MOTION, 0, missed.x, missed.y);
  }

  /** Whether that is news: what is held repeats by itself, and is let go once. */
  #holds(what: number, down: boolean): boolean {
    if (down === this.#held.has(what)) return false;
    if (!down) return this.#held.delete(what);
    this.#waiting = this.#stalled ? this.#waiting + 1 : 0;
    if (this.#waiting === MOST_WAITING + 1) {
      this.#trouble(
        new Error(
          `The X server takes nothing: ${MOST_WAITING} keys and buttons wait, more are left out`,
        ),
      );
    }
    // INVARIANT: only what was pressed is let go, so the bound holds for both
    if (this.#waiting > MOST_WAITING) return false;
    this.#held.add(what);
    return true;
  }

  get #stalled(): boolean {
    return this.#display?.x.stream.writableNeedDrain ?? false;
  }

  #fake(type: number, detail: number, x = 0, y = 0): void {
    const display = this.#display;
    display?.extensions.xtest.FakeInput(
      type,
      detail,
      0,
      type === MOTION && detail === 0 ? display.root : 0,
      x,
      y,
    );
    // the package waits for more: until the loop has turned
    display?.x.pack_stream.flush();
  }

  /** Mod2 is Num Lock wherever the evdev rules are; Scroll Lock is no modifier. */
  #locked(mods: number): void {
    const leds = (mods & LOCK_MASK ? KeyboardModifiers.capsLock : 0) |
      (mods & MOD2_MASK ? KeyboardModifiers.numLock : 0);
    if (leds === this.#leds) return;
    this.#leds = leds;
    for (const listener of this.#ledListeners) listener(leds);
  }
}

const clamp = (n: number) => Math.max(-32768, Math.min(n, 32767));
