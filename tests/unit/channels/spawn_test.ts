import { assertEquals, assertThrows } from "@std/assert";
import { type Program, startProgram } from "../../../channels/spawn.ts";
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
