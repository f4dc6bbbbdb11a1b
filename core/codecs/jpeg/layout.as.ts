// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * Where the encoder's tables and its blocks stand in memory. Places that are known when this is compiled
 * need no check of their bounds, so the loops take all that is theirs from such; and constants, too: V8
 * makes one of 16 bytes anew wherever it is used, in three instructions.
 */

/**
 * A table, of luma or of chroma: 64 factors and 64 powers of two (i16) that quantise; for each run << 4 |
 * bits of a coefficient its Huffman code with room for the bits, and above CODE_BITS the length of both
 * (u32); 16 such for the first coefficient; and for each run << 4 | coefficient + 8 the whole code.
 */
export const TABLE_BYTES: usize = 2368;
export const CODES: usize = 256;
export const FIRST_CODES: usize = CODES + 1024;
export const WHOLE_CODES: usize = FIRST_CODES + 64;
export const CODE_BITS: u32 = 26;

/** Both; behind them the place of each coefficient in zigzag order, in bytes. */
export const TABLES: usize = memory.data(2 * 2368 + 64, 16);
export const LUMA: usize = TABLES;
export const CHROMA: usize = TABLES + TABLE_BYTES;
export const ORDER: usize = TABLES + 2 * TABLE_BYTES;

/** For each byte of a mask, what bits it is in zigzag order. */
export const SPREAD: usize = memory.data(8 * 256 * 8, 16);
/** Samples of the blocks of one unit, then the coefficients of one block. */
export const BLOCKS: usize = memory.data(6 * 128, 16);
export const COEFFICIENTS: usize = memory.data(128, 16);
/** The first coefficient of each component's last block. */
export const LAST: usize = memory.data(3 * 4, 16);

/** The scan's bits, 64 to a number, until they become bytes; behind that room for what a unit may add. */
export const WORDS: usize = memory.data(4096 + 6 * 64 * 26 / 8 + 16, 16);
export const WORDS_FULL: usize = WORDS + 4096;
