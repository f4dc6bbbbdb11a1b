/**
 * What the guest's agent, the server and the client say to each other inside `agentData`.
 * Source of truth: vd_agent.h.
 */
import { bytes, list, rest, restOf } from "../binary/bytes.ts";
import { cell, enumOf, flagsOf, i32, u16, u32, u64, u8 } from "../binary/cell.ts";
import type { Value } from "../binary/codec.ts";
import { given, lengthOf, struct, when } from "../binary/struct.ts";
import { zeroTerminated } from "../binary/text.ts";
import { direction } from "./channel.ts";

/** vd_agent.h: who is meant on the agent's virtio port. */
export const AgentPort = { client: 1, server: 2 } as const;
/** vd_agent.h: VDIChunkHeader and its data: how pieces of messages travel on the virtio port. */
export const AgentChunk = struct("VDIChunk", {
  port: u32,
  size: lengthOf(u32, "data"),
  data: bytes("size"),
});
/** vd_agent.h: VDIChunkHeader alone: 8 bytes. */
export const AgentChunkHeader = struct("VDIChunkHeader", { port: u32, size: u32 });

/** vd_agent.h: VD_AGENT_PROTOCOL */
export const AGENT_PROTOCOL = 1;
/** vd_agent.h: VD_AGENT_MAX_DATA_SIZE: the longest piece of a message in one `agentData`. */
export const AGENT_MAX_DATA_BYTES = 2048;
/** vd_agent.h: VDAgentMessage alone: 20 bytes. size: bytes that follow, in one piece or in many. */
export const AgentHeader = struct("VDAgentMessage", {
  protocol: u32,
  type: u32,
  opaque: u64,
  size: u32,
});
export type AgentHeader = Value<typeof AgentHeader>;
/** vd_agent.h: VDAgentMessage and its data. */
export const AgentMessage = struct("VDAgentMessage", {
  protocol: u32,
  type: u32,
  opaque: u64,
  size: lengthOf(u32, "data"),
  data: bytes("size"),
});
export type AgentMessage = Value<typeof AgentMessage>;

/** vd_agent.h: VD_AGENT_CAP_… */
export const AgentCap = {
  mouseState: 0,
  monitorsConfig: 1,
  reply: 2,
  clipboard: 3,
  displayConfig: 4,
  clipboardByDemand: 5,
  clipboardSelection: 6,
  sparseMonitorsConfig: 7,
  guestLineendLf: 8,
  guestLineendCrlf: 9,
  maxClipboard: 10,
  audioVolumeSync: 11,
  monitorsConfigPosition: 12,
  fileXferDisabled: 13,
  fileXferDetailedErrors: 14,
  graphicsDeviceInfo: 15,
  clipboardNoReleaseOnRegrab: 16,
  clipboardGrabSerial: 17,
} as const;

/** vd_agent.h: VD_AGENT_CLIPBOARD_…: numbers, since a peer may know more of them. */
export const ClipboardType = {
  none: 0,
  utf8Text: 1,
  imagePng: 2,
  imageBmp: 3,
  imageTiff: 4,
  imageJpg: 5,
  fileList: 6,
} as const;
/** vd_agent.h: VD_AGENT_FILE_XFER_STATUS_… */
export const FileXferResult = {
  canSendData: 0,
  cancelled: 1,
  error: 2,
  success: 3,
  notEnoughSpace: 4,
  sessionLocked: 5,
  vdagentNotConnected: 6,
  disabled: 7,
} as const;
/** vd_agent.h: the error of `reply`. */
export const AgentReplyError = { success: 1, error: 2 } as const;
/** vd_agent.h: VD_AGENT_LBUTTON_MASK …: SPICE's button mask moved up by one bit. */
export const AgentButtons = flagsOf(u32, {
  left: 1,
  middle: 2,
  right: 3,
  up: 4,
  down: 5,
  side: 6,
  extra: 7,
});

/** vd_agent.h: VDAgentMonConfig. Without width and height it is off. */
export const AgentMonitor = struct("VDAgentMonConfig", {
  height: u32,
  width: u32,
  depth: u32,
  x: i32,
  y: i32,
});
export type AgentMonitor = Value<typeof AgentMonitor>;
/** vd_agent.h: VDAgentMonitorMM: millimetres. */
export const MonitorMm = struct("VDAgentMonitorMM", { height: u16, width: u16 });
export const MonitorsFlags = flagsOf(u32, { usePos: 0, physicalSize: 1 });
export const DisplayConfigFlags = flagsOf(u32, {
  disableWallpaper: 0,
  disableFontSmooth: 1,
  disableAnimation: 2,
  setColorDepth: 3,
});

/** vd_agent.h: a selection's byte and the three reserved ones behind it. */
const selectionCell = cell<number>(
  4,
  (view, at) => view.getUint8(at),
  (view, at, value) => view.setUint32(at, value, true),
  (random) => random.below(3),
);
/** vd_agent.h: VD_AGENT_CLIPBOARD_SELECTION_… */
export const ClipboardSelection = enumOf(selectionCell, { clipboard: 0, primary: 1, secondary: 2 });

/** A count that lies in a u64, though nothing so long ever comes. */
const longCount = cell<number>(
  8,
  (view, at) => Number(view.getBigUint64(at, true)),
  (view, at, value) => view.setBigUint64(at, BigInt(value), true),
  () => 0,
);

/** vd_agent.h: VDAgentDeviceDisplayInfo. deviceAddress: "pci/0000/02.0", say. */
export const DeviceDisplayInfo = struct("VDAgentDeviceDisplayInfo", {
  channelId: u32,
  monitorId: u32,
  deviceDisplayId: u32,
  deviceAddressLen: lengthOf(u32, "deviceAddress", 1),
  deviceAddress: zeroTerminated("deviceAddressLen"),
});

/** What `fileXferStatus` tells with detailed errors, by its result. */
export const FileXferNotEnoughSpace = struct("VDAgentFileXferStatusNotEnoughSpace", {
  diskFreeSpace: u64,
});
/** errorType 0: a GLib I/O error's number. */
export const FileXferError = struct("VDAgentFileXferStatusError", {
  errorType: u8,
  errorCode: u32,
});

/** What both ends announced, as far as it changes how messages look. */
export interface ClipboardLayout {
  /** AgentCap.clipboardSelection: clipboard messages say which clipboard they mean. */
  readonly selection: boolean;
  /** AgentCap.clipboardGrabSerial */
  readonly grabSerial: boolean;
}

function messages({ selection, grabSerial }: ClipboardLayout) {
  const which = { selection: given(selection, ClipboardSelection) };
  return direction("agent", {
    mouseState: [1, { x: u32, y: u32, buttons: AgentButtons, displayId: u8 }],
    monitorsConfig: [2, {
      numOfMonitors: lengthOf(u32, "monitors"),
      flags: MonitorsFlags,
      monitors: list("numOfMonitors", AgentMonitor),
      physicalSizes: when(
        "flags",
        MonitorsFlags.physicalSize,
        list(({ monitors }) => monitors.length, MonitorMm),
      ),
    }],
    /** type: the message that is answered. */
    reply: [3, { type: u32, error: u32 }],
    clipboard: [4, { ...which, type: u32, data: rest }],
    displayConfig: [5, { flags: DisplayConfigFlags, depth: u32 }],
    announceCapabilities: [6, { request: u32, caps: restOf(u32) }],
    clipboardGrab: [7, { ...which, serial: given(grabSerial, u32), types: restOf(u32) }],
    clipboardRequest: [8, { ...which, type: u32 }],
    clipboardRelease: [9, which],
    /** data: a key file in UTF-8, with the file's name and size, and a NUL. */
    fileXferStart: [10, { id: u32, data: rest }],
    fileXferStatus: [11, { id: u32, result: u32, data: rest }],
    fileXferData: [12, { id: u32, size: lengthOf(longCount, "data"), data: bytes("size") }],
    clientDisconnected: [13, {}],
    maxClipboard: [14, { max: i32 }],
    audioVolumeSync: [15, { isPlayback: u8, mute: u8, volume: list(u8, u16) }],
    graphicsDeviceInfo: [16, { displayInfo: list(u32, DeviceDisplayInfo) }],
  });
}

const layouts = [false, true].map((selection) =>
  [false, true].map((grabSerial) => messages({ selection, grabSerial }))
);

/** The agent's messages as two ends have them that agreed on this. Tables are made once. */
export const agentMessages = ({ selection, grabSerial }: ClipboardLayout): AgentMessages =>
  layouts[+selection][+grabSerial];

export type AgentMessages = ReturnType<typeof messages>;
export type AgentTable = AgentMessages["table"];
