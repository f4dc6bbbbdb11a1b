import { assert, assertEquals } from "@std/assert";
import { seeded } from "../../../../core/binary/random.ts";
import { fewColours, oneColour, paletted } from "../../../../qxl/drivers/few_colours.ts";
import { PixelScreen } from "../../../../qxl/drivers/pixel_screen.ts";
import { cardStage, rect } from "../../../kit/card_stage.ts";

const random = seeded(11);

/** Pixels of so many colours; what is above the colour is noise. */
function picture(colours: number, pixels: number): Uint32Array {
  const palette = Array.from({ length: colours }, (_, i) => i * 0x0b1d2f & 0xffffff);
  return Uint32Array.from({ length: pixels }, (_, i) => {
    const colour = palette[i < colours ? i : random.below(colours)];
    return (colour | random.below(256) << 24) >>> 0;
  });
}

Deno.test("a screen's boxes of one, two, sixteen and more colours are fills, bits, halves of bytes and words, and show what they should", async () => {
  for (const width of [3, 8, 37, 64]) {
    const height = 5;
    for (
      const [colours, format] of [[1, null], [2, "bit1Be"], [3, "bit4Be"], [16, "bit4Be"], [
        17,
        "bit32",
      ]] as const
    ) {
      if (width * height < colours) continue;
      const { card, driver, witness } = cardStage();
      const screen = new PixelScreen(driver);
      screen.resize(width, height);
      // none is what the screen shows already
      screen.pixels.set(picture(colours, width * height).map((pixel) => pixel ^ 0xffffff));
      screen.touch(rect(0, 0, width, height));
      await screen.flush();
      const formats = witness.drawings.map((drawing) => {
        const image = drawing.kind === "drawCopy" ? drawing.data.srcBitmap : null;
        return image?.type === "bitmap" ? image.format : null;
      });
      assertEquals(formats, [format], `${width} pixels, ${colours} colours`);
      card.settle();
      const { bytes, origin, stride } = card.surfaces.get(0)!;
      const view = new DataView(bytes.buffer, bytes.byteOffset + origin);
      for (let i = 0; i < width * height; i++) {
        const at = Math.floor(i / width) * stride + i % width * 4;
        assertEquals(view.getUint32(at, true) & 0xffffff, screen.pixels[i] & 0xffffff, `${i}`);
      }
    }
  }
});

Deno.test("the seventeenth colour makes a picture one of many", () => {
  assert(fewColours(picture(16, 100)) !== null);
  assertEquals(fewColours(picture(17, 100)), null);
  const few = fewColours(Uint32Array.of(1, 0, 1, 1, 0, 0, 0, 1, 0xff000000, 1))!;
  const bitmap = paletted(few, 5, 2);
  assertEquals([...bitmap.data], [0b01001000, 0b11010000]);
  assertEquals(bitmap.palette?.entries, [1, 0]);
});

Deno.test("a box has one colour when its own pixels do, whatever is above the colour and around it", () => {
  const pixels = new Uint32Array(6 * 4).fill(7);
  for (let y = 1; y < 3; y++) {
    for (let x = 2; x < 5; x++) pixels[y * 6 + x] = (0x123456 | x << 24) >>> 0;
  }
  assertEquals(oneColour(pixels, 6, rect(2, 1, 5, 3)), 0x123456);
  for (const wider of [rect(1, 1, 5, 3), rect(2, 0, 5, 3), rect(2, 1, 6, 3), rect(2, 1, 5, 4)]) {
    assertEquals(oneColour(pixels, 6, wider), null);
  }
});
