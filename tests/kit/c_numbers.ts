/**
 * Numbers as C headers have them: which expressions, and what we think they are. `deno run -A tests/kit/c_numbers.ts` renews tests/data/c_numbers.json.
 */
import type { Codec } from "../../core/binary/codec.ts";
import type { Shape } from "../../core/binary/struct.ts";
import * as agent from "../../core/protocol/agent.ts";
import * as caps from "../../core/protocol/capabilities.ts";
import { channelById } from "../../core/protocol/channels.ts";
import * as header from "../../core/protocol/header.ts";
import * as link from "../../core/protocol/link.ts";
import { PortEvent } from "../../core/protocol/port.ts";
import * as smartcard from "../../core/protocol/smartcard.ts";
import * as usbredir from "../../core/protocol/usbredir_wire.ts";
import { ask, type Header } from "./c_program.ts";
import { shout, snake } from "./spell.ts";

const file = new URL("../data/c_numbers.json", import.meta.url);
export const recorded = (): Record<string, Record<string, number>> =>
  JSON.parse(Deno.readTextFileSync(file));

// deno-lint-ignore no-explicit-any
type Known = Codec<any> & { shape?: Shape };

/** `sizeof` and every `offsetof` of a struct; `as` spells its fields, null: the field has none in C. */
function layoutOf(
  type: string,
  codec: Known,
  as: (field: string) => string | null = snake,
): Record<string, number> {
  const out: Record<string, number> = { [`sizeof(${type})`]: codec.min };
  let at = 0;
  for (const [field, described] of Object.entries(codec.shape ?? {})) {
    const name = as(field);
    if (name !== null) out[`offsetof(${type}, ${name})`] = at;
    at += "hidden" in described ? described.cell.size : described.min;
  }
  return out;
}

const named = (prefix: string, numbers: Record<string, number>, as = shout) =>
  Object.fromEntries(Object.entries(numbers).map(([name, n]) => [prefix + as(name), n]));

function messageNumbers(): Record<string, number> {
  const out: Record<string, number> = {};
  for (const { name: channel, client, server } of channelById.values()) {
    for (const [prefix, { byName }] of [["MSGC", client], ["MSG", server]] as const) {
      for (const message of Object.values(byName) as { name: string; id: number }[]) {
        // protocol.h has the tunnel's channel and none of its messages
        if (channel === "tunnel" && message.id >= 100) continue;
        const room = message.id < 100
          ? ""
          : /^(data|compressedData)$/.test(message.name) && /usbredir|port|webdav/.test(channel)
          ? "SPICEVMC_"
          : channel === "webdav"
          ? "PORT_"
          : `${channel.toUpperCase()}_`;
        out[`SPICE_${prefix}_${room}${shout(message.name)}`] = message.id;
      }
    }
  }
  return out;
}

const celt = (name: string) => name === "celt051" ? "CELT_0_5_1" : shout(name);
const common = (name: string) => name === "authSelection" ? "PROTOCOL_AUTH_SELECTION" : shout(name);

const protocolHeader: Header = {
  include: "spice/protocol.h",
  pkg: "spice-protocol",
  debian: "libspice-protocol-dev",
  numbers: {
    ...messageNumbers(),
    ...Object.fromEntries(
      [...channelById.values()].map(({ name, id }) => [`SPICE_CHANNEL_${name.toUpperCase()}`, id]),
    ),
    ...named("SPICE_COMMON_CAP_", caps.CommonCap, common),
    ...named("SPICE_MAIN_CAP_", caps.MainCap),
    ...named("SPICE_DISPLAY_CAP_", caps.DisplayCap),
    ...named("SPICE_INPUTS_CAP_", caps.InputsCap),
    ...named("SPICE_PLAYBACK_CAP_", caps.PlaybackCap, celt),
    ...named("SPICE_RECORD_CAP_", caps.RecordCap, celt),
    ...named("SPICE_SPICEVMC_CAP_", caps.SpicevmcCap),
    ...named("SPICE_PORT_EVENT_", PortEvent.values),
    SPICE_MAGIC: link.MAGIC,
    SPICE_VERSION_MAJOR: link.VERSION_MAJOR,
    SPICE_VERSION_MINOR: link.VERSION_MINOR,
    SPICE_TICKET_PUBKEY_BYTES: link.TICKET_PUBKEY_BYTES,
    SPICE_MAX_PASSWORD_LENGTH: link.MAX_PASSWORD_LENGTH,
    "sizeof(SpiceLinkEncryptedTicket)": link.TICKET_BYTES,
    ...layoutOf("SpiceLinkHeader", link.LinkHeader),
    ...layoutOf("SpiceLinkMess", link.LinkMess),
    ...layoutOf("SpiceLinkReply", link.LinkReply),
    ...layoutOf("SpiceLinkAuthMechanism", link.LinkAuthMechanism),
    ...layoutOf("SpiceDataHeader", header.DataHeader),
    ...layoutOf("SpiceMiniDataHeader", header.MiniDataHeader),
    ...layoutOf("SpiceSubMessage", header.SubMessage, (field) => field === "body" ? null : field),
    "sizeof(SpiceSubMessageList)": header.SubMessageList.min,
  },
};

const plain = agent.agentMessages({ selection: false, grabSerial: false }).byName;
const agentStructs: Record<string, keyof typeof plain> = {
  VDAgentMouseState: "mouseState",
  VDAgentReply: "reply",
  VDAgentClipboard: "clipboard",
  VDAgentDisplayConfig: "displayConfig",
  VDAgentAnnounceCapabilities: "announceCapabilities",
  VDAgentClipboardRequest: "clipboardRequest",
  VDAgentFileXferStartMessage: "fileXferStart",
  VDAgentFileXferStatusMessage: "fileXferStatus",
  VDAgentFileXferDataMessage: "fileXferData",
  VDAgentMaxClipboard: "maxClipboard",
};

const agentHeader: Header = {
  include: "spice/vd_agent.h",
  pkg: "spice-protocol",
  debian: "libspice-protocol-dev",
  numbers: {
    VDP_CLIENT_PORT: agent.AgentPort.client,
    VDP_SERVER_PORT: agent.AgentPort.server,
    VD_AGENT_PROTOCOL: agent.AGENT_PROTOCOL,
    VD_AGENT_MAX_DATA_SIZE: agent.AGENT_MAX_DATA_BYTES,
    ...Object.fromEntries(
      Object.values(plain).map(({ name, id }) => [`VD_AGENT_${shout(name)}`, id]),
    ),
    VD_AGENT_END_MESSAGE: Object.keys(plain).length + 1,
    ...named("VD_AGENT_CAP_", agent.AgentCap),
    VD_AGENT_END_CAP: Object.keys(agent.AgentCap).length,
    ...named("VD_AGENT_CLIPBOARD_", agent.ClipboardType),
    ...named("VD_AGENT_CLIPBOARD_SELECTION_", agent.ClipboardSelection.values),
    ...named("VD_AGENT_FILE_XFER_STATUS_", agent.FileXferResult),
    ...named("VD_AGENT_", agent.AgentReplyError),
    VD_AGENT_LBUTTON_MASK: agent.AgentButtons.left,
    VD_AGENT_MBUTTON_MASK: agent.AgentButtons.middle,
    VD_AGENT_RBUTTON_MASK: agent.AgentButtons.right,
    VD_AGENT_UBUTTON_MASK: agent.AgentButtons.up,
    VD_AGENT_DBUTTON_MASK: agent.AgentButtons.down,
    VD_AGENT_SBUTTON_MASK: agent.AgentButtons.side,
    VD_AGENT_EBUTTON_MASK: agent.AgentButtons.extra,
    VD_AGENT_CONFIG_MONITORS_FLAG_USE_POS: agent.MonitorsFlags.usePos,
    VD_AGENT_CONFIG_MONITORS_FLAG_PHYSICAL_SIZE: agent.MonitorsFlags.physicalSize,
    VD_AGENT_DISPLAY_CONFIG_FLAG_DISABLE_WALLPAPER: agent.DisplayConfigFlags.disableWallpaper,
    VD_AGENT_DISPLAY_CONFIG_FLAG_DISABLE_FONT_SMOOTH: agent.DisplayConfigFlags.disableFontSmooth,
    VD_AGENT_DISPLAY_CONFIG_FLAG_DISABLE_ANIMATION: agent.DisplayConfigFlags.disableAnimation,
    VD_AGENT_DISPLAY_CONFIG_FLAG_SET_COLOR_DEPTH: agent.DisplayConfigFlags.setColorDepth,
    ...layoutOf("VDIChunkHeader", agent.AgentChunkHeader),
    ...layoutOf("VDAgentMessage", agent.AgentMessage),
    ...layoutOf("VDAgentMonConfig", agent.AgentMonitor),
    ...layoutOf("VDAgentMonitorMM", agent.MonitorMm),
    ...layoutOf("VDAgentDeviceDisplayInfo", agent.DeviceDisplayInfo),
    ...layoutOf("VDAgentFileXferStatusNotEnoughSpace", agent.FileXferNotEnoughSpace),
    ...layoutOf("VDAgentFileXferStatusError", agent.FileXferError),
    ...Object.assign(
      {},
      ...Object.entries(agentStructs).map(([type, name]) =>
        layoutOf(type, plain[name].codec, (field) => field === "selection" ? null : snake(field))
      ),
    ),
    ...layoutOf(
      "VDAgentMonitorsConfig",
      plain.monitorsConfig.codec,
      (field) => field === "physicalSizes" ? null : snake(field),
    ),
    // our lists have their counts in front, C has the counts alone
    "sizeof(VDAgentAudioVolumeSync)": plain.audioVolumeSync.codec.min,
    "sizeof(VDAgentGraphicsDeviceInfo)": plain.graphicsDeviceInfo.codec.min,
  },
};

const agreed = {
  bulkStreams: true,
  connectDeviceVersion: true,
  epInfoMaxPacketSize: true,
  ids64: true,
  bulkLength32: true,
};
const packets = usbredir.usbredirPackets(agreed);
const usbMessages = { ...packets.toHost.byName, ...packets.toGuest.byName };
const usbCap: Record<string, string> = {
  ids64: "64bits_ids",
  bulkLength32: "32bits_bulk_length",
};
const headless = new Set(["filterFilter"]);

const usbredirHeader: Header = {
  include: "usbredirproto.h",
  pkg: "libusbredirparser-0.5",
  debian: "libusbredirparser-dev",
  numbers: {
    ...Object.fromEntries(
      Object.values(usbMessages).map(({ name, id }) => [`usb_redir_${snake(name)}`, id]),
    ),
    ...named("usb_redir_cap_", usbredir.UsbredirCap, (name) => usbCap[name] ?? snake(name)),
    ...named("usb_redir_", usbredir.UsbredirStatus, (name) => name.toLowerCase()),
    ...named("usb_redir_type_", usbredir.UsbredirEndpoint),
    ...named("usb_redir_speed_", usbredir.UsbredirSpeed),
    ...layoutOf("struct usb_redir_header", packets.header),
    ...Object.assign(
      {},
      ...Object.values(usbMessages)
        .filter(({ codec, name }) => codec.min > 0 && !headless.has(name))
        .map(({ name, codec }) =>
          layoutOf(
            `struct usb_redir_${snake(name)}_header`,
            codec,
            (field) => field === "data" ? null : snake(field),
          )
        ),
    ),
  },
};
for (const [expression, n] of Object.entries(usbredirHeader.numbers)) {
  // the endpoints' types and speeds are spelt small in this header
  const small = expression.replace(
    /(type|speed)_([A-Z]+)$/,
    (_, kind, name) => `${kind}_${name.toLowerCase()}`,
  );
  if (small !== expression) {
    delete usbredirHeader.numbers[expression];
    usbredirHeader.numbers[small] = n;
  }
}

const vscNames: Record<string, string> = { atr: "ATR", apdu: "APDU" };
const vsc = (name: string) => vscNames[name] ?? name[0].toUpperCase() + name.slice(1);

const smartcardHeader: Header = {
  include: "vscard_common.h",
  pkg: "libcacard",
  debian: "libcacard-dev",
  numbers: {
    ...named("VSC_", smartcard.vsc.message.shape.type.values, vsc),
    VSC_SUCCESS: smartcard.VscError.success,
    VSC_GENERAL_ERROR: smartcard.VscError.generalError,
    VSC_CANNOT_ADD_MORE_READERS: smartcard.VscError.cannotAddMoreReaders,
    // the header's own spelling
    VSC_CARD_ALREAY_INSERTED: smartcard.VscError.cardAlreadyInserted,
    VSCARD_MAGIC: smartcard.VSCARD_MAGIC,
    VSCARD_VERSION: smartcard.VSCARD_VERSION,
    VSCARD_UNDEFINED_READER_ID: smartcard.UNDEFINED_READER,
    ...layoutOf("VSCMsgHeader", smartcard.vsc.header),
    "offsetof(VSCMsgInit, magic)": 0,
    "offsetof(VSCMsgInit, version)": 4,
    "offsetof(VSCMsgInit, capabilities)": smartcard.vsc.bodies.init.min,
    ...layoutOf("VSCMsgError", smartcard.vsc.bodies.error),
  },
};

export const headers: readonly Header[] = [
  protocolHeader,
  agentHeader,
  usbredirHeader,
  smartcardHeader,
];

if (import.meta.main) {
  const all = Object.fromEntries(headers.map((header) => {
    const answer = ask(header);
    if (typeof answer === "string") throw new Error(`${answer}: install ${header.debian}`);
    return [header.include, answer];
  }));
  Deno.writeTextFileSync(file, JSON.stringify(all, null, 1) + "\n");
}
