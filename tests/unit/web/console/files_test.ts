import { assertEquals } from "@std/assert";
import type { TransferNews } from "../../../../web/client/orders.ts";
import type { Viewer } from "../../../../web/client/viewer.ts";

/** As much of an element as a line of a transfer is made of. */
class Part extends EventTarget {
  hidden = false;
  textContent = "";
  readonly #parts = new Map<string, Part>();
  querySelector(selector: string): Part {
    return this.#parts.getOrInsertComputed(selector, () => new Part());
  }
  setAttribute(): void {}
  append(): void {}
  remove(): void {}
}

const parts = new Map<string, Part>();
const find = (id: string) => parts.getOrInsertComputed(id, () => new Part());
Object.assign(globalThis, {
  document: { getElementById: find, createElement: () => new Part() },
});
const { Files } = await import("../../../../web/console/files.ts");
const { toast } = await import("../../../../web/console/page.ts");

const news = (state: TransferNews["state"]): TransferNews => (
  { news: "transfer", id: 1, name: "a", sent: 0, size: 9, state, why: "" }
);

Deno.test("files are being sent from their first word to their last", () => {
  const files = new Files({} as Viewer);
  assertEquals(files.sending, false);
  for (const state of ["waiting", "sending"] as const) {
    files.hear(news(state));
    assertEquals(files.sending, true, state);
  }
  files.hear(news("done"));
  assertEquals(files.sending, false);
});

Deno.test("who only looks is told that, and not of a missing agent", async () => {
  const files = new Files({} as Viewer), said = Promise.withResolvers<string>();
  Object.defineProperty(find("toast"), "textContent", {
    set: (text: string) => text !== "" && said.resolve(text),
    configurable: true,
  });
  files.looks = true;
  files.send([new File([], "a")]);
  assertEquals(await said.promise, "Who only looks sends no files to the guest");
  // a toast's end is not this test's
  toast("");
});
