import type { Picture } from "./png.ts";

/** Reads a binary PPM with 8 bits a sample. */
export function decodePpm(file: Uint8Array): Picture {
  const head = new TextDecoder("latin1").decode(file.subarray(0, 64));
  const [all, width, height] = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(head)!;
  const pixels = new Uint32Array(Number(width) * Number(height));
  for (let i = 0, at = all.length; i < pixels.length; i++, at += 3) {
    pixels[i] = file[at] << 16 | file[at + 1] << 8 | file[at + 2];
  }
  return { width: Number(width), height: Number(height), pixels };
}
