/** Kinds of data, in SPICE's words and in X's. */
import type { ClipboardType } from "../../../core/guest.ts";

/** The best first. */
export const TARGETS_OF: Readonly<Record<ClipboardType, readonly string[]>> = {
  text: ["UTF8_STRING", "text/plain;charset=utf-8", "STRING", "TEXT"],
  png: ["image/png"],
  bmp: ["image/bmp", "image/x-bmp", "image/x-ms-bmp"],
  tiff: ["image/tiff"],
  jpg: ["image/jpeg"],
  fileList: [],
};

const types = Object.keys(TARGETS_OF) as ClipboardType[];

/** The types of what an owner has. */
export const typesOf = (targets: readonly string[]): ClipboardType[] =>
  types.filter((type) => TARGETS_OF[type].some((target) => targets.includes(target)));

/** null: it is none that SPICE has a word for. */
export const typeOf = (target: string): ClipboardType | null =>
  types.find((type) => TARGETS_OF[type].includes(target)) ?? null;
