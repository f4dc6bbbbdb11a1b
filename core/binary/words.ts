/**
 * How far past a word's start bytes begin, 0 to 7. Shared memory is copied by words only between places
 * that are equally far past one, and by bytes otherwise, which takes three times as long.
 */
export const pastWord = ({ byteOffset }: Uint8Array): number => byteOffset & 7;
