// @ts-nocheck: AssemblyScript, checked by its own compiler
/** The loop of mod.ts beside it. */

export { reserve } from "../room.as.ts";

/** Of so many bytes, rounded up to 16: blue, green, red, any becomes red, green, blue, opaque. */
export function turn(at: usize, bytes: usize): void {
  const opaque = i8x16.splat(-1);
  for (const end = at + bytes; at < end; at += 16) {
    const four = i8x16.shuffle(
      v128.load(at), opaque, 2, 1, 0, 16, 6, 5, 4, 16, 10, 9, 8, 16, 14, 13, 12, 16);
    v128.store(at, four);
  }
}
