/** How much the fuzzers do. The whole suite must stay within minutes, and these run in all of it. */
export const effort = {
  /** Messages said to each channel. */
  messages: 1_000_000,
  /** Damaged messages read with each channel's words. */
  mutations: 1_000_000,
  /** Random values of each message written and read again. */
  samples: 2_000,
  /** Commands that hostile guests give to a card. */
  cardCommands: 1_000_000,
  /** Packets of USB devices and of their guests, and messages to and from agents, whole or damaged. */
  streams: 200_000,
  /** Writes to a card's ports. */
  portWrites: 200_000,
  /** Damaged links; of their logins and WebSockets a part of it each. */
  links: 1_000_000,
  /** How long clients stop reading. A minute was tried too. */
  stallSeconds: 20,
  /** How long clients come, go and lie. */
  soakSeconds: 20,
  /** How long fifty at a time do so at each of two executables. Half an hour was tried too. */
  crowdSeconds: 300,
  /** How long ten clients watch what does not move. */
  restSeconds: 60,
  /** Seeds of random recordings drawn by libspice-server too. Twenty were tried. */
  seeds: 3,
  /** Damaged JPEG files. Ten million were tried. */
  jpegFiles: 1_000_000,
  /** Damaged pictures for each of LZ and GLZ. Ten million were tried. */
  lzInputs: 1_000_000,
  /** Pictures that change while they are encoded. Five million were tried. */
  torn: 200_000,
  /** Damaged QUIC streams. Ten million were tried. */
  quicInputs: 1_000_000,
  /** Damaged pictures for each decoder, besides those above. Ten million were tried. */
  decoderInputs: 20_000,
  /** Damaged RFB servers; of their greetings a twentieth. A million were tried. */
  rfbServers: 200_000,
  /** Damaged conversations of sound servers. */
  soundServers: 200_000,
} as const;
