/** What drawing costs: small fills and copies first of all, in one buffer as the card has them. */
import type { Drawing } from "../../core/protocol/drawing.ts";
import type { Bitmap } from "../../core/protocol/image.ts";
import { drawOn } from "../../core/raster/canvas.ts";
import { Region } from "../../core/raster/region.ts";
import type { Surface } from "../../core/raster/surface.ts";

const WIDTH = 1280, HEIGHT = 800, BYTES = WIDTH * HEIGHT * 4;
const memory = new Uint8Array(2 * BYTES).map((_, i) => i * 37 >> 3);
const stride = WIDTH * 4;
const screen: Surface = {
  width: WIDTH,
  height: HEIGHT,
  format: "xrgb32",
  bytes: memory.subarray(0, BYTES),
  origin: stride * (HEIGHT - 1),
  stride: -stride,
};
const sixteen: Surface = { ...screen, format: "rgb565", origin: 0, stride };
const source = { surface: () => undefined };
const mask = { flags: 0, pos: { x: 0, y: 0 }, bitmap: null };
const box = (size: number, height = size) => ({
  surfaceId: 0,
  box: { top: 7, left: 9, bottom: 7 + height, right: 9 + size },
  clip: { type: "none" as const },
});
const at0 = (width: number, height: number) => ({ top: 0, left: 0, bottom: height, right: width });

function bitmap(width: number, height: number, format: "bit32" | "rgba" = "bit32"): Bitmap {
  const data = memory.subarray(BYTES, BYTES + width * height * 4);
  const stride = width * 4;
  const head = { id: 1n, type: "bitmap", flags: 0, width, height } as const;
  return { ...head, format, bitmapFlags: 4, x: width, y: height, stride, palette: null, data };
}

const fill = (base: Drawing["base"], ropDescriptor = 8): Drawing => ({
  kind: "drawFill",
  base,
  data: { brush: { type: "solid", color: 0x336699 }, ropDescriptor, mask },
});
const copy = (
  base: Drawing["base"],
  image: Bitmap,
  ropDescriptor = 8,
  scaleMode: "nearest" | "interpolate" = "nearest",
): Drawing => ({
  kind: "drawCopy",
  base,
  data: { srcBitmap: image, srcArea: at0(image.x, image.y), ropDescriptor, scaleMode, mask },
});
const solid = { type: "solid", color: 0xffffff } as const;

const cases: [string, Drawing][] = [
  ["fill 16×16", fill(box(16))],
  ["fill 1200×700", fill(box(1200, 700))],
  ["copy 16×16", copy(box(16), bitmap(16, 16))],
  ["copy 64×64", copy(box(64), bitmap(64, 64))],
  ["copy 1200×700", copy(box(1200, 700), bitmap(1200, 700))],
  ["copy bits 64×64", { kind: "copyBits", base: box(64), srcPos: { x: 9, y: 23 } }],
  ["copy bits 1200×700", { kind: "copyBits", base: box(1200, 700), srcPos: { x: 9, y: 23 } }],
  ["fill xor 64×64", fill(box(64), 64)],
  ["copy xor 64×64", copy(box(64), bitmap(64, 64), 64)],
  ["stretch nearest 640×480", copy(box(640, 480), bitmap(320, 240))],
  ["stretch bilinear 640×480", copy(box(640, 480), bitmap(320, 240), 8, "interpolate")],
  ["alpha blend 64×64", {
    kind: "drawAlphaBlend",
    base: box(64),
    data: { alphaFlags: 0, alpha: 255, srcBitmap: bitmap(64, 64, "rgba"), srcArea: at0(64, 64) },
  }],
  ["composite over 64×64", {
    kind: "drawComposite",
    base: box(64),
    data: {
      flags: 3,
      srcBitmap: bitmap(64, 64, "rgba"),
      srcOrigin: { x: 0, y: 0 },
      maskOrigin: { x: 0, y: 0 },
    },
  }],
  ["rop3 64×64", {
    kind: "drawRop3",
    base: box(64),
    data: {
      srcBitmap: bitmap(64, 64),
      srcArea: at0(64, 64),
      brush: solid,
      rop3: 0xb8,
      scaleMode: "nearest",
      mask,
    },
  }],
  ["text, 10 glyphs", {
    kind: "drawText",
    base: box(120, 20),
    data: {
      str: {
        flags: 1,
        glyphs: Array.from({ length: 10 }, (_, i) => ({
          renderPos: { x: 10 + i * 10, y: 22 },
          glyphOrigin: { x: 0, y: -12 },
          width: 8,
          height: 14,
          data: memory.subarray(i, i + 14),
        })),
      },
      backArea: at0(0, 0),
      foreBrush: solid,
      backBrush: { type: "none" },
      foreMode: 8,
      backMode: 8,
    },
  }],
  ["stroke, 4 lines", {
    kind: "drawStroke",
    base: box(120, 100),
    data: {
      path: {
        segments: [{
          flags: 3,
          points: [[10, 10], [100, 20], [90, 90], [20, 80], [10, 10]].map(([x, y]) => ({ x, y })),
        }],
      },
      attr: { flags: 0 },
      brush: solid,
      foreMode: 8,
      backMode: 8,
    },
  }],
];

// the loops see items of both sizes, as in a session with both
drawOn(sixteen, fill(box(16)), source);
drawOn(sixteen, fill(box(16), 64), source);
drawOn(sixteen, copy(box(16), bitmap(16, 16)), source);

for (const [name, drawing] of cases) {
  const { top, left, bottom, right } = drawing.base.box;
  const pixels = (bottom - top) * (right - left);
  Deno.bench({ name: `${name} (${pixels} px)`, group: "drawing" }, () => {
    drawOn(screen, drawing, source);
  });
}

Deno.bench("region: 20 dirty rects added", () => {
  const region = new Region();
  for (let i = 0; i < 20; i++) {
    const left = i * 97 % 640, top = i * 61 % 480;
    region.add({ top, left, bottom: top + 40, right: left + 60 });
  }
});
