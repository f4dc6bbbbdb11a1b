import { assertEquals, assertMatch } from "@std/assert";
import { Sound } from "../../../../web/client/sound/sound.ts";

/** What the person is told when the guest wants the microphone and the browser answers so. */
async function told(answer: () => Promise<unknown>): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  Object.defineProperty(navigator, "mediaDevices", {
    configurable: true,
    value: { getUserMedia: answer },
  });
  const sound = new Sound({ worklet: "", tell: () => {}, onTrouble: resolve });
  sound.hear({ news: "microphone", wanted: true });
  return await promise;
}

const rejects = (name: string) => () => Promise.reject(new DOMException("of the browser's", name));

Deno.test("a microphone that cannot be used is told of with what to do", async () => {
  const cases: [string, RegExp][] = [
    ["NotAllowedError", /^This browser keeps the microphone from this page: allow it in /],
    ["NotFoundError", /^No microphone was found: connect one/],
    ["NotReadableError", /^The microphone does not answer: another program may have it/],
  ];
  for (const [name, words] of cases) assertMatch(await told(rejects(name)), words);
  assertEquals(
    await told(rejects("OddError")),
    "The microphone cannot be used: OddError: of the browser's",
  );
});

Deno.test("a page in the clear is told that it has no microphone", async () => {
  const words = await told(() => Promise.reject(new TypeError("undefined is not an object")));
  assertMatch(words, /only for pages that came with https/);
});
