import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { seeded } from "../../../core/binary/random.ts";
import { CompositeFlags, type Drawing, Ropd, StringFlags } from "../../../core/protocol/drawing.ts";
import { type Bitmap, BitmapFlags, ImageFlags } from "../../../core/protocol/image.ts";
import { drawOn } from "../../../core/raster/canvas.ts";
import { createSurface, type Surface } from "../../../core/raster/surface.ts";
import { Card } from "../../../qxl/device.ts";
import * as qxl from "../../../qxl/memory.ts";
import { Config } from "../../../qxl/pci.ts";
import { Port } from "../../../qxl/ports.ts";
import { physicalOf } from "../../../qxl/slots.ts";
import {
  cardStage,
  copyOf,
  fillOf,
  noMask,
  pictureOf,
  pixelAt,
  rect,
  smallCard,
  Witness,
} from "../../kit/card_stage.ts";
import { randomDrawing } from "../../kit/random_drawing.ts";

const box = rect(1, 2, 31, 32);
const base = { surfaceId: 0, box, clip: { type: "none" as const } };
const picture = pictureOf(30, 30, 0x500000001n);
const srcArea = rect(0, 0, 30, 30);
const mask = {
  flags: 1,
  pos: { x: -1, y: 2 },
  bitmap: {
    ...pictureOf(32, 32),
    format: "bit1Be" as const,
    stride: 4,
    data: new Uint8Array(128).fill(0x5a),
  },
};
const pattern = {
  type: "pattern" as const,
  pat: {
    ...pictureOf(8, 8, 9n),
    format: "bit8" as const,
    stride: 8,
    data: new Uint8Array(64).fill(3),
    palette: { unique: 77n, entries: [0, 1, 2, 0xabcdef] },
  },
  pos: { x: 3, y: -4 },
};
const solid = { type: "solid" as const, color: 0x445566 };
const glyph = (n: number) => ({
  renderPos: { x: n, y: 5 },
  glyphOrigin: { x: 0, y: -7 },
  width: 9,
  height: 3,
  data: Uint8Array.from({ length: 6 }, (_, i) => i + n),
});

/** One of each kind, with all that it can have. */
const drawings: Drawing[] = [
  { kind: "drawFill", base, data: { brush: pattern, ropDescriptor: Ropd.opOr, mask } },
  { kind: "drawFill", base, data: { brush: { type: "none" }, ropDescriptor: 8, mask: noMask } },
  {
    kind: "drawOpaque",
    base: { ...base, clip: { type: "rects", rects: [rect(0, 0, 9, 9), rect(20, 20, 40, 40)] } },
    data: {
      srcBitmap: picture,
      srcArea,
      brush: solid,
      ropDescriptor: 5,
      scaleMode: "nearest",
      mask,
    },
  },
  {
    kind: "drawCopy",
    base,
    data: {
      srcBitmap: { ...picture, flags: ImageFlags.cacheMe | ImageFlags.highBitsSet },
      srcArea: rect(3, 4, 20, 30),
      ropDescriptor: Ropd.opPut | Ropd.inversSrc,
      scaleMode: "interpolate",
      mask,
    },
  },
  {
    kind: "drawBlend",
    base,
    data: {
      srcBitmap: { ...picture, bitmapFlags: 0, format: "rgba" },
      srcArea,
      ropDescriptor: Ropd.opXor,
      scaleMode: "nearest",
      mask: noMask,
    },
  },
  { kind: "drawBlackness", base, data: { mask } },
  { kind: "drawWhiteness", base, data: { mask: noMask } },
  { kind: "drawInvers", base, data: { mask } },
  {
    kind: "drawRop3",
    base,
    data: { srcBitmap: picture, srcArea, brush: pattern, rop3: 0x5a, scaleMode: "nearest", mask },
  },
  {
    kind: "drawStroke",
    base,
    data: {
      path: {
        segments: [
          { flags: 3, points: [{ x: 2.5, y: 3 }, { x: 20, y: 9.0625 }] },
          { flags: 1, points: [{ x: -4, y: 3 }] },
        ],
      },
      attr: { flags: 8, style: [3, 1.5, 2] },
      brush: solid,
      foreMode: 8,
      backMode: 4,
    },
  },
  {
    kind: "drawStroke",
    base,
    data: {
      path: { segments: [{ flags: 3, points: [{ x: 1, y: 1 }, { x: 9, y: 9 }] }] },
      attr: { flags: 0 },
      brush: solid,
      foreMode: 8,
      backMode: 8,
    },
  },
  {
    kind: "drawText",
    base,
    data: {
      str: {
        flags: StringFlags.rasterA1 | StringFlags.rasterTopDown,
        glyphs: [glyph(4), glyph(9)],
      },
      backArea: rect(2, 2, 20, 20),
      foreBrush: solid,
      backBrush: pattern,
      foreMode: 8,
      backMode: 8,
    },
  },
  {
    kind: "drawTransparent",
    base,
    data: { srcBitmap: picture, srcArea, srcColor: 0xffffff, trueColor: 0xfffffe },
  },
  {
    kind: "drawAlphaBlend",
    base,
    data: { alphaFlags: 3, alpha: 200, srcBitmap: picture, srcArea },
  },
  {
    kind: "drawComposite",
    base,
    data: {
      flags: (3 | CompositeFlags.hasMask | CompositeFlags.hasSrcTransform |
        CompositeFlags.hasMaskTransform | CompositeFlags.componentAlpha) >>> 0,
      srcBitmap: { ...picture, format: "rgba" },
      maskBitmap: { ...picture, format: "rgba" },
      srcTransform: { t00: 65536, t01: 0, t02: 1, t10: 0, t11: 65536, t12: 0xffff0000 },
      maskTransform: { t00: 65536, t01: 0, t02: 0, t10: 0, t11: 65536, t12: 0 },
      srcOrigin: { x: -3, y: 4 },
      maskOrigin: { x: 1, y: -2 },
    },
  },
  {
    kind: "drawComposite",
    base,
    data: {
      flags: 1,
      srcBitmap: picture,
      srcOrigin: { x: 0, y: 0 },
      maskOrigin: { x: 0, y: 0 },
    },
  },
  { kind: "copyBits", base, srcPos: { x: 5, y: 6 } },
  {
    kind: "drawCopy",
    base,
    data: {
      srcBitmap: { id: 6n, type: "surface", flags: 0, width: 40, height: 40, surfaceId: 2 },
      srcArea,
      ropDescriptor: Ropd.opPut,
      scaleMode: "nearest",
      mask: noMask,
    },
  },
];

/** The bitmap that a drawing takes its pixels from. */
function sourceOf(drawing: Drawing): Bitmap {
  if (drawing.kind !== "copyBits") {
    const { data } = drawing;
    if ("srcBitmap" in data && data.srcBitmap?.type === "bitmap") return data.srcBitmap;
  }
  throw new TypeError(`a ${drawing.kind} without a bitmap`);
}

function stage(options = {}) {
  const s = cardStage(options);
  s.driver.createPrimary({ width: 64, height: 48, stride: 256, format: "xrgb32" });
  s.driver.createSurface(2, "xrgb32", 40, 40, 160);
  s.witness.log.length = 0;
  return s;
}

drawings.forEach((drawing, i) =>
  Deno.test(`a ${drawing.kind} comes out of card memory as it went in (${i})`, () => {
    const { driver, witness, errors } = stage();
    assert(driver.draw(drawing));
    assertEquals(errors, []);
    assertEquals(witness.drawings, [drawing]);
  })
);

Deno.test("pixels in one chunk are borrowed from card memory", () => {
  const { card, driver, witness } = stage();
  driver.draw(copyOf(picture));
  const [drawing] = witness.drawings;
  assertEquals(sourceOf(drawing).data.buffer, card.ram.buffer);
  assertEquals(card.lentBytes, 0);
});

Deno.test("a null source is what the surface shows there now", () => {
  const { driver, witness, errors } = stage();
  driver.draw(fillOf(rect(0, 0, 64, 48), 0x102030));
  driver.draw(
    {
      kind: "drawTransparent",
      base,
      data: { srcBitmap: null, srcArea: rect(0, 0, 4, 2), srcColor: 0, trueColor: 0 },
    },
    { selfBitmap: true, selfBitmapArea: rect(10, 10, 14, 12) },
  );
  assertEquals(errors, []);
  const drawing = witness.drawings[1];
  const { format, x, y, stride, data, bitmapFlags } = sourceOf(drawing);
  assertEquals({ format, x, y, stride, bitmapFlags }, {
    format: "bit32",
    x: 4,
    y: 2,
    stride: 16,
    bitmapFlags: BitmapFlags.topDown,
  });
  assertEquals([...data], Array.from({ length: 8 }, () => [0x30, 0x20, 0x10, 0]).flat());
});

Deno.test("off-screen the unused byte of a self bitmap is kept as alpha", () => {
  const { driver, witness } = stage();
  const alpha = {
    ...pictureOf(4, 1),
    data: new Uint8Array([1, 1, 1, 0, 2, 2, 2, 9, 3, 3, 3, 255, 0, 0, 0, 0]),
  };
  const draw = () =>
    driver.draw({
      kind: "drawAlphaBlend",
      base: { ...base, surfaceId: 2, box: rect(0, 8, 4, 9) },
      data: { alphaFlags: 0, alpha: 255, srcBitmap: null, srcArea: rect(0, 0, 4, 1) },
    }, { selfBitmap: true, selfBitmapArea: rect(0, 0, 4, 1) });
  driver.draw(copyOf(alpha, 0, 0, 2));
  draw();
  driver.draw(copyOf({ ...alpha, data: alpha.data.map((b, i) => i % 4 === 3 ? 255 : b) }, 0, 0, 2));
  draw();
  const images = [1, 3].map((i) => {
    const drawing = witness.drawings[i];
    const { format, flags } = sourceOf(drawing);
    return { format, flags };
  });
  assertEquals(images, [
    { format: "rgba", flags: 0 },
    { format: "bit32", flags: ImageFlags.highBitsSet },
  ]);
});

Deno.test("an empty or wholly clipped drawing changes nothing and is told to nobody", () => {
  const { driver, witness, errors } = stage();
  driver.draw(fillOf(rect(5, 5, 5, 20), 1));
  const clip = { type: "rects" as const, rects: [rect(40, 40, 50, 48)] };
  driver.draw(
    {
      ...fillOf(rect(0, 0, 10, 10), 1),
      base: { surfaceId: 0, box: rect(0, 0, 9, 9), clip },
    } as Drawing,
  );
  assertEquals([witness.drawings, errors], [[], []]);
});

/** Draws after a change of the drawable's bytes. */
function refusal(drawing: Drawing, spoil: (view: DataView, at: number) => void): string[] {
  const { card, witness, errors } = spoiled(drawing, spoil);
  assertEquals(witness.drawings, []);
  assert(!card.guestBug);
  return errors;
}

function spoiled(drawing: Drawing, spoil: (view: DataView, at: number) => void) {
  const s = cardStage();
  s.driver.createPrimary({ width: 64, height: 48, stride: 256, format: "xrgb32" });
  s.card.attach(null);
  s.driver.draw(drawing);
  const view = new DataView(s.card.ram.buffer, 0, s.card.ram.length);
  const header = smallCard.ramSize - 8192;
  const at = view.getUint32(header + qxl.Ram.at.cmdRing.items[0].data, true);
  spoil(view, at);
  s.card.attach(s.witness);
  return s;
}

const arm = qxl.Drawable.at.u;
const refusals: [string, Drawing, (view: DataView, at: number) => void, string][] = [
  [
    "surface",
    drawings[1],
    (v, at) => v.setUint32(at + qxl.Drawable.at.surfaceId, 9, true),
    "Drawable.surfaceId: there is no surface 9",
  ],
  ["kind", drawings[1], (v, at) => v.setUint8(at + qxl.Drawable.at.type, 15), "Drawable.type: 15"],
  [
    "box",
    drawings[1],
    (v, at) => v.setInt32(at + qxl.Drawable.at.bbox.right, 65, true),
    "Drawable.bbox: (1, 2)–(65, 32) on 64×48",
  ],
  [
    "needed surface",
    drawings[1],
    (v, at) => v.setInt32(at + qxl.Drawable.at.surfacesDest[1], 5, true),
    "Drawable.surfacesDest: there is no surface 5",
  ],
  [
    "clip",
    drawings[1],
    (v, at) => v.setUint32(at + qxl.Drawable.at.clip.type, 2, true),
    "Clip.type: 2",
  ],
  [
    "brush",
    drawings[1],
    (v, at) => v.setUint32(at + arm.fill.brush.type, 3, true),
    "Fill.brush.type: 3",
  ],
  [
    "source",
    drawings[3],
    (v, at) => v.setBigUint64(at + arm.copy.srcBitmap, 0n, true),
    "Copy.srcBitmap: it is null",
  ],
  ["scale mode", drawings[3], (v, at) => v.setUint8(at + arm.copy.scaleMode, 2), "scaleMode: 2"],
  [
    "source area",
    drawings[3],
    (v, at) => v.setInt32(at + arm.copy.srcArea.bottom, 31, true),
    "Copy.srcArea: (3, 4)–(20, 31)",
  ],
  [
    "self",
    drawings[12],
    (v, at) => v.setBigUint64(at + arm.transparent.srcBitmap, 0n, true),
    "Drawable: it has no source",
  ],
  [
    "glyphs",
    drawings[11],
    (v, at) => v.setUint16(v.getUint32(at + arm.text.str, true) + qxl.String.at.length, 3, true),
    "Text.str",
  ],
  [
    "glyph format",
    drawings[11],
    (v, at) => v.setUint16(v.getUint32(at + arm.text.str, true) + qxl.String.at.flags, 8, true),
    "no glyph format",
  ],
  [
    "points",
    drawings[9],
    (v, at) => v.setUint32(v.getUint32(at + arm.stroke.path, true) + qxl.Path.size + 4, 99, true),
    "Stroke.path: 99 points",
  ],
];
for (const [name, drawing, spoil, message] of refusals) {
  Deno.test(`a drawing with a wrong ${name} is refused by its field's name, and given back`, () => {
    const [error] = refusal(drawing, spoil);
    assertStringIncludes(error, message);
  });
}

const imageAt = (view: DataView, at: number) => view.getUint32(at + arm.copy.srcBitmap, true);
const { descriptor, u: { bitmap } } = qxl.Image.at;
const badImages: [string, (view: DataView, image: number) => void, string][] = [
  ["type", (v, at) => v.setUint8(at + descriptor.type, 105), "Copy.srcBitmap.type: 105"],
  ["format", (v, at) => v.setUint8(at + bitmap.format, 11), "Copy.srcBitmap.format: 11"],
  ["width", (v, at) => v.setUint32(at + bitmap.x, 0, true), "Copy.srcBitmap: it is 0×30"],
  ["stride", (v, at) => v.setUint32(at + bitmap.stride, 119, true), "Copy.srcBitmap.stride: 119"],
  [
    "height",
    (v, at) => v.setUint32(at + bitmap.y, 31, true),
    "chunks of 3600 bytes, expected 3720",
  ],
  [
    "height below",
    (v, at) => v.setUint32(at + bitmap.y, 29, true),
    "chunks of 3600 bytes, expected 3480",
  ],
  [
    "palette",
    (v, at) => v.setUint8(at + bitmap.format, 5),
    "Copy.srcBitmap.palette: bit8 needs one",
  ],
  ["size", (v, at) => {
    v.setUint32(at + bitmap.y, 0xffffffff, true);
    v.setUint8(at + bitmap.flags, qxl.QxlBitmapFlags.direct);
  }, "of the slot's"],
];
for (const [name, spoil, message] of badImages) {
  Deno.test(`an image with a wrong ${name} is refused`, () => {
    const [error] = refusal(copyOf(picture), (view, at) => spoil(view, imageAt(view, at)));
    assertStringIncludes(error, message);
  });
}

Deno.test("a bitmap whose chunk breaks inside a line is drawn", () => {
  const { card, witness, errors } = spoiled(copyOf(picture), (view, at) => {
    // 3600 bytes in one chunk become 1001 and 2599
    const image = imageAt(view, at), head = view.getUint32(image + bitmap.data, true);
    const data = new Uint8Array(view.buffer, head + qxl.DataChunk.size, 3600).slice();
    const second = 12 * (1 << 20);
    view.setUint32(head, 1001, true);
    view.setBigUint64(head + qxl.DataChunk.at.nextChunk, physicalOf(1, 0, second), true);
    new Uint8Array(view.buffer, head + qxl.DataChunk.size, 3600).fill(0, 1001);
    view.setUint32(second, 2599, true);
    new Uint8Array(view.buffer).set(data.subarray(1001), second + qxl.DataChunk.size);
  });
  assertEquals(errors, []);
  const [drawing] = witness.drawings;
  assertEquals(sourceOf(drawing).data, picture.data);
  card.settle();
  assertEquals(pixelAt(card.surfaces.get(0)!, 29, 29), 0x0e0d0c);
});

Deno.test("pixels that the guest goes on writing are copied", () => {
  const { card, witness } = spoiled(copyOf(picture), (view, at) => {
    const image = imageAt(view, at);
    view.setUint8(image + bitmap.flags, qxl.QxlBitmapFlags.topDown | qxl.QxlBitmapFlags.unstable);
  });
  const [drawing] = witness.drawings;
  assert(sourceOf(drawing).data.buffer !== card.ram.buffer);
  assertEquals(sourceOf(drawing).data, picture.data);
});

Deno.test("what waits to be drawn ends as what is drawn at once", () => {
  const random = seeded(5);
  const { card, driver, errors } = stage();
  const copies = new Map<number, Surface>([[0, createSurface("xrgb32", 64, 48)], [
    2,
    createSurface("xrgb32", 40, 40),
  ]]);
  const source = { surface: (id: number) => copies.get(id) };
  const theater = { width: 40, height: 40, surfaceIds: [0, 2], cachedImages: 1, paletteIds: 4 };
  let checked = 0;
  for (let i = 0; i < 3000; i++) {
    const drawing = randomDrawing(random, theater);
    const { base: { box, surfaceId } } = drawing, { width, height } = copies.get(surfaceId)!;
    // the card refuses what leaves the surface
    if (box.right > width || box.bottom > height) continue;
    const before = errors.length;
    driver.draw(drawing);
    if (errors.length > before) continue;
    drawOn(copies.get(surfaceId)!, drawing, source);
    if (random.below(100) > 0) continue;
    checked++;
    driver.updateArea(0, rect(0, 0, 64, 48));
    for (const [id, copy] of copies) {
      const surface = card.surfaces.get(id)!;
      for (let y = 0; y < copy.height; y++) {
        for (let x = 0; x < copy.width; x++) {
          assertEquals(
            pixelAt(surface, x, y),
            pixelAt(copy, x, y),
            `surface ${id} (${x}, ${y}) after ${i}`,
          );
        }
      }
    }
  }
  assert(checked > 10 && errors.length < 300, `${checked} checks, ${errors.length} errors`);
});

Deno.test("an old driver's drawables have another shape and colours of 15 bits", () => {
  const errors: string[] = [], witness = new Witness();
  const card = new Card({
    ...smallCard,
    revision: 1,
    report: ({ message }) => errors.push(message),
  });
  card.attach(witness);
  card.pci.write(Config.bar, 0xf4000000, 4);
  card.pci.write(Config.command, 2, 2);
  const view = new DataView(card.ram.buffer, 0, card.ram.length);
  // mode 0: 640×480 at 16 bits. Slot 0 has addresses on the bus
  card.ioWrite(Port.setMode, 0);
  assertEquals([card.mode, errors], ["compat", []]);
  const bus = Number(card.pci.address(0)!);
  const at = smallCard.vgamem, to = qxl.CompatDrawable.at;
  view.setUint8(at + to.type, qxl.DrawType.fill);
  [2, 1, 12, 11].forEach((n, i) => view.setInt32(at + to.bbox.top + i * 4, n, true));
  view.setUint32(at + to.u.fill.brush.type, 1, true);
  view.setUint32(at + to.u.fill.brush.u.color, 0x7c1f, true);
  view.setUint16(at + to.u.fill.ropDescriptor, Ropd.opPut, true);
  const ring = smallCard.ramSize - 8192 + qxl.Ram.at.cmdRing.prod;
  const item = smallCard.ramSize - 8192 + qxl.Ram.at.cmdRing.items[0].data;
  view.setBigUint64(item, BigInt(bus + at), true);
  view.setUint32(item + 8, qxl.CommandType.draw, true);
  view.setUint32(ring, 1, true);
  card.ioWrite(Port.notifyCommand, 0);
  assertEquals(errors, []);
  assertEquals(witness.drawings, [fillOf(rect(1, 2, 11, 12), 0xff00ff)]);
  card.settle();
  const surface = card.surfaces.get(0)!;
  assertEquals([surface.stride, pixelAt(surface, 1, 2), pixelAt(surface, 1, 1)], [
    -2560,
    0xff00ff,
    0,
  ]);
});
