/// <reference lib="dom" />
/**
 * Streams of bytes with the guest: named ports, shared folders, redirected USB devices.
 * Source of truth: spice.proto, SpicevmcChannel and PortChannel; spice-gtk's channel-port.c.
 */
import { WireError } from "../../../core/binary/error.ts";
import { decodeLz4Block } from "../../../core/codecs/lz4/mod.ts";
import { Capabilities, SpicevmcCap } from "../../../core/protocol/capabilities.ts";
import { Port } from "../../../core/protocol/port.ts";
import type { CompressedData } from "../../../core/protocol/spicevmc.ts";
import { Usbredir } from "../../../core/protocol/usbredir.ts";
import { Webdav } from "../../../core/protocol/webdav.ts";
import type { ClientAnswers, Line } from "../line.ts";
import type { StreamKind } from "../ports/words.ts";

type Client = typeof Port.client.table;
type Server = typeof Port.server.table;

/** A usbredir channel says less than the others, and nothing else. */
export const STREAM_CHANNELS: Readonly<Record<StreamKind, typeof Port>> = {
  port: Port,
  webdav: Webdav as unknown as typeof Port,
  usbredir: Usbredir as unknown as typeof Port,
};
export const streamCaps = Capabilities.of(SpicevmcCap.dataCompressLz4);

/** The longest message that is unpacked; spice-gtk sends a whole USB packet in one. */
const MOST_UNPACKED_BYTES = 16 << 20;

export interface StreamHost {
  base: Pick<ClientAnswers<Server>, "migrate" | "disconnecting" | "notify">;
  /** A port tells its name first. */
  linked(name: string, open: boolean): void;
  opened(open: boolean): void;
  /** The view is valid only during the call. A promise holds what comes after. */
  data(bytes: Uint8Array): Promise<void> | void;
}

const text = new TextDecoder();

/** The client's end of the channel. */
export function stream(line: Line<Client, Server>, kind: StreamKind, host: StreamHost): void {
  const answers: ClientAnswers<Server> = {
    ...host.base,
    data: ({ data }) => host.data(data),
    compressedData: (body) => host.data(plain(body)),
    init: ({ name, opened }) => host.linked(text.decode(name), opened !== 0),
    event: ({ event }) => {
      if (event !== "break") host.opened(event === "opened");
    },
  };
  line.attend(answers);
  if (kind === "usbredir") host.linked("", true);
}

/** The bytes as they were. A view that the next call of the codec overwrites. */
function plain(body: CompressedData): Uint8Array {
  if (body.type === "none") return body.compressedData;
  if (body.uncompressedSize > MOST_UNPACKED_BYTES) {
    const text = `${body.uncompressedSize} bytes, ${MOST_UNPACKED_BYTES} is the most`;
    throw new WireError("compressedData.uncompressedSize", 0, text);
  }
  return decodeLz4Block(body.compressedData, body.uncompressedSize);
}
