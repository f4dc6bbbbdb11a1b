/** Bytes that real programs wrote: each reads with our words, and writes again to the same bytes. */
import { assert, assertEquals } from "@std/assert";
import { decode, encode } from "../../core/binary/codec.ts";
import { channelById } from "../../core/protocol/channels.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import { UNAGREED, UsbredirCap, usbredirPackets } from "../../core/protocol/usbredir_wire.ts";
import { textOf } from "../../core/binary/text.ts";
import { messageOf, nameOf, readRecords, type WireRecord } from "../kit/wire_records.ts";

const recorded = readRecords(new URL("../data/wire/recorded.bin", import.meta.url));
const marshalled = readRecords(new URL("../data/wire/marshalled.bin", import.meta.url));

function byName(records: WireRecord[]): Map<string, WireRecord[]> {
  const groups = new Map<string, WireRecord[]>();
  for (const record of records) {
    const name = nameOf(record);
    groups.set(name, [...groups.get(name) ?? [], record]);
  }
  return groups;
}

function readsAndWrites(records: WireRecord[]): void {
  for (const record of records) {
    const { codec } = messageOf(record);
    const value = decode(codec, record.body);
    const again = encode(codec, value);
    assertEquals(again, record.body);
  }
}

for (const [name, records] of byName(recorded)) {
  Deno.test(`${name} as recorded from real programs is written to the same bytes`, () =>
    readsAndWrites(records));
}

Deno.test("every message as spice-common marshals it is written to the same bytes", () =>
  readsAndWrites(marshalled));

Deno.test("a recording is there for every message that has fields", () => {
  const seen = new Set([...recorded, ...marshalled].map((r) => `${r.channel} ${r.from} ${r.type}`));
  const missing: string[] = [];
  for (const { id, name, client, server } of channelById.values()) {
    if (name === "tunnel") continue; // nobody else speaks it
    for (const [from, direction] of Object.entries({ client, server })) {
      for (const message of direction.byId.values()) {
        const [, body] = direction.table[message.name];
        const fields = "read" in body ? ["…"] : Object.keys(body);
        // base messages are marshalled for main alone; what is only data looks like data
        if (message.id < 100 || fields.length === 0 || fields.join() === "data") continue;
        if (!seen.has(`${id} ${from} ${message.id}`)) {
          missing.push(`${name}.${from}.${message.name}`);
        }
      }
    }
  }
  assertEquals(missing, []);
  assert(recorded.length > 300);
});

Deno.test("the usbredir stream begins with both sides' hello, under a 32-bit id", () => {
  const streams = recorded.filter((record) =>
    nameOf(record).startsWith("usbredir") && record.type === 101
  );
  const { header, headerBytes, toHost } = usbredirPackets(UNAGREED);
  const all = Capabilities.of(...Object.values(UsbredirCap)).words;
  const versions = streams.map(({ from, body }) => {
    const { type, length } = decode(header, body, { rest: true });
    assertEquals([type, headerBytes + length], [toHost.byName.hello.id, body.length]);
    const hello = decode(toHost.byName.hello.codec, body.subarray(headerBytes));
    return [from, textOf(hello.version).split(" ")[0], hello.capabilities];
  });
  assertEquals(versions, [
    ["client", "spice-gtk", all],
    ["server", "qemu", all],
  ]);
});
