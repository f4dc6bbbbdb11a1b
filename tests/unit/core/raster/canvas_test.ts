import { assert, assertEquals, assertThrows } from "@std/assert";
import { GuestError } from "../../../../core/binary/error.ts";
import { seeded } from "../../../../core/binary/random.ts";
import type { Brush, Drawing, QMask, Rect } from "../../../../core/protocol/drawing.ts";
import { Ropd } from "../../../../core/protocol/drawing.ts";
import type { Bitmap, BitmapFormat } from "../../../../core/protocol/image.ts";
import { BitmapFlags, ImageFlags } from "../../../../core/protocol/image.ts";
import { drawOn, type ImageSource } from "../../../../core/raster/canvas.ts";
import { ImageCache } from "../../../../core/raster/image_cache.ts";
import { masked } from "../../../../core/raster/masks.ts";
import { pixelsOf } from "../../../../core/raster/pixels.ts";
import { createSurface, type Surface } from "../../../../core/raster/surface.ts";

const nothing: ImageSource = { surface: () => undefined };
const noMask: QMask = { flags: 0, pos: { x: 0, y: 0 }, bitmap: null };
const rect = (left: number, top: number, width: number, height: number): Rect => ({
  top,
  left,
  bottom: top + height,
  right: left + width,
});
const base = (box: Rect, rects?: Rect[]): Drawing["base"] => ({
  surfaceId: 0,
  box,
  clip: rects ? { type: "rects", rects } : { type: "none" },
});
const solid = (color: number): Brush => ({ type: "solid", color });
const fill = (box: Rect, color: number, rects?: Rect[]): Drawing => ({
  kind: "drawFill",
  base: base(box, rects),
  data: { brush: solid(color), ropDescriptor: Ropd.opPut, mask: noMask },
});
const words = (surface: Surface) => new Uint32Array(surface.bytes.buffer);

function bitmap(
  format: BitmapFormat,
  width: number,
  height: number,
  stride: number,
  data: Uint8Array,
  entries?: number[],
): Bitmap {
  return {
    id: 1n,
    type: "bitmap",
    flags: 0,
    width,
    height,
    format,
    bitmapFlags: BitmapFlags.topDown,
    x: width,
    y: height,
    stride,
    palette: entries ? { unique: 1n, entries } : null,
    data,
  };
}
const copy = (image: Bitmap, box: Rect): Drawing => ({
  kind: "drawCopy",
  base: base(box),
  data: {
    srcBitmap: image,
    srcArea: rect(0, 0, box.right - box.left, box.bottom - box.top),
    ropDescriptor: Ropd.opPut,
    scaleMode: "nearest",
    mask: noMask,
  },
});

Deno.test("every ROP3 code does to each bit what its number says", () => {
  const random = seeded(5);
  const any = () => random.below(2 ** 32);
  const source = Uint32Array.from({ length: 8 }, any),
    pattern = Uint32Array.from({ length: 3 }, any);
  for (let rop3 = 0; rop3 < 256; rop3++) {
    const surface = createSurface("xrgb32", 8, 1);
    words(surface).set(Array.from({ length: 8 }, any));
    const before = words(surface).slice();
    const pat = bitmap("rgba", 3, 1, 12, new Uint8Array(pattern.buffer));
    drawOn(surface, {
      kind: "drawRop3",
      base: base(rect(0, 0, 8, 1)),
      data: {
        srcBitmap: bitmap("rgba", 8, 1, 32, new Uint8Array(source.buffer)),
        srcArea: rect(0, 0, 8, 1),
        brush: { type: "pattern", pat, pos: { x: 1, y: 0 } },
        rop3,
        scaleMode: "nearest",
        mask: noMask,
      },
    }, nothing);
    for (let x = 0; x < 8; x++) {
      const p = pattern[(x + 2) % 3], s = source[x], d = before[x];
      let expected = 0;
      for (let bit = 0; bit < 32; bit++) {
        const index = (p >>> bit & 1) << 2 | (s >>> bit & 1) << 1 | d >>> bit & 1;
        expected |= (rop3 >> index & 1) << bit;
      }
      assertEquals(words(surface)[x], expected >>> 0, `code ${rop3}, pixel ${x}`);
    }
  }
});

Deno.test("every ROP descriptor does to each bit what its flags say, the first operation in order", () => {
  const operations: [number, (s: number, d: number) => number][] = [
    [Ropd.opPut, (s) => s],
    [Ropd.opOr, (s, d) => s | d],
    [Ropd.opAnd, (s, d) => s & d],
    [Ropd.opXor, (s, d) => s ^ d],
  ];
  for (let ropDescriptor = 0; ropDescriptor < 2048; ropDescriptor++) {
    const surface = createSurface("xrgb32", 1, 1);
    words(surface)[0] = 0x0ff0a5c3;
    drawOn(surface, {
      kind: "drawFill",
      base: base(rect(0, 0, 1, 1)),
      data: { brush: solid(0x3355aaf0), ropDescriptor, mask: noMask },
    }, nothing);
    const s = ropDescriptor & Ropd.inversBrush ? ~0x3355aaf0 : 0x3355aaf0;
    const d = ropDescriptor & Ropd.inversDest ? ~0x0ff0a5c3 : 0x0ff0a5c3;
    const operation = operations.find(([flag]) => ropDescriptor & flag);
    const expected = operation
      ? operation[1](s, d) ^ (ropDescriptor & Ropd.inversRes ? -1 : 0)
      : ropDescriptor & Ropd.opBlackness
      ? 0
      : ropDescriptor & Ropd.opWhiteness
      ? -1
      : ropDescriptor & Ropd.opInvers
      ? ~0x0ff0a5c3
      : 0x3355aaf0;
    assertEquals(words(surface)[0], expected >>> 0, `descriptor ${ropDescriptor}`);
  }
});

Deno.test("indexed bitmaps of either bit order look their pixels up; beyond the palette is 0", () => {
  const surface = createSurface("xrgb32", 4, 1);
  const show = (format: BitmapFormat, bytes: number[], entries: number[]) => {
    drawOn(
      surface,
      copy(bitmap(format, 4, 1, 4, Uint8Array.from(bytes), entries), rect(0, 0, 4, 1)),
      nothing,
    );
    return [...words(surface)];
  };
  assertEquals(show("bit8", [0, 2, 1, 9], [10, 20, 30]), [10, 30, 20, 0]);
  assertEquals(show("bit4Be", [0x12, 0x0f, 0, 0], [10, 20, 30]), [20, 30, 10, 0]);
  assertEquals(show("bit4Le", [0x12, 0x0f, 0, 0], [10, 20, 30]), [30, 20, 0, 10]);
  assertEquals(show("bit1Be", [0x30, 0, 0, 0], [10, 20]), [10, 10, 20, 20]);
  assertEquals(show("bit1Le", [0x03, 0, 0, 0], [10, 20]), [20, 20, 10, 10]);
});

Deno.test("bitmaps whose rows begin between two pixels are drawn, bottom-up as well", () => {
  const bytes = new Uint8Array(24).map((_, i) => i);
  const surface = createSurface("xrgb32", 2, 2);
  const odd = { ...bitmap("bit32", 2, 2, 9, bytes.subarray(1, 18)), bitmapFlags: 0 };
  drawOn(surface, copy(odd, rect(0, 0, 2, 2)), nothing);
  assertEquals([...words(surface)], [0x0d0c0b0a, 0x11100f0e, 0x04030201, 0x08070605]);
});

Deno.test("bits of an a1 surface are set by odd colours and cleared by even ones", () => {
  const surface = createSurface("a1", 12, 2);
  drawOn(surface, fill(rect(1, 0, 10, 2), 1), nothing);
  drawOn(surface, fill(rect(3, 1, 2, 1), 2), nothing);
  drawOn(
    surface,
    { kind: "copyBits", base: base(rect(0, 0, 4, 1)), srcPos: { x: 8, y: 0 } },
    nothing,
  );
  assertEquals([...surface.bytes.subarray(0, 2)], [0b11110111, 0b0111]);
  assertEquals([...surface.bytes.subarray(4, 6)], [0b11100110, 0b0111]);
});

Deno.test("pixels move within a surface as if they were all read first", () => {
  const random = seeded(6);
  for (let round = 0; round < 300; round++) {
    const surface = createSurface(round % 2 ? "xrgb32" : "rgb565", 20, 15);
    const before = surface.bytes.map(() => random.below(256));
    surface.bytes.set(before);
    const size = round % 2 ? 4 : 2;
    const box = rect(random.below(12), random.below(10), 1 + random.below(8), 1 + random.below(5));
    const srcPos = { x: random.below(20), y: random.below(15) };
    const rects = round % 3 ? undefined : [box, rect(box.left + 1, box.top, 3, 2)];
    drawOn(surface, { kind: "copyBits", base: base(box, rects), srcPos }, nothing);
    for (let y = 0; y < 15; y++) {
      for (let x = 0; x < 20; x++) {
        const inside = x >= box.left && x < box.right && y >= box.top && y < box.bottom;
        const fx = x - box.left + srcPos.x, fy = y - box.top + srcPos.y;
        const moves = inside && fx < 20 && fy < 15;
        const at = (px: number, py: number) => py * surface.stride + px * size;
        const from = moves ? at(fx, fy) : at(x, y), to = at(x, y);
        assertEquals(surface.bytes.slice(to, to + size), before.slice(from, from + size));
      }
    }
  }
});

Deno.test("a clip of thousands of rects that lie on each other inverts each pixel once", () => {
  const random = seeded(7);
  const rects = Array.from(
    { length: 3000 },
    () => rect(random.below(50) - 5, random.below(40) - 5, random.below(6), random.below(6) - 1),
  );
  const surface = createSurface("xrgb32", 48, 36);
  drawOn(surface, {
    kind: "drawInvers",
    base: base(rect(-3, 2, 40, 90), rects),
    data: { mask: noMask },
  }, nothing);
  for (let y = 0; y < 36; y++) {
    for (let x = 0; x < 48; x++) {
      const inside = x < 37 && y >= 2 &&
        rects.some((r) => x >= r.left && x < r.right && y >= r.top && y < r.bottom);
      assertEquals(words(surface)[y * 48 + x], inside ? 0xffffffff : 0, `(${x}, ${y})`);
    }
  }
});

Deno.test("a picture shown again under a cached id is the first picture, until two others came", () => {
  const source = { surface: () => undefined, cache: new ImageCache() };
  const surface = createSurface("xrgb32", 1, 1);
  const show = (id: bigint, value: number, flags: number) => {
    const image = bitmap("bit32", 1, 1, 4, Uint8Array.from([value, 0, 0, 0]));
    drawOn(surface, copy({ ...image, id, flags }, rect(0, 0, 1, 1)), source);
    return words(surface)[0];
  };
  assertEquals(show(5n, 10, ImageFlags.cacheMe), 10);
  assertEquals(show(5n, 11, ImageFlags.cacheMe), 10);
  assertEquals(show(6n, 12, ImageFlags.cacheMe), 12);
  assertEquals(show(5n, 13, 0), 10);
  assertEquals(show(7n, 14, 0), 14);
  assertEquals(show(7n, 15, ImageFlags.cacheMe), 15);
  assertEquals(show(6n, 16, ImageFlags.cacheMe), 16);
});

Deno.test("other images come from the caller, and are refused when it has none", () => {
  const surface = createSurface("xrgb32", 1, 1);
  const image = { id: 9n, type: "fromCache", flags: 0, width: 1, height: 1 } as const;
  const drawing = copy(image as unknown as Bitmap, rect(0, 0, 1, 1));
  assertThrows(() => drawOn(surface, drawing, nothing), GuestError, "fromCache");
  const kept = createSurface("rgb565", 1, 1);
  new Uint16Array(kept.bytes.buffer)[0] = 0xf81f;
  drawOn(surface, drawing, { surface: () => undefined, picture: () => kept });
  assertEquals(words(surface)[0] & 0xffffff, 0xff00ff);
  const one = bitmap("bit8", 1, 1, 4, new Uint8Array(4), [0x123456]);
  drawOn(surface, drawing, { surface: () => undefined, picture: () => one });
  assertEquals(words(surface)[0], 0x123456);
});

Deno.test("what a guest may get wrong is told as its error", () => {
  const surface = createSurface("xrgb32", 8, 8);
  const wrong = (image: Bitmap, reason: string) =>
    assertThrows(() => drawOn(surface, copy(image, rect(0, 0, 8, 8)), nothing), GuestError, reason);
  wrong(bitmap("bit32", 8, 8, 32, new Uint8Array(255)), "data 255 bytes");
  wrong(bitmap("bit32", 8, 8, 16, new Uint8Array(512)), "stride is 16");
  wrong(bitmap("bit8", 8, 8, 8, new Uint8Array(64)), "without a palette");
  wrong(bitmap("invalid", 8, 8, 8, new Uint8Array(64)), "no format");
  wrong(bitmap("bit1Be", 2 ** 20, 2 ** 10, 2 ** 17, new Uint8Array(2 ** 27), [0, 1]), "too large");
  const off = { ...surface, origin: 4 };
  assertThrows(() => drawOn(off, fill(rect(0, 0, 8, 8), 1), nothing), GuestError, "leaves its 256");
  assert(words(surface).every((word) => word === 0));
});

Deno.test("what a chequered mask lets through is never more rects at once than a band has pixels", () => {
  const width = 2048, height = 2048;
  const bits = Uint8Array.from({ length: width / 8 * height }, (_, i) => i >> 8 & 1 ? 0x55 : 0xaa);
  const image = bitmap("bit1Le", width, height, width / 8, bits);
  const dest = pixelsOf(createSurface("xrgb32", width, height));
  const mask: QMask = { flags: 0, pos: { x: 0, y: 0 }, bitmap: image };
  const halves = [
    rect(0, 0, width, height / 2 - 1),
    rect(0, height / 2 - 1, width, height / 2 + 1),
  ];
  for (const area of [[rect(0, 0, width, height)], halves]) {
    let rects = 0, parts = 0;
    for (const part of masked(dest, area, mask, 0, 0, nothing)) {
      assert(part.length <= 1 << 19, `${part.length} rects`);
      rects += part.length, parts++;
    }
    assertEquals([rects, parts >= 4], [width * height / 2, true]);
  }
});

Deno.test("a surface that is copied onto itself through a large mask is read as it was before", () => {
  const width = 2048, height = 1100, random = seeded(12), down = 3;
  const surface = createSurface("xrgb32", width, height);
  const pixels = words(surface);
  for (let i = 0; i < pixels.length; i++) pixels[i] = random.below(1 << 24);
  const before = pixels.slice(), bits = new Uint8Array(width / 8 * height).fill(0x0f);
  const mask: QMask = {
    flags: 0,
    pos: { x: 0, y: 0 },
    bitmap: bitmap("bit1Le", width, height, width / 8, bits),
  };
  const box = rect(0, down, width, height - down);
  const image = { id: 1n, type: "surface", flags: 0, width, height, surfaceId: 0 } as const;
  const drawing = copy(image as unknown as Bitmap, box) as Drawing & { kind: "drawCopy" };
  const source = { surface: () => surface };
  drawOn(surface, { ...drawing, data: { ...drawing.data, mask } }, source);
  let wrong = 0;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const from = y >= down && (x & 7) < 4 ? at - down * width : at;
      if (pixels[at] !== before[from]) wrong++;
    }
  }
  assertEquals(wrong, 0);
});

Deno.test("a large mask is drawn band by band, as it would be whole, scaled pictures too", () => {
  const width = 2048, height = 1100, random = seeded(11);
  const bits = Uint8Array.from({ length: width / 8 * height }, () => random.below(256));
  const mask: QMask = {
    flags: 0,
    pos: { x: 0, y: 0 },
    bitmap: bitmap("bit1Le", width, height, width / 8, bits),
  };
  const passes = (x: number, y: number) => bits[y * width / 8 + (x >> 3)] >> (x & 7) & 1;
  const filled = createSurface("xrgb32", width, height), box = rect(0, 0, width, height);
  const whole = fill(box, 0x123456) as Drawing & { kind: "drawFill" };
  drawOn(filled, { ...whole, data: { ...whole.data, mask } }, nothing);

  const small = Uint32Array.from({ length: 100 * 70 }, () => random.below(1 << 24));
  const picture = bitmap("bit32", 100, 70, 400, new Uint8Array(small.buffer));
  const drawing = copy(picture, box) as Drawing & { kind: "drawCopy" };
  const data = { ...drawing.data, srcArea: rect(0, 0, 100, 70), scaleMode: "interpolate" as const };
  const scaled = createSurface("xrgb32", width, height);
  const through = createSurface("xrgb32", width, height);
  drawOn(scaled, { ...drawing, data }, nothing);
  drawOn(through, { ...drawing, data: { ...data, mask } }, nothing);

  let wrong = 0;
  const [fills, all, some] = [filled, scaled, through].map(words);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const open = passes(x, y);
      if ((fills[at] & 0xffffff) !== (open ? 0x123456 : 0)) wrong++;
      if ((some[at] & 0xffffff) !== (open ? all[at] & 0xffffff : 0)) wrong++;
    }
  }
  assertEquals(wrong, 0);
});
