/** Keys that the browser or the desktop around it would keep for itself. */

export interface Combination {
  readonly label: string;
  /** KeyboardEvent codes, pressed in this order. */
  readonly codes: readonly string[];
}

const control = "ControlLeft", alt = "AltLeft", meta = "MetaLeft";

export const combinations: readonly Combination[] = [
  { label: "Ctrl + Alt + Delete", codes: [control, alt, "Delete"] },
  { label: "Ctrl + Alt + Backspace", codes: [control, alt, "Backspace"] },
  { label: "Ctrl + Shift + Escape", codes: [control, "ShiftLeft", "Escape"] },
  { label: "Alt + Tab", codes: [alt, "Tab"] },
  { label: "Alt + F4", codes: [alt, "F4"] },
  { label: "Escape", codes: ["Escape"] },
  { label: "Super", codes: [meta] },
  { label: "Super + L", codes: [meta, "KeyL"] },
  { label: "Print Screen", codes: ["PrintScreen"] },
];

/** Ctrl and Alt with a function key: other consoles of a Linux guest. */
export const consoles: readonly Combination[] = Array.from({ length: 12 }, (_, i) => ({
  label: `F${i + 1}`,
  codes: [control, alt, `F${i + 1}`],
}));
