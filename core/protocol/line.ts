import { fixed28_4, u32, u8 } from "../binary/cell.ts";
import type { Codec } from "../binary/codec.ts";

/**
 * spice.proto: LineAttr's style_nseg and style: a count, then a pointer to so many fixed28_4.
 * It stands apart because the count lies before the pointer and not at its target.
 */
export const StyledLine: Codec<number[]> = {
  min: 5,
  read(r, fields, counts) {
    const n = u8.read(r, fields, counts);
    const offset = u32.read(r, fields, counts);
    if (offset === 0) return n === 0 ? [] : r.fail("style has no pointer");
    return r.within(offset, () => {
      r.expect(n, 4);
      return Array.from({ length: n }, () => fixed28_4.read(r, fields, counts));
    });
  },
  write(w, value, fields) {
    u8.write(w, value.length, fields);
    w.defer(() => value.forEach((length) => fixed28_4.write(w, length, fields)));
  },
  sample: (random) => Array.from({ length: random.below(6) }, () => random.below(256) / 16),
};
