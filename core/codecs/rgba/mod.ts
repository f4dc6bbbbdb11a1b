/**
 * Pixels as a browser's canvas takes them: red, green, blue, opaque, rows without padding. Source of
 * truth: HTML, ImageData. Turning them here, four at a time, takes less than a fifth of what a loop
 * of JavaScript does.
 */
import { reserve, view } from "../wasm.ts";
import * as rgba from "./rgba.wasm";

/** Room for so many pixels, written as blue, green, red, any; it lasts until the next call here. */
export function roomFor(pixels: number): Uint8Array {
  return view(rgba, reserve(rgba, (pixels * 4 + 15) & ~15), pixels * 4);
}

/** Makes what a room holds red, green, blue, opaque. */
export function turn(room: Uint8Array): void {
  rgba.turn(room.byteOffset, room.length);
}
