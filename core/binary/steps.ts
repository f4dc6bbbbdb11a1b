/** How a struct goes through its fields: those of fixed size that stand side by side go together. */
import { type Cell, isCell } from "./cell.ts";
import type { Codec } from "./codec.ts";
import type { Length, Shape } from "./struct.ts";

export interface Step {
  readonly name: string;
  // deno-lint-ignore no-explicit-any
  readonly codec: Codec<any>;
  /** The codec, if it can be read in place. */
  // deno-lint-ignore no-explicit-any
  readonly cell: Cell<any> | null;
  readonly length: Length<string> | null;
  /** Bytes from the beginning of the run of cells that it stands in. */
  readonly offset: number;
}

/** Cells that stand side by side: their bounds are checked once. */
export interface Run {
  readonly size: number;
  /** The first step behind it. */
  readonly end: number;
}

/** The fields in their order. */
export function stepsOf(shape: Shape): Step[] {
  let offset = 0;
  return Object.entries(shape).map(([name, described]) => {
    const length = "hidden" in described ? described : null;
    const codec = "hidden" in described ? described.cell : described;
    const cell = isCell(codec) ? codec : null;
    const step = { name, codec, cell, length, offset };
    offset = cell === null ? 0 : offset + cell.size;
    return step;
  });
}

/** For each step the run that it begins, or null. */
export function runsOf(steps: Step[]): (Run | null)[] {
  return steps.map(({ cell }, i) => {
    if (cell === null || (i > 0 && steps[i - 1].cell !== null)) return null;
    let end = i;
    while (end < steps.length && steps[end].cell !== null) end++;
    const last = steps[end - 1];
    return { size: last.offset + last.cell!.size, end };
  });
}
