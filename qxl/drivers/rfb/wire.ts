/**
 * What RFB says, in the words of core/binary; numbers are in network order.
 * Sources of truth: RFC 6143; the community's rfbproto.rst for what came later; QEMU's ui/vnc.c for its own.
 */
import { list } from "../../../core/binary/bytes.ts";
import { be, enumOf, flagsOf, u8 } from "../../../core/binary/cell.ts";
import type { Value } from "../../../core/binary/codec.ts";
import { struct } from "../../../core/binary/struct.ts";

/** RFC 6143, 7.4 */
export const PixelFormat = struct("PixelFormat", {
  bitsPerPixel: u8,
  depth: u8,
  bigEndian: u8,
  trueColour: u8,
  redMax: be.u16,
  greenMax: be.u16,
  blueMax: be.u16,
  redShift: u8,
  greenShift: u8,
  blueShift: u8,
  padding: u8,
  padding2: be.u16,
});
export type PixelFormat = Value<typeof PixelFormat>;

/** The format that we ask for: the bytes b, g, r, x of SPICE's 32BIT surfaces. */
export const bgrx: PixelFormat = {
  bitsPerPixel: 32,
  depth: 24,
  bigEndian: 0,
  trueColour: 1,
  redMax: 255,
  greenMax: 255,
  blueMax: 255,
  redShift: 16,
  greenShift: 8,
  blueShift: 0,
  padding: 0,
  padding2: 0,
};

/** RFC 6143, 7.3.2: ServerInit, whose name follows. */
export const ServerInit = struct("ServerInit", {
  width: be.u16,
  height: be.u16,
  pixelFormat: PixelFormat,
  nameLength: be.u32,
});

/** RFC 6143, 7.1.2, and the security types of rfbproto.rst. */
export const Security = { invalid: 0, none: 1, vncAuth: 2, tight: 16, veNCrypt: 19, sasl: 20 };
/** rfbproto.rst, VeNCrypt's subtypes: those with `x509` prove who the server is. */
export const VeNCrypt = {
  plain: 256,
  tlsNone: 257,
  tlsVnc: 258,
  tlsPlain: 259,
  x509None: 260,
  x509Vnc: 261,
  x509Plain: 262,
  tlsSasl: 263,
  x509Sasl: 264,
};

/** RFC 6143, 7.7 and 7.8; rfbproto.rst; QEMU's ui/vnc.h. */
export const Encoding = {
  raw: 0,
  copyRect: 1,
  hextile: 5,
  tight: 7,
  zrle: 16,
  desktopSize: -223,
  lastRect: -224,
  pointerPosition: -232,
  cursor: -239,
  xCursor: -240,
  pointerType: -257,
  extendedKeys: -258,
  audio: -259,
  ledState: -261,
  desktopName: -307,
  extendedDesktopSize: -308,
  xvp: -309,
  fence: -312,
  continuousUpdates: -313,
  alphaCursor: -314,
  extendedMouseButtons: -316,
  vmwareCursorPosition: 0x574d5666,
  extendedClipboard: 0xc0a1e5ce | 0,
} as const;

/** RFC 6143, 7.6.1: what each rectangle of an update begins with. */
export const RectHead = struct("RectHead", {
  x: be.u16,
  y: be.u16,
  width: be.u16,
  height: be.u16,
  encoding: be.i32,
});
export type RectHead = Value<typeof RectHead>;

/** rfbproto.rst, ExtendedDesktopSize: one screen of the picture. */
export const Screen = struct("Screen", {
  id: be.u32,
  x: be.u16,
  y: be.u16,
  width: be.u16,
  height: be.u16,
  flags: be.u32,
});
export type Screen = Value<typeof Screen>;

/** RFC 6143, 7.6.4: the text follows. A negative length is an extended clipboard's. */
export const CutTextHead = struct("CutTextHead", { padding: u8, padding2: be.u16, length: be.i32 });

/** rfbproto.rst, Extended Clipboard: formats in the lower half, what is done in the upper. */
export const ClipboardFlags = flagsOf(be.u32, {
  text: 0,
  rtf: 1,
  html: 2,
  dib: 3,
  files: 4,
  caps: 24,
  request: 25,
  peek: 26,
  notify: 27,
  provide: 28,
});

/** rfbproto.rst, Fence, from either side: so many bytes follow. */
export const FenceHead = struct("FenceHead", {
  padding: u8,
  padding2: be.u16,
  flags: be.u32,
  length: u8,
});
export const FenceFlags = flagsOf(be.u32, {
  blockBefore: 0,
  blockAfter: 1,
  syncNext: 2,
  request: 31,
});

/** QEMU's audio: what the server says of it. */
export const AudioOperation = enumOf(be.u16, { end: 0, begin: 1, data: 2 });
/** QEMU's audio formats; we ask for s16. */
export const AudioFormat = { u8: 0, s8: 1, u16: 2, s16: 3, u32: 4, s32: 5 };

/** The first byte of what a server says; QEMU's own have a second. */
export const ServerMessage = {
  framebufferUpdate: 0,
  setColourMapEntries: 1,
  bell: 2,
  serverCutText: 3,
  endOfContinuousUpdates: 150,
  fence: 248,
  xvp: 250,
  qemu: 255,
};

/** What a client says, each a struct that begins with its number. */
export const SetPixelFormat = struct("SetPixelFormat", {
  type: u8,
  padding: u8,
  padding2: be.u16,
  pixelFormat: PixelFormat,
});
export const SetEncodings = struct("SetEncodings", {
  type: u8,
  padding: u8,
  encodings: list(be.u16, be.i32),
});
export const UpdateRequest = struct("FramebufferUpdateRequest", {
  type: u8,
  incremental: u8,
  x: be.u16,
  y: be.u16,
  width: be.u16,
  height: be.u16,
});
export const KeyEvent = struct("KeyEvent", { type: u8, down: u8, padding: be.u16, keysym: be.u32 });
export const PointerEvent = struct("PointerEvent", { type: u8, buttons: u8, x: be.u16, y: be.u16 });
export const ClientCutText = struct("ClientCutText", { type: u8, head: CutTextHead });
export const SetDesktopSize = struct("SetDesktopSize", {
  type: u8,
  padding: u8,
  width: be.u16,
  height: be.u16,
  count: u8,
  padding2: u8,
  screens: list(({ count }) => count, Screen),
});
export const EnableContinuousUpdates = struct("EnableContinuousUpdates", {
  type: u8,
  enable: u8,
  x: be.u16,
  y: be.u16,
  width: be.u16,
  height: be.u16,
});
export const ClientFence = struct("ClientFence", { type: u8, head: FenceHead });
/** QEMU's: keycode is XT's, with 0x80 for the prefix e0. */
export const ExtendedKeyEvent = struct("ExtendedKeyEvent", {
  type: u8,
  subtype: u8,
  down: be.u16,
  keysym: be.u32,
  keycode: be.u32,
});
export type ExtendedKeyEvent = Value<typeof ExtendedKeyEvent>;
export const AudioEnable = struct("AudioEnable", { type: u8, subtype: u8, operation: be.u16 });
export const AudioSetFormat = struct("AudioSetFormat", {
  type: u8,
  subtype: u8,
  operation: be.u16,
  format: u8,
  channels: u8,
  frequency: be.u32,
});
