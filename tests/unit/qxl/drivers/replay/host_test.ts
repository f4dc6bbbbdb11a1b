import { assertEquals, assertRejects } from "@std/assert";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { Audience } from "../../../../../core/guest.ts";
import { RecordingError } from "../../../../../qxl/drivers/replay/recording.ts";
import { start } from "../../../../../qxl/drivers/replay/host.ts";
import { Recorder } from "./recorder.ts";

const nobody: Audience = {
  draw: () => {},
  surfaceCreated: () => {},
  surfaceDestroyed: () => {},
  monitorsChanged: () => {},
  cursorChanged: () => {},
  memoryLow: () => {},
  viewers: 0,
  whenViewers: () => Promise.resolve(),
  drained: () => Promise.resolve(),
};

/** A picture of 8×4 pixels: 600 fills, the last of each row of its own colour. */
function recorded(): Uint8Array {
  const recorder = new Recorder().event(1, 16).primary(8, 4, -32);
  for (let i = 0; i < 600; i++) recorder.fill(`${i % 4} 0 ${i % 4 + 1} 8`, i);
  return recorder.bytes;
}

async function played(name: string, bytes: Uint8Array) {
  const dir = await Deno.makeTempDir();
  try {
    const file = `${dir}/${name}`;
    await Deno.writeFile(file, bytes);
    const guest = await start({ file, pace: "max", waitClients: 0, loop: false, cards: [{}] });
    guest.displays[0].attach(nobody);
    const { commands, draws } = await guest.done;
    guest.displays[0].settle();
    const { bytes: pixels, origin, stride } = guest.displays[0].surfaces.get(0)!;
    const column = [0, 1, 2, 3].map((y) => {
      const at = origin + y * stride;
      return pixels[at] | pixels[at + 1] << 8 | pixels[at + 2] << 16;
    });
    guest.close();
    return { name: guest.name, commands, draws, column };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const expected = { commands: 600, draws: 600, column: [596, 597, 598, 599] };

Deno.test("replay host plays a plain recording through a card", async () => {
  assertEquals(await played("office.rec", recorded()), { name: "office", ...expected });
});

Deno.test("replay host plays recordings packed with zstd and gzip, whatever their names say", async () => {
  const zstd = await played("a.rec.zst", new Uint8Array(zstdCompressSync(recorded())));
  assertEquals(zstd, { name: "a", ...expected });
  const gzip = await played("b.rec.zst", new Uint8Array(gzipSync(recorded())));
  assertEquals(gzip, { name: "b", ...expected });
});

Deno.test("replay host refuses files that are no recordings, at once", async () => {
  await assertRejects(
    () => played("notes.txt", new TextEncoder().encode("hello")),
    RecordingError,
    "neither like a recording",
  );
  await assertRejects(() => played("empty.rec", new Uint8Array(0)), RecordingError);
  const file = "/nonexistent/a.rec";
  const options = { file, pace: "max", waitClients: 0, loop: false, cards: [{}] } as const;
  await assertRejects(() => start(options), Deno.errors.NotFound);
});

Deno.test("replay host names the file whose packing is damaged", async () => {
  const packed = new Uint8Array(zstdCompressSync(recorded()));
  packed.fill(0x55, packed.length >> 1);
  await assertRejects(() => played("torn.rec.zst", packed), RecordingError, "torn.rec.zst");
});

Deno.test("replay host says where a recording that was cut off ends", async () => {
  await assertRejects(
    () => played("cut.rec", recorded().subarray(0, -20)),
    RecordingError,
    "ends in the middle",
  );
});
