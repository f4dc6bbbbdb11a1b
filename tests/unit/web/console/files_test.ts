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
