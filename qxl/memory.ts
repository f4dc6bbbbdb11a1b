/**
 * What lies in a card's memory, as qxl_dev.h has it: same order, same names in lowerCamel.
 * QXLPHYSICAL is a u64 here; only slots.ts makes a place of it.
 */
import { i16, i32, u16, u32, u64, u8 } from "../core/binary/cell.ts";
import { layout, reserved, row, union } from "../core/binary/layout.ts";

export const ROM_MAGIC = 0x4f525851; // "QXRO"
export const RAM_MAGIC = 0x41525851; // "QXRA"

/** qxl_dev.h: QXL_INTERRUPT_*, bits of intPending and intMask. */
export const Interrupt = {
  display: 1 << 0,
  cursor: 1 << 1,
  ioCommand: 1 << 2,
  error: 1 << 3,
  client: 1 << 4,
  clientMonitorsConfig: 1 << 5,
} as const;

/** qxl_dev.h: QXLCmdType */
export const CommandType = {
  nop: 0,
  draw: 1,
  update: 2,
  cursor: 3,
  message: 4,
  surface: 5,
} as const;
/** qxl_dev.h: QXL_DRAW_*, QXL_COPY_BITS */
export const DrawType = {
  nop: 0,
  fill: 1,
  opaque: 2,
  copy: 3,
  copyBits: 4,
  blend: 5,
  blackness: 6,
  whiteness: 7,
  invers: 8,
  rop3: 9,
  stroke: 10,
  text: 11,
  transparent: 12,
  alphaBlend: 13,
  composite: 14,
} as const;
/** qxl_dev.h: QXL_CURSOR_* */
export const CursorCommandType = { set: 0, move: 1, hide: 2, trail: 3 } as const;
/** qxl_dev.h: QXLSurfaceCmdType */
export const SurfaceCommandType = { create: 0, destroy: 1 } as const;
/** qxl_dev.h: QXL_SURF_FLAG_KEEP_DATA */
export const KEEP_DATA = 1;
/** qxl_dev.h: QXLBitmapFlags */
export const QxlBitmapFlags = { direct: 1, unstable: 2, topDown: 4 } as const;
/** qxl_dev.h: QXLImageFlags */
export const QxlImageFlags = { cache: 1, highBitsSet: 2 } as const;

export const Point = layout({ x: i32, y: i32 });
export const Point16 = layout({ x: i16, y: i16 });
export const Rect = layout({ top: i32, left: i32, bottom: i32, right: i32 });
const URect = layout({ top: u32, left: u32, bottom: u32, right: u32 });

/** qxl_dev.h: struct QXLRom. Append only. */
export const Rom = layout({
  magic: u32,
  id: u32,
  updateId: u32,
  compressionLevel: u32,
  logLevel: u32,
  mode: u32,
  modesOffset: u32,
  numPages: u32,
  pagesOffset: u32,
  drawAreaOffset: u32,
  surface0AreaSize: u32,
  ramHeaderOffset: u32,
  mmClock: u32,
  nSurfaces: u32,
  flags: u64,
  slotsStart: u8,
  slotsEnd: u8,
  slotGenBits: u8,
  slotIdBits: u8,
  slotGeneration: u8,
  clientPresent: u8,
  clientCapabilities: reserved(58),
  clientMonitorsConfigCrc: u32,
  clientMonitorsConfig: layout({ count: u16, padding: u16, heads: row(URect, 64) }),
});

/** qxl_dev.h: struct QXLMode */
export const Mode = layout({
  id: u32,
  xRes: u32,
  yRes: u32,
  bits: u32,
  stride: u32,
  xMili: u32,
  yMili: u32,
  orientation: u32,
});
/** qxl_dev.h: struct QXLModes; the modes follow. */
export const Modes = layout({ nModes: u32 });

/** qxl_dev.h: struct QXLCommand */
export const Command = layout({ data: u64, type: u32, padding: u32 });
export const MemSlot = layout({ memStart: u64, memEnd: u64 });
export const SurfaceCreate = layout({
  width: u32,
  height: u32,
  stride: i32,
  format: u32,
  position: u32,
  mouseMode: u32,
  flags: u32,
  type: u32,
  mem: u64,
});

/** ipc_ring.h: SPICE_RING_DECLARE */
const ring = <T extends typeof Command | typeof u64>(item: T, count: number) =>
  layout({
    numItems: u32,
    prod: u32,
    notifyOnProd: u32,
    cons: u32,
    notifyOnCons: u32,
    items: row(item, count),
  });
export const COMMAND_RING_SIZE = 32;
export const CURSOR_RING_SIZE = 32;
export const RELEASE_RING_SIZE = 8;
export const LOG_BUF_SIZE = 4096;
export const CommandRing = ring(Command, COMMAND_RING_SIZE);
export const CursorRing = ring(Command, CURSOR_RING_SIZE);
export const ReleaseRing = ring(u64, RELEASE_RING_SIZE);

/** qxl_dev.h: struct QXLRam. Append only. */
export const Ram = layout({
  magic: u32,
  intPending: u32,
  intMask: u32,
  logBuf: reserved(LOG_BUF_SIZE),
  cmdRing: CommandRing,
  cursorRing: CursorRing,
  releaseRing: ReleaseRing,
  updateArea: Rect,
  updateSurface: u32,
  memSlot: MemSlot,
  createSurface: SurfaceCreate,
  flags: u64,
  monitorsConfig: u64,
});

/** qxl_dev.h: union QXLReleaseInfo: the guest's id going in, the next one coming out. */
export const ReleaseInfo = union({ id: u64, next: u64 });
/** qxl_dev.h: struct QXLDataChunk; the data follow. */
export const DataChunk = layout({ dataSize: u32, prevChunk: u64, nextChunk: u64 });
/** qxl_dev.h: struct QXLMessage; the text follows, ended by NUL. */
export const Message = layout({ releaseInfo: ReleaseInfo });
export const UpdateCmd = layout({
  releaseInfo: ReleaseInfo,
  area: Rect,
  updateId: u32,
  surfaceId: u32,
});

export const CursorHeader = layout({
  unique: u64,
  type: u16,
  width: u16,
  height: u16,
  hotSpotX: u16,
  hotSpotY: u16,
});
export const Cursor = layout({ header: CursorHeader, dataSize: u32, chunk: DataChunk });
export const CursorCmd = layout({
  releaseInfo: ReleaseInfo,
  type: u8,
  u: union({
    set: layout({ position: Point16, visible: u8, shape: u64 }),
    trail: layout({ length: u16, frequency: u16 }),
    position: Point16,
  }),
  deviceData: reserved(128),
});

/** qxl_dev.h: struct QXLRasterGlyph; the rows follow. */
export const RasterGlyph = layout({
  renderPos: Point,
  glyphOrigin: Point,
  width: u16,
  height: u16,
});
export const String = layout({ dataSize: u32, length: u16, flags: u16, chunk: DataChunk });

export const Pattern = layout({ pat: u64, pos: Point });
export const Brush = layout({ type: u32, u: union({ color: u32, pattern: Pattern }) });
export const QMask = layout({ flags: u8, pos: Point, bitmap: u64 });
export const Fill = layout({ brush: Brush, ropDescriptor: u16, mask: QMask });
export const Opaque = layout({
  srcBitmap: u64,
  srcArea: Rect,
  brush: Brush,
  ropDescriptor: u16,
  scaleMode: u8,
  mask: QMask,
});
export const Copy = layout({
  srcBitmap: u64,
  srcArea: Rect,
  ropDescriptor: u16,
  scaleMode: u8,
  mask: QMask,
});
export const Transparent = layout({ srcBitmap: u64, srcArea: Rect, srcColor: u32, trueColor: u32 });
export const AlphaBlend = layout({ alphaFlags: u16, alpha: u8, srcBitmap: u64, srcArea: Rect });
export const CompatAlphaBlend = layout({ alpha: u8, srcBitmap: u64, srcArea: Rect });
export const CopyBits = layout({ srcPos: Point });
export const Rop3 = layout({
  srcBitmap: u64,
  srcArea: Rect,
  brush: Brush,
  rop3: u8,
  scaleMode: u8,
  mask: QMask,
});
export const LineAttr = layout({
  flags: u8,
  joinStyle: u8,
  endStyle: u8,
  styleNseg: u8,
  width: i32,
  miterLimit: i32,
  style: u64,
});
export const Stroke = layout({
  path: u64,
  attr: LineAttr,
  brush: Brush,
  foreMode: u16,
  backMode: u16,
});
export const Text = layout({
  str: u64,
  backArea: Rect,
  foreBrush: Brush,
  backBrush: Brush,
  foreMode: u16,
  backMode: u16,
});
/** qxl_dev.h: QXLBlackness, QXLInvers, QXLWhiteness */
export const Blackness = layout({ mask: QMask });
export const Clip = layout({ type: u32, data: u64 });
export const Transform = layout({ t00: u32, t01: u32, t02: u32, t10: u32, t11: u32, t12: u32 });
export const Composite = layout({
  flags: u32,
  src: u64,
  srcTransform: u64,
  mask: u64,
  maskTransform: u64,
  srcOrigin: Point16,
  maskOrigin: Point16,
});

const arms = {
  fill: Fill,
  opaque: Opaque,
  copy: Copy,
  transparent: Transparent,
  copyBits: CopyBits,
  blend: Copy,
  rop3: Rop3,
  stroke: Stroke,
  text: Text,
  blackness: Blackness,
  invers: Blackness,
  whiteness: Blackness,
} as const;

/** qxl_dev.h: struct QXLCompatDrawable: what revision 1 has. */
export const CompatDrawable = layout({
  releaseInfo: ReleaseInfo,
  effect: u8,
  type: u8,
  bitmapOffset: u16,
  bitmapArea: Rect,
  bbox: Rect,
  clip: Clip,
  mmTime: u32,
  u: union({ ...arms, alphaBlend: CompatAlphaBlend }),
});
/** qxl_dev.h: struct QXLDrawable */
export const Drawable = layout({
  releaseInfo: ReleaseInfo,
  surfaceId: u32,
  effect: u8,
  type: u8,
  selfBitmap: u8,
  selfBitmapArea: Rect,
  bbox: Rect,
  clip: Clip,
  mmTime: u32,
  surfacesDest: row(i32, 3),
  surfacesRects: row(Rect, 3),
  u: union({ ...arms, alphaBlend: AlphaBlend, composite: Composite }),
});

export const Surface = layout({ format: u32, width: u32, height: u32, stride: i32, data: u64 });
export const SurfaceCmd = layout({
  releaseInfo: ReleaseInfo,
  surfaceId: u32,
  type: u8,
  flags: u32,
  u: union({ surfaceCreate: Surface }),
});
export const ClipRects = layout({ numRects: u32, chunk: DataChunk });
/** qxl_dev.h: struct QXLPathSeg; the points follow, fixed 28.4. */
export const PathSeg = layout({ flags: u32, count: u32 });
export const Path = layout({ dataSize: u32, chunk: DataChunk });

export const ImageDescriptor = layout({ id: u64, type: u8, flags: u8, width: u32, height: u32 });
/** qxl_dev.h: struct QXLPalette; the entries follow, u32 each. */
export const Palette = layout({ unique: u64, numEnts: u16 });
export const Bitmap = layout({
  format: u8,
  flags: u8,
  x: u32,
  y: u32,
  stride: u32,
  palette: u64,
  data: u64,
});
/** qxl_dev.h: struct QXLQUICData; a DataChunk follows. */
export const QuicData = layout({ dataSize: u32 });
export const SurfaceId = layout({ surfaceId: u32 });
export const Image = layout({
  descriptor: ImageDescriptor,
  u: union({ bitmap: Bitmap, quic: QuicData, surfaceImage: SurfaceId }),
});

export const Head = layout({
  id: u32,
  surfaceId: u32,
  width: u32,
  height: u32,
  x: u32,
  y: u32,
  flags: u32,
});
/** qxl_dev.h: struct QXLMonitorsConfig; the heads follow. */
export const MonitorsConfig = layout({ count: u16, maxAllowed: u16 });
