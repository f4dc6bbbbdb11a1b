/**
 * Arithmetic on the four 8-bit channels of a packed pixel, two at a time, 255 being one.
 * Every product is rounded to nearest, as pixman does; sums stop at 255.
 */

const RB = 0xff00ff;

/** Two channels in the low bytes of both halves, times a. */
const times = (rb: number, a: number): number => {
  const t = Math.imul(rb, a) + 0x800080 | 0;
  return (t + (t >>> 8 & RB)) >>> 8 & RB;
};

/** Every channel of x times a, which is 0 … 255. */
export function scaled(x: number, a: number): number {
  return times(x & RB, a) | times(x >>> 8 & RB, a) << 8;
}

/** Every channel of x times the same channel of y. */
export function product(x: number, y: number): number {
  return multiplied(x >>> 24, y >>> 24) << 24 |
    multiplied(x >>> 16 & 255, y >>> 16 & 255) << 16 |
    multiplied(x >>> 8 & 255, y >>> 8 & 255) << 8 | multiplied(x & 255, y & 255);
}

export function multiplied(a: number, b: number): number {
  const t = a * b + 128;
  return (t + (t >> 8)) >> 8;
}

/** A product of two channels, 0 … 255², divided by 255. */
export function divided(t: number): number {
  return (t + 128 + (t + 128 >> 8)) >> 8;
}

const plus = (x: number, y: number): number => {
  const t = x + y;
  return (t | 0x1000100 - (t >>> 8 & RB)) & RB;
};

export function sum(x: number, y: number): number {
  return plus(x & RB, y & RB) | plus(x >>> 8 & RB, y >>> 8 & RB) << 8;
}

/** s over d: s + d · (1 - alpha of s). */
export function over(s: number, d: number): number {
  const a = s >>> 24;
  return a === 255 ? s : s === 0 ? d : sum(s, scaled(d, 255 - a));
}
