import { assertEquals } from "@std/assert";
import { Lobby } from "../../../channels/lobby.ts";

/** A lobby, and who was thrown out of it. */
function lobby(options: ConstructorParameters<typeof Lobby>[0]) {
  const out: string[] = [];
  const room = new Lobby({ deadlineMs: 60_000, ...options });
  const enter = (address: string, name = address) => room.enter(address, () => out.push(name));
  return { room, out, enter };
}

Deno.test("when all places are taken, who has waited longest makes room", () => {
  const { room, out, enter } = lobby({ most: 3 });
  const first = enter("a");
  enter("b");
  enter("c");
  enter("d");
  assertEquals([out, room.size], [["a"], 3]);
  assertEquals(first.deadline.aborted, true);
  room.close();
  assertEquals([out, room.size], [["a", "b", "c", "d"], 0]);
});

Deno.test("an address that takes more than its share makes room itself", () => {
  const { room, out, enter } = lobby({ mostPerAddress: 2 });
  enter("quiet");
  for (const name of ["a1", "a2", "a3", "a4"]) enter("a", name);
  assertEquals([out, room.size], [["a1", "a2"], 3]);
  room.close();
});

Deno.test("who has left is not counted, timed or thrown out any more", () => {
  const { room, out, enter } = lobby({ most: 2 });
  const first = enter("a");
  first.leave();
  first.leave();
  enter("b");
  enter("c");
  assertEquals([out, room.size, first.deadline.aborted], [[], 2, false]);
  room.close();
  assertEquals(out, ["b", "c"]);
});

Deno.test("a lack of descriptors costs nobody the place who has just come", () => {
  const { room, out, enter } = lobby({});
  room.makeRoom();
  enter("a");
  room.makeRoom();
  assertEquals([out, room.size], [[], 1]);
  room.close();
});
