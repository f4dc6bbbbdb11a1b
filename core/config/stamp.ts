/** What a program file was told when it was made; run from its sources, it was told nothing. */
import { made } from "./made.ts";

/** How a program file was made. */
export interface Stamp {
  /** The commit of its sources, with `-dirty` if they differed; null: they had none. */
  readonly commit: string | null;
  /** The beginning of the SHA-256 of all that is inside but the runtime, in hexadecimal. */
  readonly build: string;
}

/** null: it runs from its sources. */
export const stamp: Stamp | null = made;

/** What `--version` prints. */
export function version(number: string, stamp: Stamp | null, deno: string): string {
  const name = `spice-appliance ${number}`;
  if (stamp === null) return `${name}\n`;
  const commit = stamp.commit === null ? "" : ` of ${stamp.commit}`;
  return `${name}\nbuild ${stamp.build}${commit}, Deno ${deno}\n`;
}
