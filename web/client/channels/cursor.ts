/**
 * The guest's cursor: its shape and place.
 * Source of truth: spice.proto, CursorChannel; spice-gtk's channel-cursor.c.
 */
import { type Cursor, type CursorChannel, CursorFlags } from "../../../core/protocol/cursor.ts";
import type { Point16 } from "../../../core/protocol/drawing.ts";
import { alphaPixels } from "../../../core/raster/cursor_alpha.ts";
import type { ClientAnswers, Line } from "../line.ts";
import type { CursorShape } from "../orders.ts";

type Client = typeof CursorChannel.client.table;
type Server = typeof CursorChannel.server.table;

export interface CursorHost {
  /** null: there is none to see. */
  shape(shape: CursorShape | null): void;
  moved(x: number, y: number): void;
  base: Pick<ClientAnswers<Server>, "migrate" | "disconnecting" | "notify">;
}

/** The server counts on so many at most; cursor-channel-client.cpp: CLIENT_CURSOR_CACHE_SIZE. */
const CACHE_SIZE = 256;

export function cursor(line: Line<Client, Server>, host: CursorHost): void {
  const cache = new Map<bigint, CursorShape>();
  let shape: CursorShape | null = null;
  let visible = false;
  const show = () => host.shape(visible ? shape : null);
  const set = (position: Point16, seen: number, now: Cursor) => {
    shape = shapeOf(now, cache);
    visible = seen !== 0;
    show();
    host.moved(position.x, position.y);
  };
  line.attend({
    ...host.base,
    init: ({ position, visible, cursor }) => {
      cache.clear();
      set(position, visible, cursor);
    },
    reset: () => {
      cache.clear();
      shape = null;
      show();
    },
    set: ({ position, visible, cursor }) => set(position, visible, cursor),
    move: ({ position }) => {
      if (!visible) {
        visible = true;
        show();
      }
      host.moved(position.x, position.y);
    },
    hide: () => {
      visible = false;
      show();
    },
    trail: () => {},
    invalOne: ({ id }) => void cache.delete(id),
    invalAll: () => cache.clear(),
  });
}

function shapeOf({ flags, header, data }: Cursor, cache: Map<bigint, CursorShape>) {
  if (flags & CursorFlags.none || !header) return null;
  if (flags & CursorFlags.fromCache) return cache.get(header.unique) ?? null;
  const { width, height, type } = header;
  const shape: CursorShape = {
    width,
    height,
    // SPEC: a hot spot outside of the shape is moved to its edge
    hotX: Math.min(header.hotSpotX, Math.max(0, width - 1)),
    hotY: Math.min(header.hotSpotY, Math.max(0, height - 1)),
    pixels: straight(alphaPixels({ type, width, height, data }), width * height),
  };
  if (flags & CursorFlags.cacheMe && cache.size < CACHE_SIZE) cache.set(header.unique, shape);
  return shape;
}

/** b, g, r, a, premultiplied, as r, g, b, a, not premultiplied. */
function straight(pixels: Uint8Array, count: number): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(count * 4);
  for (let i = 0; i < count * 4; i += 4) {
    const alpha = pixels[i + 3];
    if (!alpha) continue;
    for (let c = 0; c < 3; c++) out[i + c] = Math.round(pixels[i + 2 - c] * 255 / alpha);
    out[i + 3] = alpha;
  }
  return out;
}
