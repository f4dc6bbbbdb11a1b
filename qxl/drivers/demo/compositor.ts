/** Which part of which layer is to be painted where something changed: nothing is painted twice. */
import type { Drawing, Rect } from "../../../core/protocol/drawing.ts";
import { Region } from "../../../core/raster/region.ts";
import { Painter } from "./painter.ts";

export interface Layer {
  /** What it covers, opaquely. */
  readonly shape: readonly Rect[];
  /** All that it touches, its shadow included. */
  readonly outer: Rect;
  /** The shadow around the shape. */
  paintShadow?(painter: Painter): void;
  paint(painter: Painter): void;
}

/** layers: the lowest first; the lowest covers everything. */
export function compose(damage: Region, layers: readonly Layer[]): Drawing[] {
  const out: Drawing[] = [];
  // what is above a layer is taken away from the top downwards, painted from the bottom upwards
  const seen = damage.clone();
  const parts: (readonly [shadow: Region | null, own: Region] | null)[] = layers.map(() => null);
  for (let i = layers.length - 1; i >= 0 && !seen.isEmpty; i--) {
    const layer = layers[i];
    if (!seen.overlaps(layer.outer)) continue;
    const own = seen.clone();
    own.intersectAll(new Region(layer.shape));
    for (const rect of layer.shape) seen.subtract(rect);
    let shadow: Region | null = null;
    if (layer.paintShadow) {
      shadow = seen.clone();
      shadow.intersect(layer.outer);
    }
    parts[i] = [shadow, own];
  }
  parts.forEach((part, i) => {
    if (!part) return;
    const [shadow, own] = part;
    if (shadow && !shadow.isEmpty) layers[i].paintShadow!(new Painter(out, shadow.rects));
    if (!own.isEmpty) layers[i].paint(new Painter(out, own.rects));
  });
  return out;
}
