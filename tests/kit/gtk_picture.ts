import { peer, run } from "./peers.ts";
import type { Picture } from "./png.ts";
import { decodePpm } from "./ppm.ts";

/** spice-gtk without a window (peer/shot.c); null: it cannot be built here. */
export const shot = peer("shot");

/** What spice-gtk shows once nothing has changed for a while. */
export async function gtkPicture(port: number, idleMs: number): Promise<Picture> {
  return (await gtkPictures(port, idleMs, 1))[0];
}

/** The same of each of its first displays. cacheBytes: of pictures and of the dictionary; its own choice if not said. */
export async function gtkPictures(
  port: number,
  idleMs: number,
  displays: number,
  cacheBytes?: number,
): Promise<Picture[]> {
  const folder = await Deno.makeTempDir();
  try {
    const args = [port, `${folder}/0`, idleMs, 100, displays, cacheBytes ?? []].flat();
    await run(shot!, args.map(String), { seconds: 120 });
    const file = (id: number) => `${folder}/0${id > 0 ? `.${id}` : ""}`;
    return await Promise.all(
      Array.from({ length: displays }, async (_, id) => decodePpm(await Deno.readFile(file(id)))),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
