import { assertEquals } from "@std/assert";
import { onPixels } from "../../../../web/client/pixels.ts";

type Change = () => void;

/** A page on a screen: what it watches, and how many pixels of the screen its own ones are. */
function page(boxes: readonly string[]) {
  const watched: { box: string; call: Change }[] = [];
  const queries = new Map<string, Set<Change>>();
  const before = new Map<string, PropertyDescriptor | undefined>();
  const set = (name: string, value: unknown) => {
    if (!before.has(name)) before.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
    Object.defineProperty(globalThis, name, { value, configurable: true });
  };
  set(
    "ResizeObserver",
    class {
      constructor(readonly call: Change) {}
      observe(_: Element, { box = "content-box" }: { box?: string } = {}): void {
        if (!boxes.includes(box)) throw new TypeError(`There is no ${box}`);
        watched.push({ box, call: this.call });
      }
      disconnect(): void {
        watched.splice(0);
      }
    },
  );
  set("devicePixelRatio", 1);
  set("matchMedia", (query: string) => ({
    addEventListener(_: string, call: Change, { signal }: { signal?: AbortSignal }): void {
      const calls = queries.get(query) ?? new Set();
      queries.set(query, calls.add(call));
      signal?.addEventListener("abort", () => calls.delete(call));
    },
  }));
  return {
    watched,
    /** The window is on a screen of this ratio now. */
    move(ratio: number): void {
      const left = `(resolution: ${devicePixelRatio}dppx)`, came = `(resolution: ${ratio}dppx)`;
      set("devicePixelRatio", ratio);
      for (const { box, call } of watched) if (box === "device-pixel-content-box") call();
      const calls = [left, came].flatMap((query) => [...queries.get(query) ?? []]);
      for (const query of [left, came]) queries.delete(query);
      for (const call of calls) call();
    },
    [Symbol.dispose](): void {
      for (const [name, property] of before) {
        if (property) Object.defineProperty(globalThis, name, property);
        else Reflect.deleteProperty(globalThis, name);
      }
    },
  };
}

for (const boxes of [["content-box", "device-pixel-content-box"], ["content-box"]]) {
  Deno.test(`a window that moves between screens is told of at each, where browsers tell of ${boxes.at(-1)}`, () => {
    using stage = page(boxes);
    const end = new AbortController();
    let told = 0;
    onPixels({} as Element, () => told++, end.signal);
    assertEquals(stage.watched.map(({ box }) => box), [boxes.at(-1)]);
    for (const ratio of [2, 1, 1.5]) stage.move(ratio);
    assertEquals(told, 3);
    end.abort();
    stage.move(2);
    assertEquals([told, stage.watched], [3, []]);
  });
}
