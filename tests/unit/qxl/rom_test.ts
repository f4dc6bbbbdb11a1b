import { assert, assertEquals, assertFalse } from "@std/assert";
import { crc32 as zlibCrc32 } from "node:zlib";
import * as qxl from "../../../qxl/memory.ts";
import { crc32, ROM_SIZE, screenModes, writeMonitors, writeRom } from "../../../qxl/rom.ts";

const MiB = 1 << 20;
function rom(options = {}) {
  const bytes = new Uint8Array(ROM_SIZE);
  const modes = screenModes(16 * MiB);
  writeRom(bytes, modes, {
    id: 2,
    ramSize: 64 * MiB,
    vgamem: 16 * MiB,
    surfaces: 1024,
    xres: 0,
    yres: 0,
    ...options,
  });
  const view = new DataView(bytes.buffer);
  return { bytes, view, modes, says: qxl.Rom.over(view, 0) };
}

Deno.test("the ROM says what QEMU's does", () => {
  const { bytes, says } = rom();
  assertEquals(new TextDecoder().decode(bytes.subarray(0, 4)), "QXRO");
  assertEquals([says.id, says.nSurfaces, says.modesOffset], [2, 1024, 1160]);
  assertEquals(says.surface0AreaSize, 16 * MiB);
  assertEquals(says.pagesOffset, 16 * MiB);
  assertEquals(says.ramHeaderOffset, 64 * MiB - 8192);
  assertEquals(says.numPages, (48 * MiB - 8192) / 4096);
  assertEquals([says.slotsStart, says.slotsEnd, says.slotGenBits, says.slotIdBits], [1, 7, 8, 8]);
  assertEquals(says.clientMonitorsConfig.count, 0);
});

Deno.test("the ROM lists the modes that fit into vgamem, numbered among all", () => {
  const { view, modes, says } = rom();
  const at = says.modesOffset;
  assertEquals(view.getUint32(at, true), modes.length);
  const first = qxl.Mode.over(view, at + 4), second = qxl.Mode.over(view, at + 4 + qxl.Mode.size);
  assertEquals({ ...first }, {
    id: 0,
    xRes: 640,
    yRes: 480,
    bits: 16,
    stride: 1280,
    xMili: 187,
    yMili: 140,
    orientation: 0,
  });
  assertEquals([second.bits, second.stride], [32, 2560]);
  // 2560×1600 at 32 bits is 15.6 MiB; 2560×2048 is 20 MiB, and 10 at 16 bits
  const ids = (x: number, y: number) =>
    modes.filter((m) => m.xRes === x && m.yRes === y).map((m) => m.id);
  assertEquals(ids(2560, 1600), [116, 117, 118, 119]);
  assertEquals(ids(2560, 2048), [120, 122]);
  assertEquals(ids(8192, 4320), []);
});

Deno.test("clients' monitors get a check sum as Linux counts it", () => {
  const { bytes, view, says } = rom();
  const heads = [{ x: 0, y: 0, width: 800, height: 600 }, {
    x: 800,
    y: 0,
    width: 640,
    height: 480,
  }];
  assert(writeMonitors(bytes, heads));
  assertEquals(says.clientMonitorsConfig.count, 2);
  assertEquals({ ...says.clientMonitorsConfig.heads[1] }, {
    top: 0,
    left: 800,
    bottom: 480,
    right: 1440,
  });
  const part = bytes.subarray(qxl.Rom.at.clientMonitorsConfig.count, qxl.Rom.size);
  // zlib inverts before and after, Linux does neither
  const expected = (zlibCrc32(part, 0xffffffff) ^ 0xffffffff) >>> 0;
  assertEquals(view.getUint32(qxl.Rom.at.clientMonitorsConfigCrc, true), expected);
  assertEquals(crc32(part), expected);
  assertFalse(writeMonitors(bytes, heads));
  assert(writeMonitors(bytes, heads.slice(0, 1)));
});

Deno.test("xres and yres ask the driver for a size from the start", () => {
  const { says } = rom({ xres: 1024, yres: 768 });
  assertEquals(says.clientMonitorsConfig.count, 1);
  assertEquals({ ...says.clientMonitorsConfig.heads[0] }, {
    top: 0,
    left: 0,
    bottom: 768,
    right: 1024,
  });
});
