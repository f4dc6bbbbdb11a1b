/** protocol.h: the capability bits of every channel: bit n stands in word n >> 5. */
export const CommonCap = {
  authSelection: 0,
  authSpice: 1,
  authSasl: 2,
  miniHeader: 3,
} as const;
export const MainCap = {
  semiSeamlessMigrate: 0,
  nameAndUuid: 1,
  agentConnectedTokens: 2,
  seamlessMigrate: 3,
} as const;
export const DisplayCap = {
  sizedStream: 0,
  monitorsConfig: 1,
  composite: 2,
  a8Surface: 3,
  streamReport: 4,
  lz4Compression: 5,
  prefCompression: 6,
  glScanout: 7,
  multiCodec: 8,
  codecMjpeg: 9,
  codecVp8: 10,
  codecH264: 11,
  prefVideoCodecType: 12,
  codecVp9: 13,
  codecH265: 14,
} as const;
export const InputsCap = { keyScancode: 0 } as const;
export const PlaybackCap = { celt051: 0, volume: 1, latency: 2, opus: 3 } as const;
export const RecordCap = { celt051: 0, volume: 1, opus: 2 } as const;
export const SpicevmcCap = { dataCompressLz4: 0 } as const;

/** What each channel may be able to, by its name. */
export const channelCaps = {
  main: MainCap,
  display: DisplayCap,
  inputs: InputsCap,
  cursor: {},
  playback: PlaybackCap,
  record: RecordCap,
  tunnel: {},
  smartcard: {},
  usbredir: SpicevmcCap,
  port: SpicevmcCap,
  webdav: SpicevmcCap,
} as const;

/** A set of capabilities as the words that travel in the link messages. */
export class Capabilities {
  constructor(readonly words: readonly number[]) {}

  static of(...bits: number[]): Capabilities {
    const words: number[] = [];
    for (const bit of bits) {
      while (words.length <= bit >> 5) words.push(0);
      words[bit >> 5] = (words[bit >> 5] | 1 << (bit & 31)) >>> 0;
    }
    return new Capabilities(words);
  }

  has(bit: number): boolean {
    return ((this.words[bit >> 5] ?? 0) >>> (bit & 31) & 1) === 1;
  }
}
