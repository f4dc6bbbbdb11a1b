import { assertEquals, assertRejects } from "@std/assert";
import { decode } from "../../../../core/binary/codec.ts";
import { PointerAt, Recorder, SessionFile } from "../../../../web/client/session_file.ts";

async function entries(file: SessionFile) {
  const all = [];
  for (let next = await file.next(); next; next = await file.next()) {
    all.push({ ...next.entry, bytes: next.bytes.slice() });
  }
  return all;
}

Deno.test("a recorded session is read as it was written, from the beginning as often as wanted", async () => {
  let now = 1000;
  const recorder = new Recorder(() => now);
  recorder.linked(2, 1, true);
  now += 40.4;
  const large = crypto.getRandomValues(new Uint8Array(60_000));
  // more than is kept in memory at once
  for (let i = 0; i < 100; i++) recorder.data(2, 1, large);
  now += 10;
  recorder.pointer(70_000, 3);
  const file = await SessionFile.open(recorder.file());
  assertEquals(file.ms, 50);
  for (let round = 0; round < 2; round++) {
    const all = await entries(file);
    assertEquals(all.length, 102);
    const { bytes: none, ...linked } = all[0];
    assertEquals(none, new Uint8Array());
    assertEquals(linked, { ms: 0, kind: "linked", channelType: 2, channelId: 1, mini: 1, size: 0 });
    assertEquals(all[100], {
      ms: 40,
      kind: "data",
      channelType: 2,
      channelId: 1,
      mini: 0,
      size: large.length,
      bytes: large,
    });
    assertEquals(decode(PointerAt, all[101].bytes), { x: 70_000, y: 3 });
    file.rewind();
  }
});

Deno.test("a file that is none, one of another version and one that is cut off are refused in words", async () => {
  const open = (...parts: BlobPart[]) => SessionFile.open(new Blob(parts));
  await assertRejects(() => open("GIF89a"), RangeError, "This file is no recorded session");
  await assertRejects(() => open("x".repeat(100)), RangeError, "This file is no recorded session");
  const recorder = new Recorder(() => 0);
  recorder.data(1, 0, new Uint8Array(100));
  const whole = await recorder.file().bytes();
  const newer = whole.slice();
  newer[8] = 9;
  await assertRejects(() => open(newer), RangeError, "version 9; this console reads 1");
  const cut = await open(whole.subarray(0, -1));
  await assertRejects(() => cut.next(), RangeError, "The recording is cut off");
});
