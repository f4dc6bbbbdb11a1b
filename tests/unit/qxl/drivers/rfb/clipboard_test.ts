import { assertEquals } from "@std/assert";
import { deflateSync } from "node:zlib";
import { Clipboard } from "../../../../../qxl/drivers/rfb/clipboard.ts";
import { ClipboardFlags } from "../../../../../qxl/drivers/rfb/wire.ts";
import { FakeClock } from "../../../../kit/fake_clock.ts";

/** What is read of a server's text of so many bytes. */
async function read(length: number): Promise<number> {
  const clipboard = new Clipboard(() => null, new FakeClock());
  const text = new Uint8Array(4 + length).fill(0x61);
  new DataView(text.buffer).setUint32(0, length);
  clipboard.extended(ClipboardFlags.provide | ClipboardFlags.text, deflateSync(text));
  return (await clipboard.read("clipboard", "text"))!.length;
}

Deno.test("a server's text comes whole up to a MiB, and more is not unpacked", async () => {
  assertEquals(await read(10), 10);
  assertEquals(await read(1 << 20), 1 << 20);
  assertEquals(await read((1 << 20) + 1), 0);
  assertEquals(await read(16 << 20), 0);
});
