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

/** Below so many bytes a second call costs more than bytes one by one. */
const LONG = 512;
/** What is copied at a time by way of the memory in between; it stays in the processor's cache. */
const AT_A_TIME = 64 << 10;
let between: Uint8Array<ArrayBuffer> | null = null;

/**
 * Copies bytes, shared or not, wherever they lie. Where shared ones lie otherwise than their copy they
 * go by way of a place of our own where they lie alike: of 20 kB that takes a tenth of the time.
 */
export function copyInto(target: Uint8Array, bytes: Uint8Array, at: number): void {
  const { length } = bytes, from = pastWord(bytes), to = target.byteOffset + at & 7;
  const own = bytes.buffer instanceof ArrayBuffer, into = target.buffer instanceof ArrayBuffer;
  if (length < LONG || own && into || from === to) return target.set(bytes, at);
  between ??= new Uint8Array(AT_A_TIME + 8);
  const past = own ? to : from;
  // AT_A_TIME is a multiple of 8, so that each piece is as far past a word as the first
  for (let done = 0; done < length; done += AT_A_TIME) {
    const piece = bytes.subarray(done, done + AT_A_TIME);
    between.set(piece, past);
    target.set(between.subarray(past, past + piece.length), at + done);
  }
}
