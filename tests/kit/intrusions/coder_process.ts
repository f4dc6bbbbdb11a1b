/** Stands in the place of the module of this name; see intruded.ts. */
import "../adversary.ts";
export * from "../../../channels/display/coder_process.ts";
