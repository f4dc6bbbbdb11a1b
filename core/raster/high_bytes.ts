/**
 * What stands in the unused bytes of 32-bit pixels: off screen it may be meant as alpha.
 * Source of truth: rgb32_data_has_alpha in utils.c. SPEC: pixels of 0 do not count, so "all" may
 * have some of them.
 */
export function highBytes(data: Uint8Array): "none" | "some" | "all" {
  let any = false;
  for (let i = 3; i < data.length; i += 4) {
    if (data[i] === 0) continue;
    if (data[i] !== 0xff) return "some";
    any = true;
  }
  return any ? "all" : "none";
}
