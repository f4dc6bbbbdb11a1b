/**
 * Recordings given to a card by its driver, command for command, against the last frame that
 * libspice showed of them: through rings, card memory, late drawing and release.
 */
import { assertEquals } from "@std/assert";
import { zstdDecompressSync } from "node:zlib";
import { Driver } from "../../qxl/driver.ts";
import { readRecording, type RecordedAction } from "../../qxl/drivers/replay/recording.ts";
import { Card } from "../../qxl/device.ts";
import { Witness } from "../kit/card_stage.ts";
import { assertSamePixels, decodePng, pictureOf } from "../kit/png.ts";

/** Keeps as many drawings as a client's queue might. */
class SlowWitness extends Witness {
  override keeps = true;
  override draw(command: Parameters<Witness["draw"]>[0]): void {
    super.draw(command);
    this.log.length = this.drawings.length = 0;
    if (this.kept.length > 60) this.kept.shift()!.release();
  }
}

/** False: the ring is full. */
function apply(driver: Driver, surfaces: Set<number>, action: RecordedAction): boolean {
  switch (action.kind) {
    case "draw":
      return driver.draw(action.drawing, action.options);
    case "cursor":
      return driver.cursor(action.command);
    case "update":
      driver.updateArea(action.surfaceId, action.area);
      return true;
    case "surfaceCreate": {
      const { id, format, width, height, stride, pixels } = action;
      surfaces.add(id);
      return driver.createSurface(id, format, width, height, stride, pixels);
    }
    case "surfaceDestroy":
      surfaces.delete(action.id);
      return driver.destroySurface(action.id);
    case "primaryCreate":
      driver.createPrimary(action, action.pixels.length > 0 ? action.pixels : undefined);
      return true;
    case "surfacesDestroy":
      for (const id of surfaces) driver.destroySurface(id);
      surfaces.clear(); // falls through
    case "primaryDestroy":
      driver.destroyPrimary();
  }
  return true;
}

const data = new URL("../data/", import.meta.url);
/** Draws that libspice drops as well: their boxes leave the surface. */
const REFUSED: { readonly [name: string]: number } = { qemu: 2 };

for (const { name: file } of [...Deno.readDirSync(new URL("recordings/", data))]) {
  const name = file.replace(".rec.zst", "");
  Deno.test(`the card shows ${name} as libspice does, in every pixel`, async () => {
    const recording = zstdDecompressSync(Deno.readFileSync(new URL(`recordings/${file}`, data)));
    const errors: string[] = [];
    const card = new Card({ report: ({ message }) => errors.push(message) });
    const witness = new SlowWitness();
    card.attach(witness);
    const driver = new Driver(card), surfaces = new Set<number>();
    for (const { action } of readRecording(recording, file)) {
      // with an audience the ring is never full
      assertEquals(apply(driver, surfaces, action), true);
    }
    card.settle();
    const expected = await decodePng(Deno.readFileSync(new URL(`golden/${name}.png`, data)));
    assertSamePixels(pictureOf(card.surfaces.get(0)!), expected, name);
    assertEquals([errors.length, card.guestBug], [REFUSED[name] ?? 0, false], errors[0]);
    witness.memoryLow();
    assertEquals(card.lentBytes, 0);
  });
}
