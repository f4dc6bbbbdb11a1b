/** One value, one annotated byte list: the messages whose parts point at each other. */
import { assertEquals } from "@std/assert";
import { type Codec, decode, encode } from "../../core/binary/codec.ts";
import { bytesOfText } from "../../core/binary/text.ts";
import { agentMessages } from "../../core/protocol/agent.ts";
import type { BodyOf, Direction, Table } from "../../core/protocol/channel.ts";
import { CursorChannel, CursorFlags } from "../../core/protocol/cursor.ts";
import { Display } from "../../core/protocol/display.ts";
import { CompositeFlags, LineFlags, PathFlags, StringFlags } from "../../core/protocol/drawing.ts";
import { SubMessageList, subMessages } from "../../core/protocol/header.ts";
import { BitmapFlags } from "../../core/protocol/image.ts";
import { Main } from "../../core/protocol/main.ts";
import { Port } from "../../core/protocol/port.ts";
import { vsc, vscDevice } from "../../core/protocol/smartcard.ts";
import { UNAGREED, usbredirPackets } from "../../core/protocol/usbredir_wire.ts";
import { annotated } from "../kit/annotated.ts";

function is<T>(codec: Codec<T>, value: T, text: string): void {
  const bytes = annotated(text);
  assertEquals(encode(codec, value), bytes);
  assertEquals(decode(codec, bytes), value);
}

/** A test that a message of this direction looks like this. */
function looks<T extends Table, K extends keyof T & string>(
  direction: Direction<T>,
  name: K,
  value: BodyOf<T[K]>,
  text: string,
): void {
  Deno.test(`${name} looks as written here`, () => is(direction.byName[name].codec, value, text));
}

const base = {
  surfaceId: 1,
  box: { top: 2, left: 3, bottom: 4, right: 5 },
  clip: { type: "none" },
} as const;
const baseBytes = `
  01000000                             # base.surfaceId
  02000000 03000000 04000000 05000000  # base.box: top left bottom right
  00                                   # base.clip: none`;
const srcArea = { top: 0, left: 0, bottom: 2, right: 2 };
const areaBytes = `00000000 00000000 02000000 02000000`;
const noMask = { flags: 0, pos: { x: 0, y: 0 }, bitmap: null };
const noMaskBytes = `00 00000000 00000000 00000000`;

looks(
  Display.server,
  "drawFill",
  {
    base: {
      ...base,
      clip: { type: "rects", rects: [{ top: -1, left: 0, bottom: 1, right: 2 }, srcArea] },
    },
    data: { brush: { type: "solid", color: 0x336699 }, ropDescriptor: 8, mask: noMask },
  },
  `01000000 02000000 03000000 04000000 05000000
   01                                   # base.clip: rects
   02000000                             # two of them
   ffffffff 00000000 01000000 02000000
   ${areaBytes}
   01 99663300                          # brush: solid, 0x336699
   0800                                 # opPut
   ${noMaskBytes}`,
);

looks(
  Display.server,
  "drawCopy",
  {
    base,
    data: {
      srcBitmap: {
        id: 0x1122334455667788n,
        type: "bitmap",
        flags: 1,
        width: 2,
        height: 2,
        format: "bit8",
        bitmapFlags: BitmapFlags.topDown,
        x: 2,
        y: 2,
        stride: 2,
        palette: { unique: 9n, entries: [0xff0000, 0x00ff00] },
        data: Uint8Array.of(0, 1, 1, 0),
      },
      srcArea,
      ropDescriptor: 8,
      scaleMode: "nearest",
      mask: {
        flags: 1,
        pos: { x: 7, y: 8 },
        bitmap: {
          id: 2n,
          type: "bitmap",
          flags: 0,
          width: 8,
          height: 1,
          format: "bit1Be",
          bitmapFlags: 0,
          x: 8,
          y: 1,
          stride: 1,
          palette: null,
          data: Uint8Array.of(0xaa),
        },
      },
    },
  },
  `${baseBytes}                           # 21 bytes
   39000000                               # srcBitmap is at 57
   ${areaBytes}
   0800 01                                # opPut, nearest
   01 07000000 08000000                   # mask.flags: invers; mask.pos
   61000000                               # mask.bitmap is at 97
   # 57: srcBitmap
   8877665544332211 00 01 02000000 02000000   # id, bitmap, cacheMe, width, height
   05 04 02000000 02000000 02000000       # bit8, topDown, x, y, stride
   86000000                               # its palette is at 134
   00 01 01 00                            # its pixels: two rows of two
   # 97: mask.bitmap
   0200000000000000 00 00 08000000 01000000
   02 00 08000000 01000000 01000000       # bit1Be, no flags, x, y, stride
   00000000                               # no palette
   aa                                     # its one row
   # 134: the palette
   0900000000000000 0200 0000ff00 00ff0000`,
);

looks(
  Display.server,
  "drawOpaque",
  {
    base,
    data: {
      srcBitmap: {
        id: 3n,
        type: "lzPlt",
        flags: 0,
        width: 1,
        height: 1,
        bitmapFlags: BitmapFlags.palFromCache,
        paletteId: 0x99n,
        data: Uint8Array.of(1, 2, 3),
      },
      srcArea,
      brush: {
        type: "pattern",
        pat: { id: 4n, type: "fromCache", flags: 0, width: 8, height: 8 },
        pos: { x: 1, y: 2 },
      },
      ropDescriptor: 8,
      scaleMode: "interpolate",
      mask: noMask,
    },
  },
  `${baseBytes}
   46000000                               # srcBitmap is at 70
   ${areaBytes}
   02 68000000 01000000 02000000          # brush: a pattern, which is at 104, and its origin
   0800 00
   ${noMaskBytes}
   # 70: srcBitmap
   0300000000000000 64 00 01000000 01000000   # lzPlt is 100
   02                                     # palFromCache
   03000000 9900000000000000 010203       # size, palette's id, data
   # 104: brush.pat
   0400000000000000 67 00 08000000 08000000   # fromCache: a descriptor alone`,
);

looks(
  Display.server,
  "drawStroke",
  {
    base,
    data: {
      path: {
        segments: [{
          flags: PathFlags.begin | PathFlags.end,
          points: [{ x: 1, y: -0.0625 }, { x: 2.5, y: 0 }],
        }],
      },
      attr: { flags: LineFlags.styled, style: [4, 2.5] },
      brush: { type: "solid", color: 1 },
      foreMode: 8,
      backMode: 0x400,
    },
  },
  `${baseBytes}
   28000000                               # path is at 40
   08 02 41000000                         # attr: styled, two lengths at 65
   01 01000000
   0800 0004                              # foreMode, backMode
   # 40: path
   01000000                               # one segment, which stands here
   03 02000000                            # begin and end, two points in 28.4
   10000000 ffffffff 28000000 00000000
   # 65: attr.style
   40000000 28000000`,
);

looks(
  Display.server,
  "drawText",
  {
    base,
    data: {
      str: {
        flags: StringFlags.rasterA1 | StringFlags.rasterTopDown,
        glyphs: [
          {
            renderPos: { x: 1, y: 2 },
            glyphOrigin: { x: -1, y: -2 },
            width: 9,
            height: 2,
            data: Uint8Array.of(1, 2, 3, 4),
          },
          {
            renderPos: { x: 10, y: 2 },
            glyphOrigin: { x: 0, y: 0 },
            width: 0,
            height: 0,
            data: new Uint8Array(0),
          },
        ],
      },
      backArea: srcArea,
      foreBrush: { type: "none" },
      backBrush: { type: "solid", color: 2 },
      foreMode: 8,
      backMode: 0,
    },
  },
  `${baseBytes}
   33000000                               # str is at 51
   ${areaBytes}
   00                                     # foreBrush: none
   01 02000000                            # backBrush: solid
   0800 0000
   # 51: str
   0200 09                                # two glyphs, a1 and topDown
   01000000 02000000 ffffffff feffffff 0900 0200
   0102 0304                              # nine bits make two bytes a row
   0a000000 02000000 00000000 00000000 0000 0000`,
);

const identity = { t00: 0x10000, t01: 0, t02: 0, t10: 0, t11: 0x10000, t12: 0 };
const identityBytes = "00000100 00000000 00000000 00000000 00000100 00000000";
looks(
  Display.server,
  "drawComposite",
  {
    base,
    data: {
      flags: 3 | CompositeFlags.hasMask | CompositeFlags.hasSrcTransform |
        CompositeFlags.hasMaskTransform,
      srcBitmap: { id: 0n, type: "surface", flags: 0, width: 1, height: 1, surfaceId: 7 },
      maskBitmap: { id: 0n, type: "surface", flags: 0, width: 1, height: 1, surfaceId: 8 },
      srcTransform: identity,
      maskTransform: { ...identity, t02: 5 },
      srcOrigin: { x: 1, y: -1 },
      maskOrigin: { x: 2, y: -2 },
    },
  },
  `${baseBytes}
   03003800                               # operator 3, mask, both transforms
   59000000 6f000000                      # srcBitmap is at 89, maskBitmap at 111
   ${identityBytes}
   00000100 00000000 05000000 00000000 00000100 00000000
   0100 ffff 0200 feff
   # 89
   0000000000000000 68 00 01000000 01000000 07000000
   # 111
   0000000000000000 68 00 01000000 01000000 08000000`,
);

looks(
  Display.server,
  "streamCreate",
  {
    surfaceId: 0,
    id: 5,
    flags: 1,
    codecType: "h264",
    stamp: 1n,
    streamWidth: 640,
    streamHeight: 360,
    srcWidth: 640,
    srcHeight: 360,
    dest: srcArea,
    clip: { type: "none" },
  },
  `00000000 05000000 01 03                # surface, stream, topDown, h264
   0100000000000000                       # stamp
   80020000 68010000 80020000 68010000
   ${areaBytes} 00`,
);

looks(
  Display.server,
  "monitorsConfig",
  {
    maxAllowed: 4,
    heads: [{ monitorId: 0, surfaceId: 0, width: 1024, height: 768, x: 0, y: 0, flags: 0 }],
  },
  `0100 0400                              # one head; four may be
   00000000 00000000 00040000 00030000 00000000 00000000 00000000`,
);

looks(
  CursorChannel.server,
  "set",
  {
    position: { x: -1, y: 2 },
    visible: 1,
    cursor: {
      flags: CursorFlags.cacheMe,
      header: { unique: 6n, type: "mono", width: 8, height: 1, hotSpotX: 3, hotSpotY: 0 },
      data: Uint8Array.of(0xf0, 0x0f),
    },
  },
  `ffff 0200 01
   0200 0600000000000000 01 0800 0100 0300 0000
   f0 0f                                  # AND, XOR`,
);
looks(
  CursorChannel.server,
  "init",
  {
    position: { x: 0, y: 0 },
    trailLength: 0,
    trailFrequency: 0,
    visible: 1,
    cursor: { flags: CursorFlags.none, data: new Uint8Array(0) },
  },
  `0000 0000 0000 0000 01 0100            # none is a flag: no header follows`,
);

looks(
  Main.server,
  "migrateBeginSeamless",
  {
    dstInfo: {
      port: 5930,
      sport: 5931,
      hostData: bytesOfText("ab"),
      certSubjectData: bytesOfText("CN=x"),
    },
    srcMigVersion: 2,
  },
  `2a17 2b17
   03000000 18000000                      # host: 3 bytes with its NUL, at 24
   05000000 1b000000                      # subject: 5, at 27
   02000000
   61 62 00
   43 4e 3d 78 00`,
);
looks(
  Main.server,
  "migrateSwitchHost",
  { port: 1, sport: 2, hostData: bytesOfText("h"), certSubjectData: null },
  `0100 0200
   02000000 14000000                      # at 20
   00000000 00000000                      # no subject
   68 00`,
);
looks(
  Main.server,
  "notify",
  {
    timeStamp: 1n,
    severity: "warn",
    visibility: "high",
    what: 0,
    message: bytesOfText("hi"),
  },
  `0100000000000000 01000000 02000000 00000000
   02000000 68 69                         # two bytes are counted
   00                                     # the NUL is not`,
);
looks(
  Main.server,
  "name",
  { name: bytesOfText("vm") },
  `03000000 76 6d 00                      # here the NUL is counted`,
);
looks(
  Port.server,
  "init",
  { name: bytesOfText("org.a"), opened: 1 },
  `06000000 09000000 01                   # six bytes at 9
   6f 72 67 2e 61 00`,
);

Deno.test("a sub-message list counts from the body that it stands in", () => {
  const messages = [{ type: 4, body: Uint8Array.of(1) }, { type: 105, body: new Uint8Array(0) }];
  is(
    SubMessageList,
    { subMessages: messages },
    `0200 0a000000 11000000               # two, at 10 and 17
     0400 01000000 01
     6900 00000000`,
  );
  const behind = annotated(`
    ee ee                                # the message's own body
    0100 08000000                        # one, at 8
    6900 01000000 07`);
  assertEquals(subMessages(behind, 2), [{ type: 105, body: Uint8Array.of(7) }]);
});

Deno.test("a clipboard message says which clipboard when both ends can", () => {
  const data = Uint8Array.of(9);
  const old = agentMessages({ selection: false, grabSerial: false }).byName;
  is(old.clipboard.codec, { type: 1, data }, `01000000 09`);
  is(old.clipboardGrab.codec, { types: [1, 2] }, `01000000 02000000`);
  is(old.clipboardRelease.codec, {}, ``);
  const both = agentMessages({ selection: true, grabSerial: true }).byName;
  is(both.clipboard.codec, { selection: "primary", type: 1, data }, `01 000000 01000000 09`);
  is(
    both.clipboardGrab.codec,
    { selection: "clipboard", serial: 7, types: [1] },
    `00 000000 07000000 01000000`,
  );
});

Deno.test("an agent's monitors have their sizes in millimetres behind them, if flags say so", () => {
  const { monitorsConfig } = agentMessages({ selection: false, grabSerial: false }).byName;
  const monitors = [{ height: 600, width: 800, depth: 32, x: -1, y: 0 }];
  const monitorBytes = `58020000 20030000 20000000 ffffffff 00000000`;
  is(monitorsConfig.codec, { flags: 1, monitors }, `01000000 01000000 ${monitorBytes}`);
  is(
    monitorsConfig.codec,
    { flags: 2, monitors, physicalSizes: [{ height: 200, width: 300 }] },
    `01000000 02000000 ${monitorBytes} c800 2c01`,
  );
});

Deno.test("a card reader's device has network order, the channel has not", () => {
  const message = {
    type: "error",
    readerId: 1,
    data: encode(vsc.bodies.error, { code: 2 }),
  } as const;
  is(vsc.message, message, `02000000 01000000 04000000 02000000`);
  is(
    vscDevice.message,
    { ...message, data: encode(vscDevice.bodies.error, { code: 2 }) },
    `00000002 00000001 00000004 00000002`,
  );
  is(
    vscDevice.bodies.init,
    { magic: 0x44435356, version: 2, capabilities: [0] },
    `56 53 43 44 00000002 00000000         # "VSCD" is letters`,
  );
});

Deno.test("usbredir's packets grow with what both sides can", () => {
  const device = {
    speed: 2,
    deviceClass: 0,
    deviceSubclass: 0,
    deviceProtocol: 0,
    vendorId: 0x1234,
    productId: 0x5678,
  };
  const old = usbredirPackets(UNAGREED);
  is(old.header, { type: 1, length: 8, id: 5n }, `01000000 08000000 05000000`);
  is(old.toGuest.byName.deviceConnect.codec, device, `02 00 00 00 3412 7856`);
  const now = usbredirPackets({ ...UNAGREED, ids64: true, connectDeviceVersion: true });
  is(now.header, { type: 1, length: 10, id: 5n }, `01000000 0a000000 0500000000000000`);
  is(
    now.toGuest.byName.deviceConnect.codec,
    { ...device, deviceVersionBcd: 0x0100 },
    `02 00 00 00 3412 7856 0001`,
  );
});

Deno.test("usbredir's headers are as long as usbredirparser makes them", () => {
  const longest = {
    bulkStreams: true,
    connectDeviceVersion: true,
    epInfoMaxPacketSize: true,
    ids64: true,
    bulkLength32: true,
  };
  // usbredirparser.c, usbredirparser_get_type_header_len: id, device_connect, ep_info, bulk_packet
  const lengths = [
    UNAGREED,
    { ...UNAGREED, epInfoMaxPacketSize: true },
    { ...UNAGREED, bulkStreams: true },
    longest,
  ].map((agreed) => {
    const { headerBytes, toGuest } = usbredirPackets(agreed);
    const { deviceConnect, epInfo, bulkPacket } = toGuest.byName;
    return [headerBytes, deviceConnect.codec.min, epInfo.codec.min, bulkPacket.codec.min];
  });
  assertEquals(lengths, [[12, 8, 96, 8], [12, 8, 160, 8], [12, 8, 288, 8], [16, 10, 288, 10]]);
});
