import { assertEquals, assertThrows } from "@std/assert";
import { helperAt, type Program, spawn, startProgram } from "../../../channels/spawn.ts";
import { concat } from "../../kit/concat.ts";
import { needs } from "../../kit/peers.ts";

/** All that it says, until it ends. */
function hear(program: Program): Promise<{ said: string; reason: string }> {
  const pieces: Uint8Array[] = [];
  program.onBytes = (bytes) => pieces.push(bytes);
  return new Promise((resolve) => {
    program.onEnd = (reason) => resolve({ said: new TextDecoder().decode(concat(pieces)), reason });
  });
}

Deno.test({
  name: "a program is given bytes, finds nothing in its environment, and says why it ended",
  ...needs("sh", "head", "env"),
  async fn() {
    const echo = startProgram("head", ["-c", "5"]);
    echo.write(new TextEncoder().encode("abcdefgh"));
    assertEquals(await hear(echo), { said: "abcde", reason: "it ended with 0" });
    echo.write(new Uint8Array(1 << 20));
    echo.close();
    const env = await hear(startProgram("env", []));
    assertEquals(env.said, "");
    const { reason } = await hear(startProgram("sh", ["-c", "echo so it is >&2; exit 3"]));
    assertEquals(reason, "so it is");
  },
});

Deno.test({
  name: "a program that is closed is killed and says no more; one that is not there throws",
  ...needs("cat"),
  async fn() {
    const program = startProgram("cat", []);
    let ended = false;
    program.onEnd = () => ended = true;
    program.close();
    program.close();
    program.write(Uint8Array.of(1));
    await new Promise((wake) => setTimeout(wake, 50));
    assertEquals(ended, false);
    assertThrows(() => startProgram("no-such-program-here", []));
  },
});

Deno.test("who hears of a far worker's loss later than that is told then, and hears the one in its place", async () => {
  const { port1, port2 } = new MessageChannel();
  const { port1: next, port2: nextFar } = new MessageChannel();
  const helper = helperAt(port1), heard: unknown[] = [];
  helper.lost("it does not load", next);
  helper.onLost = (reason, again) => heard.push([reason, again]);
  assertEquals(heard, [["it does not load", true]]);
  const said = Promise.withResolvers<void>();
  helper.onMessage = (message) => said.resolve(void heard.push(message));
  nextFar.postMessage("here");
  await said.promise;
  helper.lost("shot", null);
  assertEquals(heard.slice(1), ["here", ["shot", false]]);
  for (const port of [port2, nextFar]) port.close();
});

Deno.test("a worker that dies while it loads is heard of", async () => {
  const worker = spawn(new URL("data:text/javascript,throw new Error('no such module')"));
  const reason = await new Promise<string>((resolve) => worker.onLost = resolve);
  assertEquals(reason.includes("no such module"), true, reason);
});
