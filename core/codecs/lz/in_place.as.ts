// @ts-nocheck: AssemblyScript, checked by its own compiler
/** The encoder alone, over the memory that pictures lie in. */
export { encodeBytes, encodeColours, encodeShorts, gather } from "./encode.as.ts";
