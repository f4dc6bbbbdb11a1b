/// <reference lib="dom" />
/** ZLIB_GLZ images, which are GLZ once they are inflated: by the browser, which takes a moment. */
import type { Drawing } from "../../core/protocol/drawing.ts";
import type { Image, ImageOf } from "../../core/protocol/image.ts";
import { detached } from "./line.ts";

/** Its source is deflated; servers send no others so. */
export function hasDeflated(drawing: Drawing): boolean {
  return drawing.kind !== "copyBits" && "srcBitmap" in drawing.data &&
    drawing.data.srcBitmap?.type === "zlibGlzRgb";
}

/** The same drawing with a GLZ source, in bytes of its own. Rejects with RangeError or TypeError. */
export async function inflated(drawing: Drawing): Promise<Drawing> {
  const own = detached(drawing) as { data: { srcBitmap: Image } } & Drawing;
  own.data.srcBitmap = await glzOf(own.data.srcBitmap as ImageOf<"zlibGlzRgb">);
  return own;
}

async function glzOf(image: ImageOf<"zlibGlzRgb">): Promise<ImageOf<"glzRgb">> {
  const { id, flags, width, height, glzDataSize } = image;
  // what no encoder makes of so many pixels is not worth its memory
  if (glzDataSize > width * height * 5 + 1024) {
    throw new RangeError(`a GLZ image of ${width}×${height} claims ${glzDataSize} bytes`);
  }
  const data = new Uint8Array(glzDataSize);
  const file = new Blob([image.data as Uint8Array<ArrayBuffer>]).stream();
  let at = 0;
  for await (const part of file.pipeThrough(new DecompressionStream("deflate"))) {
    if (at + part.length > data.length) throw new RangeError("a GLZ image inflates to more");
    data.set(part, at);
    at += part.length;
  }
  if (at !== glzDataSize) throw new RangeError(`a GLZ image inflates to ${at} of ${glzDataSize}`);
  return { type: "glzRgb", id, flags, width, height, data };
}
