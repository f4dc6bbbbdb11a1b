import type { Guest } from "../../core/guest.ts";

/** The hands of a guest that takes no notice of them. */
export const deaf: Pick<Guest, "keyboard" | "pointer"> = {
  keyboard: { leds: 0, scancode() {}, onLeds() {} },
  pointer: {
    absolute: true,
    onAbsolute() {},
    motion() {},
    position() {},
    press() {},
    release() {},
  },
};
