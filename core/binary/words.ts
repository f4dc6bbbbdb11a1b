/**
 * How far past a word's start bytes begin, 0 to 7. Shared memory is copied by words only between places
 * that are equally far past one, and by bytes otherwise, which takes three times as long.
 */
export const pastWord = ({ byteOffset }: Uint8Array): number => byteOffset & 7;

/** A copy that is as far past a word's start as the original is. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const past = pastWord(bytes);
  const copy = new Uint8Array(new ArrayBuffer(past + bytes.length), past, bytes.length);
  copy.set(bytes);
  return copy;
}

/** The same for a copy whose pixels keep to 4 bytes: 0 or 4. */
export const leadOf = (bytes: Uint8Array): number => pastWord(bytes) & 4;

/** The most that `leadOf` gives. */
export const MOST_LEAD = 4;
