import { assertEquals } from "@std/assert";
import { Ability } from "../../../../channels/display/ability.ts";
import { chooseCodec } from "../../../../channels/display/choose_codec.ts";
import { Encodings } from "../../../../channels/display/encoder.ts";
import { GlzEncoder } from "../../../../channels/display/glz_encoder.ts";
import { ImageWire, type Travel } from "../../../../channels/display/image_wire.ts";
import { InlineEncoder } from "../../../../channels/display/inline_encoder.ts";
import { PixmapCache } from "../../../../channels/display/pixmap_cache.ts";
import { Capabilities } from "../../../../core/protocol/capabilities.ts";
import { type Drawing, Ropd } from "../../../../core/protocol/drawing.ts";

/** Keeps pictures for dictionaries waiting until `go`. */
class Held extends InlineEncoder {
  readonly #waiting: (() => void)[] = [];

  override encodeGlz(...job: Parameters<InlineEncoder["encodeGlz"]>): void {
    this.#waiting.push(() => super.encodeGlz(...job));
  }

  go(): void {
    for (const each of this.#waiting.splice(0)) each();
  }
}

function copy(): Travel {
  const size = { width: 32, height: 32 }, box = { left: 0, top: 0, right: 32, bottom: 32 };
  const drawing: Drawing = {
    kind: "drawCopy",
    base: { surfaceId: 0, box, clip: { type: "none" } },
    data: {
      srcBitmap: {
        ...{ type: "bitmap", id: 0n, flags: 0, ...size, format: "bit32", bitmapFlags: 4 },
        ...{ x: 32, y: 32, stride: 128, palette: null, data: new Uint8Array(4096) },
      },
      srcArea: box,
      ropDescriptor: Ropd.opPut,
      scaleMode: "nearest",
      mask: { flags: 0, pos: { x: 0, y: 0 }, bitmap: null },
    },
  };
  return { drawing, lossy: null };
}

/** What the picture of the drawing became. */
function typeOf(wire: ImageWire, travel: Travel): string {
  const { data } = wire.drawing(travel) as Extract<Drawing, { kind: "drawCopy" }>;
  return data.srcBitmap!.type;
}

Deno.test("when one display begins the dictionary anew, another's pictures on their way into it go as LZ", () => {
  const works = new Held(), encodings = new Encodings(works);
  const cache = new PixmapCache(1n << 20n), glz = GlzEncoder.open(works, 1 << 20);
  const choice = chooseCodec("glz")(new Ability(Capabilities.of()), null);
  const [one, other] = [0, 1].map((id) => new ImageWire(id, cache, encodings, glz, choice));
  const here = copy(), there = copy();
  let told = 0;
  assertEquals(one.prepare(here, () => {}, false), false);
  assertEquals(other.prepare(there, () => told++, false), false);
  // its guest needs the memory: what is not encoded leaves as it is
  assertEquals(typeOf(one, here), "bitmap");
  works.go();
  assertEquals(told, 1);
  assertEquals(other.prepare(there, () => told++, true), true);
  assertEquals(typeOf(other, there), "lzRgb");
  const next = copy();
  other.prepare(next, () => {}, false);
  works.go();
  assertEquals([other.prepare(next, () => {}, true), typeOf(other, next)], [true, "glzRgb"]);
  glz![Symbol.dispose]();
});
