import { drawOn } from "../../core/raster/canvas.ts";
import { ImageCache } from "../../core/raster/image_cache.ts";
import { createSurface, type Surface } from "../../core/raster/surface.ts";
import { readRecording, type RecordedAction } from "../../qxl/drivers/replay/recording.ts";

/** The surfaces after the last command of a recording, drawn without card, wire or client. */
export function played(recording: Uint8Array, name: string): Map<number, Surface> {
  const surfaces = new Map<number, Surface>();
  const source = { surface: (id: number) => surfaces.get(id), cache: new ImageCache() };
  for (const { action } of readRecording(recording, name)) {
    if (action.kind === "draw") {
      const surface = surfaces.get(action.drawing.base.surfaceId);
      if (surface) drawOn(surface, action.drawing, source);
    } else change(surfaces, action);
  }
  return surfaces;
}

function change(surfaces: Map<number, Surface>, action: RecordedAction): void {
  switch (action.kind) {
    case "primaryCreate":
    case "surfaceCreate": {
      const { width, height, format, stride, pixels } = action;
      const id = action.kind === "primaryCreate" ? 0 : action.id;
      if (!pixels || pixels.length === 0) {
        surfaces.set(id, createSurface(format, width, height));
        return;
      }
      const origin = stride < 0 ? -stride * (height - 1) : 0;
      const bytes = new Uint8Array(pixels);
      surfaces.set(id, { width, height, format, stride, origin, bytes });
      return;
    }
    case "primaryDestroy":
      surfaces.delete(0);
      return;
    case "surfaceDestroy":
      surfaces.delete(action.id);
      return;
    case "surfacesDestroy":
      surfaces.clear();
  }
}
