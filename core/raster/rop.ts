import { Ropd } from "../protocol/drawing.ts";

/**
 * One of the 16 ways to join a source bit s and a destination bit d, as its truth table:
 * bit (s << 1 | d) is the result. ROP3 codes are the same with a pattern bit on top.
 */
export type Rop = number;
export const ROP = { clear: 0b0000, invert: 0b0101, copy: 0b1100, set: 0b1111 } as const;

const { inversSrc, inversBrush, inversDest, inversRes } = Ropd;
const INVERS = { src: inversSrc, brush: inversBrush, dest: inversDest } as const;

/** flags16 ropd: which of a drawing's inputs are the rop's source and destination. */
export function ropOf(
  ropd: number,
  source: keyof typeof INVERS,
  dest: keyof typeof INVERS,
): Rop {
  const s = 0b1100 ^ (ropd & INVERS[source] ? 0b1111 : 0);
  const d = 0b1010 ^ (ropd & INVERS[dest] ? 0b1111 : 0);
  const result = ropd & inversRes ? 0b1111 : 0;
  // SPEC: several operations at once: the first in this order counts; none is a plain copy
  if (ropd & Ropd.opPut) return s ^ result;
  if (ropd & Ropd.opOr) return (s | d) ^ result;
  if (ropd & Ropd.opAnd) return (s & d) ^ result;
  if (ropd & Ropd.opXor) return (s ^ d) ^ result;
  if (ropd & Ropd.opBlackness) return ROP.clear;
  if (ropd & Ropd.opWhiteness) return ROP.set;
  if (ropd & Ropd.opInvers) return ROP.invert;
  return ROP.copy;
}

/**
 * The same rop as sums of products over bits (Reed-Muller):
 * result = one ^ s & sOnly ^ d & (dOnly ^ s & both), each a mask of 32 equal bits.
 */
export interface RopMasks {
  readonly one: number;
  readonly sOnly: number;
  readonly dOnly: number;
  readonly both: number;
}

const all = (bit: number) => -(bit & 1);
export const ropMasks: readonly RopMasks[] = Array.from({ length: 16 }, (_, t) => ({
  one: all(t),
  dOnly: all(t ^ (t >> 1)),
  sOnly: all(t ^ (t >> 2)),
  both: all(t ^ (t >> 1) ^ (t >> 2) ^ (t >> 3)),
}));
