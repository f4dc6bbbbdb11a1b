import { enumOf, flagsOf, i32, u16, u32, u8 } from "../binary/cell.ts";
import { Data } from "./base.ts";
import { channel } from "./channel.ts";
import type { Value } from "../binary/codec.ts";

/** spice.proto: flags16 keyboard_modifier_flags: the locks, which are also the keyboard's lights. */
export const KeyboardModifiers = flagsOf(u16, { scrollLock: 0, numLock: 1, capsLock: 2 });
/** spice.proto: enum8 mouse_button. A mouse with more of them has invalid ones, and works. */
export const MouseButton = enumOf(u8, {
  invalid: 0,
  left: 1,
  middle: 2,
  right: 3,
  up: 4,
  down: 5,
  side: 6,
  extra: 7,
}, "invalid");
export type MouseButton = Value<typeof MouseButton>;
/** spice.proto: flags16 mouse_button_mask */
export const MouseButtonMask = flagsOf(u16, {
  left: 0,
  middle: 1,
  right: 2,
  up: 3,
  down: 4,
  side: 5,
  extra: 6,
});

/** spice.proto: channel InputsChannel */
export const Inputs = channel({
  name: "inputs",
  id: 3,
  client: {
    /** code: up to four bytes of XT scancode set 1, the first in the lowest byte. */
    keyDown: [101, { code: u32 }],
    keyUp: [102, { code: u32 }],
    keyModifiers: [103, { modifiers: KeyboardModifiers }],
    keyScancode: [104, Data],
    mouseMotion: [111, { dx: i32, dy: i32, buttonsState: MouseButtonMask }],
    mousePosition: [112, { x: u32, y: u32, buttonsState: MouseButtonMask, displayId: u8 }],
    mousePress: [113, { button: MouseButton, buttonsState: MouseButtonMask }],
    mouseRelease: [114, { button: MouseButton, buttonsState: MouseButtonMask }],
  },
  server: {
    init: [101, { keyboardModifiers: KeyboardModifiers }],
    keyModifiers: [102, { modifiers: KeyboardModifiers }],
    mouseMotionAck: [111, {}],
  },
});
