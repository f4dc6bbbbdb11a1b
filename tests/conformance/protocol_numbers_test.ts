/** Our numbers, sizes and offsets against the C headers: as recorded always, as installed where they are. */
import { assertEquals } from "@std/assert";
import { headers, recorded } from "../kit/c_numbers.ts";
import { ask } from "../kit/c_program.ts";

for (const header of headers) {
  Deno.test(`our numbers are those of ${header.include}`, () => {
    assertEquals(header.numbers, recorded()[header.include]);
  });

  const answer = ask(header);
  if (typeof answer === "string") {
    console.log(`${header.include} is not asked: ${answer} (Debian: ${header.debian})`);
  }
  Deno.test({
    name: `the recorded numbers are those of the installed ${header.include}`,
    ignore: typeof answer === "string",
    fn: () => assertEquals(recorded()[header.include], answer as Record<string, number>),
  });
}
