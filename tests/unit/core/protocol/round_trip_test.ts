import { assertEquals } from "@std/assert";
import { decode, encode } from "../../../../core/binary/codec.ts";
import { seeded } from "../../../../core/binary/random.ts";
import { effort } from "../../../kit/effort.ts";
import { vocabularies } from "../../../kit/vocabularies.ts";

for (const [name, words] of vocabularies) {
  Deno.test(`every word of ${name} reads what it wrote`, () => {
    const random = seeded(1);
    for (const { codec } of words) {
      for (let i = 0; i < effort.samples; i++) {
        const value = codec.sample(random, {});
        assertEquals(decode(codec, encode(codec, value)), value);
      }
    }
  });
}
