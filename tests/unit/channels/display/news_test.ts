import { assert, assertEquals } from "@std/assert";
import { newsOf } from "../../../../channels/display/news.ts";
import { NewsDesk } from "../../../../channels/display/news_desk.ts";
import { LEAST_PIXELS, Shown } from "../../../../channels/display/shown.ts";
import type { BorrowedDrawing } from "../../../../core/guest.ts";
import { type Drawing, type Rect, Ropd } from "../../../../core/protocol/drawing.ts";
import { BitmapFlags, ImageFlags } from "../../../../core/protocol/image.ts";

const WIDTH = 320, HEIGHT = 240;

/** What a client sees: applies copies and copyBits as it would. */
class Screen {
  readonly pixels = new Uint32Array(WIDTH * HEIGHT);

  draw(drawing: Drawing): number {
    const { left, top, right, bottom } = drawing.base.box;
    if (drawing.kind === "copyBits") {
      const before = this.pixels.slice(), { x, y } = drawing.srcPos;
      for (let row = 0; row < bottom - top; row++) {
        const from = (y + row) * WIDTH + x;
        this.pixels.set(before.subarray(from, from + right - left), (top + row) * WIDTH + left);
      }
      return 0;
    }
    const { data } = drawing as Extract<Drawing, { kind: "drawCopy" }>;
    const image = data.srcBitmap!;
    if (image.type !== "bitmap") throw new TypeError("not a bitmap");
    const view = new DataView(image.data.buffer, image.data.byteOffset, image.data.byteLength);
    const topDown = (image.bitmapFlags & BitmapFlags.topDown) !== 0;
    for (let y = Math.max(top, 0); y < Math.min(bottom, HEIGHT); y++) {
      for (let x = Math.max(left, 0); x < Math.min(right, WIDTH); x++) {
        const row = y - top + data.srcArea.top, column = x - left + data.srcArea.left;
        const at = (topDown ? row : image.height - 1 - row) * image.stride + column * 4;
        this.pixels[y * WIDTH + x] = view.getUint32(at, true);
      }
    }
    return image.width * image.height;
  }
}

/** A copy of what `pixel` says, whose picture reaches a little beyond what is drawn of it. */
function copy(
  box: Rect,
  pixel: (x: number, y: number) => number,
  topDown = true,
  margin = 0,
): Drawing {
  const width = box.right - box.left + margin, height = box.bottom - box.top + margin;
  const words = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = topDown ? y : height - 1 - y;
      words[row * width + x] = pixel(box.left + x - margin, box.top + y - margin);
    }
  }
  return {
    kind: "drawCopy",
    base: { surfaceId: 0, box, clip: { type: "none" } },
    data: {
      srcBitmap: {
        type: "bitmap",
        id: 1n,
        flags: ImageFlags.cacheMe,
        width,
        height,
        format: "bit32",
        bitmapFlags: topDown ? BitmapFlags.topDown : 0,
        x: width,
        y: height,
        stride: width * 4,
        data: new Uint8Array(words.buffer),
      },
      srcArea: { top: margin, left: margin, bottom: height, right: width },
      ropDescriptor: Ropd.opPut,
      scaleMode: "nearest",
      mask: { flags: 0, pos: { x: 0, y: 0 }, bitmap: null },
    },
  };
}

/** A client, and how many pixels it is sent. */
function viewer(mostBytes = 8 << 20) {
  const shown = new Shown(mostBytes), screen = new Screen(), truth = new Screen();
  shown.begin(WIDTH, HEIGHT);
  let borrowed = 0;
  const command = (drawing: Drawing): BorrowedDrawing => ({
    drawing,
    retain: () => borrowed++,
    release: () => borrowed--,
  });
  return {
    shown,
    borrowed: () => borrowed,
    take(drawing: Drawing): { pixels: number; kinds: string[] } {
      const news = newsOf(drawing, shown) ?? [drawing];
      shown.sent(drawing, command(drawing));
      truth.draw(drawing);
      let pixels = 0;
      for (const each of news) pixels += screen.draw(each);
      assertEquals(screen.pixels, truth.pixels);
      return { pixels, kinds: news.map(({ kind }) => kind) };
    },
  };
}

const noise = (x: number, y: number): number =>
  Math.imul(x * 2654435761 ^ y * 40503, 0x85ebca77) >>> 0;
const page = (x: number, y: number): number => y % 7 === 0 ? 0xffffff : noise(x >> 2, y);
const screenful = { top: 0, left: 0, bottom: HEIGHT, right: WIDTH };

Deno.test("a window that did not change is sent nothing", () => {
  const { take } = viewer();
  take(copy(screenful, page));
  assertEquals(take(copy(screenful, page)), { pixels: 0, kinds: [] });
});

Deno.test("of a window in which one letter changed, the letter is sent, outside of the cache", () => {
  const { take } = viewer();
  take(copy(screenful, page));
  const letter = (x: number, y: number) => x >= 40 && x < 48 && y >= 50 && y < 62;
  const drawing = copy(screenful, (x, y) => letter(x, y) ? ~page(x, y) >>> 0 : page(x, y));
  assertEquals(take(drawing), { pixels: 8 * 12, kinds: ["drawCopy"] });
});

Deno.test("a page that is scrolled moves on the client, and what comes into view is sent", () => {
  const { take } = viewer();
  const box = { top: 20, left: 5, bottom: HEIGHT, right: WIDTH };
  // a scroll bar beside it
  const at = (scroll: number) => (x: number, y: number) =>
    x >= WIDTH - 6 ? (Math.abs(y - 40 - scroll) < 10 ? 0x808080 : 0xf0f0f0) : page(x, y + scroll);
  take(copy(box, at(0), true, 3));
  for (const [scroll, topDown] of [[11, true], [30, false], [22, true]] as const) {
    const { pixels, kinds } = take(copy(box, at(scroll), topDown, 2));
    assertEquals(kinds[0], "copyBits");
    assert(pixels < 9000, `${pixels} pixels sent`);
  }
});

Deno.test("a film is sent whole", () => {
  const { take } = viewer();
  for (let frame = 0; frame < 4; frame++) {
    const { pixels } = take(copy(screenful, (x, y) => noise(x + frame * 1000, y)));
    assertEquals(pixels, WIDTH * HEIGHT);
  }
});

Deno.test("windows, letters and scrolling over each other end in the guest's pixels", () => {
  let seed = 1;
  const random = (below: number) => (seed = Math.imul(seed, 1664525) + 1013904223 >>> 0) % below;
  for (const mostBytes of [8 << 20, 400 << 10]) {
    const { shown, take, borrowed } = viewer(mostBytes);
    for (let n = 0; n < 150; n++) {
      const left = random(200) - 10, top = random(150) - 10;
      const box = n % 3
        ? { left: 20, top: 16, right: 300, bottom: 230 }
        : { left, top, right: left + 20 + random(160), bottom: top + 20 + random(140) };
      const scroll = random(9) * 3, dot = random(200);
      const pixel = (x: number, y: number) =>
        Math.abs(x - dot) + Math.abs(y - dot) < 5 ? dot : page(x, y + scroll);
      take(copy(box, pixel, random(2) === 0, random(3)));
      if (n % 10 === 0) shown.forget({ left: dot, top: dot, right: dot + 9, bottom: dot + 9 });
      assert(shown.bytes <= mostBytes);
    }
    assert(borrowed() <= 16);
    shown.clear();
    assertEquals([borrowed(), shown.bytes], [0, 0]);
  }
});

Deno.test("what was drawn over is not taken for what it was", () => {
  const { shown, take } = viewer();
  take(copy(screenful, page));
  shown.forget({ left: 100, top: 100, right: 140, bottom: 130 });
  assertEquals(take(copy(screenful, page)), { pixels: 40 * 30, kinds: ["drawCopy"] });
});

Deno.test("small copies are neither compared nor kept", () => {
  const { shown, take } = viewer();
  const small = { left: 0, top: 0, right: 63, bottom: 64 };
  assert(63 * 64 < LEAST_PIXELS);
  take(copy(small, page));
  assertEquals(take(copy(small, page)).pixels, 63 * 64);
  assertEquals(shown.bytes, 0);
});

Deno.test("what is new is found once for all clients that show the same", () => {
  const desk = new NewsDesk(), clients = [new Shown(8 << 20), new Shown(8 << 20)];
  const free = (drawing: Drawing) => ({ drawing, retain: () => {}, release: () => {} });
  const first = free(copy(screenful, page));
  for (const shown of clients) {
    shown.begin(WIDTH, HEIGHT);
    shown.sent(first.drawing, first);
  }
  const second = copy(screenful, (x, y) => x < 9 && y < 9 ? 1 : page(x, y));
  const [a, b] = clients.map((shown) => desk.news(second, shown));
  assertEquals(a?.length, 1);
  assert(a === b);
  // one of them shows less
  clients[1].forget({ left: 200, top: 0, right: 210, bottom: 5 });
  assertEquals(desk.news(second, clients[1])?.length, 2);
});
