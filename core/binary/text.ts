import type { Codec, Refers } from "./codec.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** UTF-8 whose count includes a terminating NUL; the value has none. The count is `lengthOf(…, 1)` of bytes, so the value is bytes. */
export function zeroTerminated<const N extends string>(
  count: N,
): Codec<Uint8Array> & Refers<N> {
  return {
    refersTo: count,
    min: 0,
    read(r, _, counts) {
      const all = r.slice(counts[count]);
      const end = all.indexOf(0);
      return end < 0 ? all : all.subarray(0, end);
    },
    write(w, value) {
      w.put(value);
      w.view.setUint8(w.take(1), 0);
    },
    sample: (random) => encoder.encode("x".repeat(random.below(12))),
  };
}

/** What UTF-8 bytes say; broken ones become U+FFFD. */
export const textOf = (bytes: Uint8Array): string =>
  // a view of shared memory must be copied before TextDecoder takes it
  decoder.decode(bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice());

export const bytesOfText = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);
