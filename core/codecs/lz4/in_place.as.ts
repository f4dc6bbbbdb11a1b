// @ts-nocheck: AssemblyScript, checked by its own compiler
/** The encoder alone, over the memory that pictures lie in. */
export { copyRows, encodeFours, encodeOnes, encodeTwos } from "./encode.as.ts";
