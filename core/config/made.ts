import type { Stamp } from "./stamp.ts";

/** Another module stands here in a program file. */
export const made: Stamp | null = null;
