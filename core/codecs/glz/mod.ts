/**
 * GLZ, LZ whose dictionary are the pictures before: those that any display channel of a client was
 * sent, the last so many pixels of them. A byte below 32 is followed by that many and one more pixels
 * as they are; any other begins a match: its length, how many pictures back it lies, and where it
 * begins there, or how far back in the same picture. Every picture has an id and says which is the
 * oldest that the client has to keep, so the two ends agree without another word.
 * Source of truth: glz-encoder.c, glz-encoder-dict.c of libspice-server; decode-glz.c of spice-gtk.
 */
export { GlzDictionary, type GlzImage, type GlzRows } from "./dictionary.ts";
export type { GlzFormat } from "./header.ts";
export { type GlzMissing, type GlzPicture, GlzWindow } from "./window.ts";
