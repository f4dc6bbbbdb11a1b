/** Stands in the place of the module of this name; see intruded.ts. */
import "../adversary.ts";
export * from "../../../channels/display/encode_bitmap.ts";
