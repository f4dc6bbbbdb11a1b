import { type Drawing, Ropd } from "../../core/protocol/drawing.ts";

/** Every pixel of the drawing's box becomes what the drawing says, whatever stood there. */
export function isOpaque(drawing: Drawing): boolean {
  if (drawing.base.clip.type !== "none") return false;
  switch (drawing.kind) {
    case "drawFill":
      return drawing.data.ropDescriptor === Ropd.opPut && drawing.data.mask.bitmap === null &&
        drawing.data.brush.type === "solid";
    case "drawCopy": {
      const { srcBitmap: image, ropDescriptor, mask } = drawing.data;
      return ropDescriptor === Ropd.opPut && mask.bitmap === null && image?.type === "bitmap" &&
        // an alpha channel is copied too, but a destination with one may be read back
        image.format !== "bit8A";
    }
    case "drawBlackness":
    case "drawWhiteness":
      return drawing.data.mask.bitmap === null;
    default:
      return false;
  }
}
