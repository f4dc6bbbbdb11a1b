/**
 * What a display channel's client does with what it is sent.
 * Source of truth: spice.proto, DisplayChannel; spice-gtk's channel-display.c.
 */
import { Capabilities, DisplayCap } from "../../../core/protocol/capabilities.ts";
import type { Display, Head } from "../../../core/protocol/display.ts";
import type { Drawing } from "../../../core/protocol/drawing.ts";
import { GLZ_WINDOW_PIXELS, PIXMAP_CACHE_PIXELS } from "../caches.ts";
import type { ClientAnswers, Line } from "../line.ts";
import { hasDeflated, inflated } from "../inflate.ts";
import type { Scene } from "../scene.ts";
import type { Streams } from "../streams.ts";
import { videoCaps } from "../video.ts";

type Client = typeof Display.client.table;
type Server = typeof Display.server.table;

/** What this client can, as the link says it; video by what the browser decodes. */
export async function displayCaps(): Promise<Capabilities> {
  const { words } = await videoCaps();
  return new Capabilities(own.words.map((word, i) => (word | (words[i] ?? 0)) >>> 0));
}

const own = Capabilities.of(
  DisplayCap.sizedStream,
  DisplayCap.monitorsConfig,
  DisplayCap.composite,
  DisplayCap.a8Surface,
  DisplayCap.streamReport,
  DisplayCap.lz4Compression,
  DisplayCap.multiCodec,
  DisplayCap.codecMjpeg,
);

export interface DisplayHost {
  readonly scene: Scene;
  readonly streams: Streams;
  /** The heads that the guest has on this channel, and how many it may have. */
  heads(heads: readonly Head[], most: number): void;
  base: Pick<ClientAnswers<Server>, "migrate" | "disconnecting" | "notify">;
}

export function display(line: Line<Client, Server>, host: DisplayHost): void {
  const { scene, streams } = host;
  const { caches } = scene;
  line.send.init({
    pixmapCacheId: 1,
    pixmapCacheSize: BigInt(PIXMAP_CACHE_PIXELS),
    glzDictionaryId: 1,
    glzDictionaryWindowSize: GLZ_WINDOW_PIXELS,
  });
  const draw = (kind: Drawing["kind"]) => (body: Omit<Drawing, "kind">) => {
    const drawing = { kind, ...body } as Drawing;
    scene.count(drawing);
    if (!hasDeflated(drawing)) return scene.draw(drawing);
    return inflated(drawing).then((whole) => scene.draw(whole));
  };
  line.attend({
    ...host.base,
    // what only servers of before 2010 say
    mode: ({ xRes, yRes, bits }) => {
      scene.create(0, bits === 16 ? "rgb555" : "xrgb32", xRes, yRes);
      scene.mark();
    },
    mark: () => scene.mark(),
    reset: () => scene.clear(),
    copyBits: draw("copyBits"),
    invalList: ({ resources }) => resources.forEach(({ id }) => caches.dropPicture(id)),
    invalAllPixmaps: () => caches.dropPictures(),
    invalPalette: ({ id }) => caches.dropPalette(id),
    invalAllPalettes: () => caches.dropPalettes(),
    streamCreate: (stream) => streams.create(stream),
    streamData: ({ base, data }) => streams.frame(base.id, base.multiMediaTime, data),
    streamDataSized: ({ base, data, width, height, dest }) =>
      streams.frame(base.id, base.multiMediaTime, data, { width, height, dest }),
    streamClip: ({ id, clip }) => streams.clip(id, clip),
    streamDestroy: ({ id }) => streams.destroy(id),
    streamDestroyAll: () => streams.destroyAll(),
    streamActivateReport: (asked) => streams.activateReport(asked),
    drawFill: draw("drawFill"),
    drawOpaque: draw("drawOpaque"),
    drawCopy: draw("drawCopy"),
    drawBlend: draw("drawBlend"),
    drawBlackness: draw("drawBlackness"),
    drawWhiteness: draw("drawWhiteness"),
    drawInvers: draw("drawInvers"),
    drawRop3: draw("drawRop3"),
    drawStroke: draw("drawStroke"),
    drawText: draw("drawText"),
    drawTransparent: draw("drawTransparent"),
    drawAlphaBlend: draw("drawAlphaBlend"),
    drawComposite: draw("drawComposite"),
    surfaceCreate: ({ surfaceId, format, width, height }) =>
      scene.create(surfaceId, format, width, height),
    surfaceDestroy: ({ surfaceId }) => scene.destroy(surfaceId),
    monitorsConfig: ({ heads, maxAllowed }) => host.heads(heads, maxAllowed),
    // only for clients on the same machine, which say that they can
    glScanoutUnix: () => {},
    glDraw: () => line.send.glDrawDone(),
    qualityIndicator: () => {},
  });
}
