// @ts-nocheck: AssemblyScript, checked by its own compiler
/** Where the encoder's tables and its blocks stand in memory. */

/**
 * A table, of luma or of chroma: 64 factors and 64 powers of two (i16) that quantise; for each run << 4 |
 * bits of a coefficient its Huffman code with room for the bits, and above CODE_BITS the length of both
 * (u32); then 16 such for the first coefficient.
 */
export const TABLE_BYTES: usize = 1344;
export const CODES: usize = 256;
export const FIRST_CODES: usize = CODES + 1024;
export const CODE_BITS: u32 = 26;

/** Both; behind them the place of each coefficient in zigzag order, in bytes. */
export const TABLES: usize = memory.data(2 * 1344 + 64, 16);
export const ORDER: usize = TABLES + 2 * TABLE_BYTES;

/** For each byte of a mask, what bits it is in zigzag order. */
export const SPREAD: usize = memory.data(8 * 256 * 8, 16);
/** Samples of the blocks of one unit, then the coefficients of one block. */
export const BLOCKS: usize = memory.data(6 * 128, 16);
export const COEFFICIENTS: usize = memory.data(128, 16);
/** The first coefficient of each component's last block. */
export const LAST: usize = memory.data(3 * 4, 16);
