/** What is wrong with a configuration: all of it at once, each with its place. */

/** Where something was said: a file's line, or an option of the command line. */
export interface Place {
  /** The file as it was named, or the option: `--spice`. */
  readonly source: string;
  /** From 1; 0: the source as a whole. */
  readonly line: number;
}

/** A configuration that cannot be used. One line of message for each mistake: `spice.cfg:3: …`. */
export class ConfigError extends Error {
  override name = "ConfigError";
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

interface Problem {
  readonly place: Place | null;
  readonly text: string;
}

/** Collects mistakes while reading goes on. */
export class Problems {
  readonly #errors: Problem[] = [];
  readonly #warnings: Problem[] = [];

  error(place: Place | null, text: string): void {
    this.#errors.push({ place, text });
  }

  /** What works, but may not be what was meant. */
  warn(place: Place | null, text: string): void {
    this.#warnings.push({ place, text });
  }

  /** Ends the reading when there was a mistake. */
  throwIfAny(): void {
    if (this.#errors.length > 0) throw new ConfigError(told(this.#errors));
  }

  get warnings(): readonly string[] {
    return told(this.#warnings);
  }
}

/** In the order of the files and their lines; what has no place comes last. */
function told(problems: readonly Problem[]): string[] {
  const sources = problems.map(({ place }) => place?.source);
  const rank = ({ place }: Problem) => place === null ? Infinity : sources.indexOf(place.source);
  const sorted = problems.toSorted((a, b) =>
    rank(a) === rank(b) ? (a.place?.line ?? 0) - (b.place?.line ?? 0) : rank(a) - rank(b)
  );
  const lines = sorted.map(({ place, text }) =>
    place === null ? text : `${placeText(place)}: ${text}`
  );
  return [...new Set(lines)];
}

/** `spice.cfg:3` */
export function placeText(place: Place): string {
  return place.line === 0 ? place.source : `${place.source}:${place.line}`;
}

/** ` (did you mean "port"?)`, or nothing when no known word is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  let best = "";
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best === "" ? "" : ` (did you mean "${best}"?)`;
}

/** Insertions, deletions, substitutions and swaps of neighbours between two words. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let edits = Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, before[j - 2] + 1);
      }
      row.push(edits);
    }
    [before, above] = [above, row];
  }
  return above[b.length];
}
