import { peer, run } from "./peers.ts";
import type { Picture } from "./png.ts";
import { decodePpm } from "./ppm.ts";

/** spice-gtk without a window (peer/shot.c); null: it cannot be built here. */
export const shot = peer("shot");

/** What spice-gtk shows once nothing has changed for a while. */
export async function gtkPicture(port: number, idleMs: number): Promise<Picture> {
  const file = await Deno.makeTempFile({ suffix: ".ppm" });
  try {
    await run(shot!, [String(port), file, String(idleMs), "100"], { seconds: 120 });
    return decodePpm(await Deno.readFile(file));
  } finally {
    await Deno.remove(file);
  }
}
