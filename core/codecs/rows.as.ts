// @ts-nocheck: AssemblyScript, checked by its own compiler

/**
 * Rows of so many bytes, `stride` apart from p on, one behind the other at `to`. Up to 15 bytes behind both
 * are read and overwritten.
 */
export function copyRows(p: usize, stride: u32, bytes: u32, rows: u32, to: usize): void {
  for (; rows > 0; rows--, p += stride) {
    const end = to + bytes;
    for (let from = p; to < end; to += 16, from += 16) v128.store(to, v128.load(from));
    to = end;
  }
}
