/**
 * JPEG, for pictures and for the frames of MJPEG streams. Squares of 8 × 8 samples become sums of 64
 * cosine waves, whose weights are divided by steps that grow as the quality falls; what is left, mostly
 * zeros, goes as Huffman codes. Colours may be kept for 4 pixels together (4:2:0), as eyes do not mind.
 * Encoding loses something: every decoder may differ a little; this one's pixels are libjpeg's.
 */
export * from "./alpha.ts";
export * from "./decode.ts";
export * from "./encode.ts";
export * from "./encode_alpha.ts";
