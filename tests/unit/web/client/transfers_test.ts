import { assertEquals } from "@std/assert";
import { FileXferResult } from "../../../../core/protocol/agent.ts";
import type { TransferNews } from "../../../../web/client/orders.ts";
import { Transfers } from "../../../../web/client/transfers.ts";

const text = new TextDecoder();
const none = new Uint8Array();

function sending() {
  // deno-lint-ignore no-explicit-any
  const said: [string, any][] = [], news: TransferNews[] = [];
  const transfers = new Transfers({
    say(name, body) {
      said.push([name, body]);
      return Promise.resolve();
    },
    news: (told) => news.push(told),
  });
  const last = () => [news.at(-1)!.state, news.at(-1)!.sent, news.at(-1)!.why];
  const settle = () => new Promise((wake) => setTimeout(wake, 0));
  return { transfers, said, news, last, settle };
}

Deno.test("a file is announced with one line for its name, sent when the agent says so, and done when it says so", async () => {
  const { transfers, said, last, settle } = sending();
  const bytes = crypto.getRandomValues(new Uint8Array(65_536)), rest = new Uint8Array(5);
  transfers.send(7, new File([bytes, rest], "../a\nsize=1"));
  assertEquals(said.map(([name]) => name), ["fileXferStart"]);
  assertEquals(
    text.decode(said[0][1].data),
    "[vdagent-file-xfer]\nname=.._a_size=1\nsize=65541\n\0",
  );
  transfers.status({ id: 7, result: FileXferResult.canSendData, data: none });
  while (said.length < 3) await settle();
  await settle();
  assertEquals(said.slice(1).map(([name, { id, data }]) => [name, id, data]), [
    ["fileXferData", 7, bytes],
    ["fileXferData", 7, rest],
  ]);
  assertEquals(last(), ["sending", 65_541, ""]);
  transfers.status({ id: 7, result: FileXferResult.success, data: none });
  assertEquals(last(), ["done", 65_541, ""]);
});

Deno.test("an empty file is sent as a part without bytes", async () => {
  const { transfers, said, settle } = sending();
  transfers.send(1, new File([], "empty"));
  transfers.status({ id: 1, result: FileXferResult.canSendData, data: none });
  while (said.length < 2) await settle();
  assertEquals(said[1], ["fileXferData", { id: 1, data: none }]);
});

Deno.test("a file that is cancelled stops, and the agent hears it; the next one begins", async () => {
  const { transfers, said, last, settle } = sending();
  for (let id = 1; id <= 5; id++) transfers.send(id, new File([new Uint8Array(200_000)], `${id}`));
  assertEquals(said.map(([, { id }]) => id), [1, 2, 3, 4]);
  transfers.status({ id: 2, result: FileXferResult.canSendData, data: none });
  transfers.cancel(2);
  assertEquals(last()[0], "cancelled");
  assertEquals(said.slice(4).map(([name, { id }]) => [name, id]), [
    ["fileXferStatus", 2],
    ["fileXferStart", 5],
  ]);
  await settle();
  await settle();
  assertEquals(said.length, 6, "nothing more of it is said");
});

Deno.test("why the guest does not take a file is said in words", () => {
  const { transfers, last } = sending();
  const full = new Uint8Array(8);
  new DataView(full.buffer).setBigUint64(0, 3_500_000n, true);
  const cases: [number, Uint8Array, string][] = [
    [FileXferResult.notEnoughSpace, full, "The guest's disk has only 3 MB left"],
    [FileXferResult.notEnoughSpace, none, "The guest's disk is full"],
    [FileXferResult.disabled, none, "The guest takes no files: that is switched off"],
    [FileXferResult.error, none, "The guest could not write it"],
  ];
  cases.forEach(([result, data, why], id) => {
    transfers.send(id, new File(["x"], "x"));
    transfers.status({ id, result, data });
    assertEquals(last(), ["failed", 0, why]);
  });
  transfers.send(9, new File(["x"], "x"));
  transfers.drop("The guest's agent is gone");
  assertEquals(last(), ["failed", 0, "The guest's agent is gone"]);
});

Deno.test("when the agent goes, files that waited are not announced any more", () => {
  const { transfers, said, news } = sending();
  for (let id = 1; id <= 6; id++) transfers.send(id, new File(["x"], `${id}`));
  assertEquals(said.length, 4);
  transfers.drop("gone");
  assertEquals(said.length, 4);
  assertEquals(news.filter(({ state }) => state === "failed").length, 6);
});
