/** The tables of ITU-T T.81 annex K, which every encoder has unless it makes its own. */

/** Where each coefficient of a scan stands in an 8 × 8 block, row after row. */
export const zigzag: Uint8Array = Uint8Array.of(
  ...[0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5],
  ...[12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28],
  ...[35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51],
  ...[58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63],
);

/** Quantisation steps at quality 50, row after row (tables K.1 and K.2). */
const lumaSteps = [
  ...[16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55],
  ...[14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62],
  ...[18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92],
  ...[49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99],
];
const chromaSteps = [
  ...[17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99],
  ...[24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99],
  ...Array(32).fill(99),
];

/** Luma's and chroma's steps at a quality of 1 to 100, as libjpeg scales them. */
export function stepsAt(quality: number): readonly [Uint8Array, Uint8Array] {
  const percent = quality < 50 ? Math.trunc(5000 / quality) : 200 - quality * 2;
  const scaled = (steps: number[]) =>
    Uint8Array.from(
      steps,
      (step) => Math.min(255, Math.max(1, Math.trunc((step * percent + 50) / 100))),
    );
  return [scaled(lumaSteps), scaled(chromaSteps)];
}

/** How many codes there are of each length from 1 to 16, and what they stand for. */
export interface HuffmanTable {
  readonly counts: Uint8Array;
  readonly symbols: Uint8Array;
}

const bytes = (hex: string) => Uint8Array.fromHex(hex.replaceAll(/\s/g, ""));
const firstSymbols = bytes("000102030405060708090a0b");

/** Of the first coefficient's difference: how many bits it has (tables K.3 and K.4). */
export const firstTables: readonly [HuffmanTable, HuffmanTable] = [
  { counts: bytes("00010501010101010100000000000000"), symbols: firstSymbols },
  { counts: bytes("00030101010101010101010000000000"), symbols: firstSymbols },
];

/** Of the others: how many zeros are before it, and how many bits it has (tables K.5 and K.6). */
export const otherTables: readonly [HuffmanTable, HuffmanTable] = [
  {
    counts: bytes("0002010303020403050504040000017d"),
    symbols: bytes(`
      01 02 03 00 04 11 05 12 21 31 41 06 13 51 61 07 22 71 14 32 81 91 a1 08 23 42 b1 c1 15 52 d1 f0
      24 33 62 72 82 09 0a 16 17 18 19 1a 25 26 27 28 29 2a 34 35 36 37 38 39 3a 43 44 45 46 47 48 49
      4a 53 54 55 56 57 58 59 5a 63 64 65 66 67 68 69 6a 73 74 75 76 77 78 79 7a 83 84 85 86 87 88 89
      8a 92 93 94 95 96 97 98 99 9a a2 a3 a4 a5 a6 a7 a8 a9 aa b2 b3 b4 b5 b6 b7 b8 b9 ba c2 c3 c4 c5
      c6 c7 c8 c9 ca d2 d3 d4 d5 d6 d7 d8 d9 da e1 e2 e3 e4 e5 e6 e7 e8 e9 ea f1 f2 f3 f4 f5 f6 f7 f8
      f9 fa`),
  },
  {
    counts: bytes("00020102040403040705040400010277"),
    symbols: bytes(`
      00 01 02 03 11 04 05 21 31 06 12 41 51 07 61 71 13 22 32 81 08 14 42 91 a1 b1 c1 09 23 33 52 f0
      15 62 72 d1 0a 16 24 34 e1 25 f1 17 18 19 1a 26 27 28 29 2a 35 36 37 38 39 3a 43 44 45 46 47 48
      49 4a 53 54 55 56 57 58 59 5a 63 64 65 66 67 68 69 6a 73 74 75 76 77 78 79 7a 82 83 84 85 86 87
      88 89 8a 92 93 94 95 96 97 98 99 9a a2 a3 a4 a5 a6 a7 a8 a9 aa b2 b3 b4 b5 b6 b7 b8 b9 ba c2 c3
      c4 c5 c6 c7 c8 c9 ca d2 d3 d4 d5 d6 d7 d8 d9 da e2 e3 e4 e5 e6 e7 e8 e9 ea f2 f3 f4 f5 f6 f7 f8
      f9 fa`),
  },
];

/** Each code of a table in order: its bits, their number, what it stands for. */
export function* codesOf(
  { counts, symbols }: HuffmanTable,
): Generator<{ code: number; length: number; symbol: number }> {
  let code = 0, next = 0;
  for (let length = 1; length <= 16; length++, code <<= 1) {
    for (let left = counts[length - 1]; left > 0; left--) {
      yield { code: code++, length, symbol: symbols[next++] };
    }
  }
}
