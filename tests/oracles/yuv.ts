/**
 * A pixel as ITU-R BT.601-7 and BT.709-6 have it, in 8 bits: 3.2 (luma and differences) and 3.4 (where
 * they lie between 0 and 255), without rounding.
 */
const RED = { bt601: 0.299, bt709: 0.2126 }, BLUE = { bt601: 0.114, bt709: 0.0722 };

/** Luma and the differences of blue and red. */
export function yuvOf(
  [r, g, b]: readonly [number, number, number],
  matrix: "bt601" | "bt709",
): [number, number, number] {
  const [kr, kb] = [RED[matrix], BLUE[matrix]];
  const luma = (kr * r + (1 - kr - kb) * g + kb * b) / 255;
  const blue = (b / 255 - luma) / (2 * (1 - kb)), red = (r / 255 - luma) / (2 * (1 - kr));
  return [16 + 219 * luma, 128 + 224 * blue, 128 + 224 * red];
}
