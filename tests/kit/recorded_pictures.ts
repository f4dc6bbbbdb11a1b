/** The pictures in a recording, in the order in which a server would compress them. */
import { zstdDecompressSync } from "node:zlib";
import { type Bitmap, BitmapFlags } from "../../core/protocol/image.ts";
import { readRecording } from "../../qxl/drivers/replay/recording.ts";

/** A bitmap of a drawing, as the codecs take it: rows without padding, in memory of their own. */
export interface RecordedPicture {
  readonly format: Exclude<Bitmap["format"], "invalid">;
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly topDown: boolean;
  readonly data: Uint8Array;
}

/** name: of a file in tests/data/recordings, without its endings. */
export function* recordedPictures(name: string): Generator<RecordedPicture> {
  const file = new URL(`../data/recordings/${name}.rec.zst`, import.meta.url);
  for (const { action } of readRecording(zstdDecompressSync(Deno.readFileSync(file)), name)) {
    if (action.kind === "draw") yield* pictures(action.drawing);
  }
}

function* pictures(part: unknown): Generator<RecordedPicture> {
  if (typeof part !== "object" || part === null || ArrayBuffer.isView(part)) return;
  if ("bitmapFlags" in part && "format" in part) {
    const { format, bitmapFlags, x, y, stride, data } = part as Bitmap;
    if (format === "invalid" || x === 0 || y === 0) return;
    const topDown = (bitmapFlags & BitmapFlags.topDown) !== 0;
    yield { format, width: x, height: y, stride, topDown, data: data.slice() };
    return;
  }
  for (const inner of Object.values(part)) yield* pictures(inner);
}
