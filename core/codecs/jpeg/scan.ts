/** One scan of a JPEG file: codes to coefficients, at once or bit by bit (ITU-T T.81 F.2 and G.2). */
import type { BitReader, HuffmanReader } from "./bit_reader.ts";
import { zigzag } from "./tables.ts";

export interface Component {
  readonly id: number;
  /** How many blocks a unit has of it, across and down. */
  readonly across: number;
  readonly down: number;
  /** Which quantisation it has; the steps themselves once a scan had it. */
  readonly table: number;
  steps: Uint16Array | null;
  /** Blocks that show something. */
  readonly blocksAcross: number;
  readonly blocksDown: number;
  /** Blocks in a row of the coefficients: whole units. */
  readonly blocksStride: number;
  /** 64 of each block, row after row. */
  readonly coefficients: Int16Array;
}

/** What a scan's header says. */
export interface Scan {
  readonly components: readonly Component[];
  /** Of each component; null where this scan needs none. */
  readonly first: readonly (HuffmanReader | null)[];
  readonly other: readonly (HuffmanReader | null)[];
  /** Which coefficients, and which bits of them: `high` 0 says it is the first time. */
  readonly from: number;
  readonly to: number;
  readonly high: number;
  readonly low: number;
  readonly progressive: boolean;
  readonly unitsAcross: number;
  readonly unitsDown: number;
  /** Units between restart markers; 0: there are none. */
  readonly restartInterval: number;
}

/** Reads all of a scan into its components' coefficients. RangeError: it is malformed. */
export function readScan(bits: BitReader, scan: Scan): void {
  const last = new Int32Array(scan.components.length);
  const band = { left: 0 };
  let units = 0, restarts = 0;
  const restartIfDue = () => {
    if (scan.restartInterval === 0 || units++ === 0 || (units - 1) % scan.restartInterval !== 0) {
      return;
    }
    bits.restart(restarts++);
    last.fill(0);
    band.left = 0;
  };
  // a component alone has no units: only blocks that show something
  const alone = scan.components.length === 1;
  const across = alone ? scan.components[0].blocksAcross : scan.unitsAcross;
  const down = alone ? scan.components[0].blocksDown : scan.unitsDown;
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      restartIfDue();
      if (alone) readBlock(bits, scan, 0, y * scan.components[0].blocksStride + x, last, band);
      else {
        for (let i = 0; i < scan.components.length; i++) {
          const { across, down, blocksStride } = scan.components[i];
          for (let v = 0; v < down; v++) {
            const row = (y * down + v) * blocksStride + x * across;
            for (let h = 0; h < across; h++) readBlock(bits, scan, i, row + h, last, band);
          }
        }
      }
    }
  }
}

/** last: the first coefficient of each component's last block. band: how many blocks end before it. */
function readBlock(
  bits: BitReader,
  scan: Scan,
  i: number,
  block: number,
  last: Int32Array,
  band: { left: number },
): void {
  const { coefficients } = scan.components[i];
  const at = block * 64;
  if (scan.from === 0) {
    if (scan.high > 0) coefficients[at] |= bits.bit() << scan.low;
    else {
      last[i] += bits.signed(bits.symbol(scan.first[i]!));
      coefficients[at] = last[i] << scan.low;
    }
  }
  if (scan.to === 0) return;
  const table = scan.other[i]!;
  if (!scan.progressive) readOthers(bits, table, coefficients, at);
  else if (scan.high === 0) readBand(bits, table, coefficients, at, scan, band);
  else refineBand(bits, table, coefficients, at, scan, band);
}

function readOthers(bits: BitReader, table: HuffmanReader, coefficients: Int16Array, at: number) {
  for (let k = 1; k < 64; k++) {
    const symbol = bits.symbol(table);
    const size = symbol & 15;
    k += symbol >> 4;
    if (size === 0) {
      if (symbol !== 0xf0) return;
    } else {
      if (k > 63) throw tooMany();
      coefficients[at + zigzag[k]] = bits.signed(size);
    }
  }
}

type Band = { left: number };

function readBand(
  bits: BitReader,
  table: HuffmanReader,
  coefficients: Int16Array,
  at: number,
  { from, to, low }: Scan,
  band: Band,
): void {
  if (band.left > 0) {
    band.left--;
    return;
  }
  for (let k = from; k <= to; k++) {
    const symbol = bits.symbol(table);
    const run = symbol >> 4, size = symbol & 15;
    if (size === 0 && run < 15) {
      band.left = (1 << run) - 1 + bits.bits(run);
      return;
    }
    k += run;
    if (size === 0) continue;
    if (k > to) throw tooMany();
    coefficients[at + zigzag[k]] = bits.signed(size) << low;
  }
}

/** One more bit of those that are not 0, between those that begin to be not 0 now. */
function refineBand(
  bits: BitReader,
  table: HuffmanReader,
  coefficients: Int16Array,
  at: number,
  { from, to, low }: Scan,
  band: Band,
): void {
  const bit = 1 << low;
  const refine = (place: number) => {
    const value = coefficients[place];
    if (bits.bit() === 1 && (value & bit) === 0) coefficients[place] += value > 0 ? bit : -bit;
  };
  let k = from;
  while (band.left === 0 && k <= to) {
    const symbol = bits.symbol(table);
    let run = symbol >> 4;
    const size = symbol & 15;
    if (size > 1) throw new RangeError(`JPEG coefficient of ${size} bits where it can have 1`);
    if (size === 0 && run < 15) {
      band.left = (1 << run) + bits.bits(run);
      break;
    }
    const made = size === 0 ? 0 : bits.bit() === 1 ? bit : -bit;
    for (; k <= to; k++) {
      const place = at + zigzag[k];
      if (coefficients[place] !== 0) refine(place);
      else if (run-- === 0) break;
    }
    if (made !== 0) {
      if (k > to) throw tooMany();
      coefficients[at + zigzag[k]] = made;
    }
    k++;
  }
  if (band.left === 0) return;
  for (; k <= to; k++) {
    const place = at + zigzag[k];
    if (coefficients[place] !== 0) refine(place);
  }
  band.left--;
}

const tooMany = () => new RangeError("More JPEG coefficients than a block has");
