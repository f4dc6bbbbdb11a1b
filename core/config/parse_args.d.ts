/** The part of `@std/cli/parse-args` that is used here: the npm copy of the library has no types. */

/** Which options take a word and which stand alone. */
export interface ParseOptions {
  boolean?: readonly string[];
  string?: readonly string[];
  collect?: readonly string[];
  alias?: Readonly<Record<string, string>>;
  /** Called for whatever was not named above; `false` drops it. */
  unknown?: (argument: string, key?: string, value?: unknown) => unknown;
}

/** Options by name. Words that are no option are in `_`. */
export function parseArgs(
  args: readonly string[],
  options?: ParseOptions,
): Record<string, unknown> & { _: (string | number)[] };
