import { assertEquals } from "@std/assert";
import { soon } from "../../../../web/client/soon.ts";

/** What a page, or a browser, may have by the name of scheduler. */
const SCHEDULERS: readonly (readonly [name: string, scheduler: unknown])[] = [
  ["no scheduler", undefined],
  ["the browser's scheduler", { postTask: (call: () => void) => Promise.resolve().then(call) }],
  ["a scheduler of the page's own", { addEvent: () => {} }],
];

for (const [name, scheduler] of SCHEDULERS) {
  Deno.test(`what is asked for soon is called once for each time, later: ${name}`, async () => {
    const before = Object.getOwnPropertyDescriptor(globalThis, "scheduler");
    Object.defineProperty(globalThis, "scheduler", { value: scheduler, configurable: true });
    try {
      let calls = 0;
      const next = Promise.withResolvers<void>();
      const ask = soon(() => ++calls === 2 && next.resolve());
      ask();
      ask();
      assertEquals(calls, 0);
      await next.promise;
      assertEquals(calls, 2);
    } finally {
      if (before) Object.defineProperty(globalThis, "scheduler", before);
      else Reflect.deleteProperty(globalThis, "scheduler");
    }
  });
}
