import { u8 } from "./cell.ts";
import { type Codec, noFields, type Refers } from "./codec.ts";
import type { Random } from "./random.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const someText = (random: Random) => encoder.encode("x".repeat(random.below(12)));

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
      u8.write(w, 0, noFields);
    },
    sample: someText,
  };
}

/** UTF-8 whose count leaves out the NUL that follows it nonetheless, if the writer did not forget it. */
export function zeroFollowed<const N extends string>(
  count: N,
): Codec<Uint8Array> & Refers<N> {
  return {
    refersTo: count,
    min: 0,
    read(r, _, counts) {
      const text = r.slice(counts[count]);
      if (r.remaining > 0 && u8.get(r.view, r.at) === 0) r.take(1);
      return text;
    },
    write(w, value) {
      w.put(value);
      u8.write(w, 0, noFields);
    },
    sample: someText,
  };
}

/** What UTF-8 bytes say; broken ones become U+FFFD. */
export const textOf = (bytes: Uint8Array): string =>
  // a view of shared memory must be copied before TextDecoder takes it
  decoder.decode(bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice());

export const bytesOfText = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);
