/**
 * The agent inside the guest, at the other end of its virtio port, for all clients at once.
 * Each message goes to whom it concerns: an answer to who asked, a request to who grabbed last.
 * Source of truth: vd_agent.h; reds.cpp, reds_adjust_agent_capabilities; agent-msg-filter.c.
 */
import { decode, encode } from "../../core/binary/codec.ts";
import { WireError } from "../../core/binary/error.ts";
import { bytesOfText } from "../../core/binary/text.ts";
import type { Cancel, Clock } from "../../core/clock.ts";
import type { GuestPort, GuestPortUser } from "../../core/guest.ts";
import {
  AgentCap,
  type AgentHeader,
  agentMessages,
  AgentPort,
  FileXferResult,
} from "../../core/protocol/agent.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import type { Log } from "../../core/log.ts";
import type { Client } from "../client.ts";
import type { Agent, AgentRights, AgentSender, AgentTalk } from "./agent.ts";
import type { Askers } from "./askers.ts";
import { Files } from "./files.ts";
import { GuestChunks, GuestLine } from "./guest_line.ts";
import type { Monitors } from "./monitors.ts";
import { begun, PieceWay, Routed, type Way, WholeWay } from "./parts.ts";
import { RelayTalk } from "./relay_talk.ts";
import { MAX_ANNOUNCE_BYTES, mostBytes, words } from "./words.ts";

/** With more on its way to one client, the guest waits; for so long at most. */
const CLIENT_AHEAD_BYTES = 1 << 20, PATIENCE_MS = 10_000;
/**
 * So much of a message a client must say in such a time while others wait for its end, and so much more
 * each such time: the longest, of 100 MiB, lets others wait for 7 minutes at most.
 */
const LEAST_BYTES = 32 << 10, LEAST_MS = 5_000;

/** What clients lose when the clipboards are apart. */
const CLIPBOARD = [AgentCap.clipboard, AgentCap.clipboardByDemand];
/** What a display that can be asked adds to what the agent can. */
const MONITORS = [
  AgentCap.monitorsConfig,
  AgentCap.reply,
  AgentCap.sparseMonitorsConfig,
  AgentCap.monitorsConfigPosition,
];

export interface RelayOptions {
  readonly port: GuestPort;
  readonly monitors: Monitors;
  readonly rights: AgentRights;
  readonly clock: Clock;
  readonly log: Log;
}

export class RelayAgent implements Agent, GuestPortUser {
  readonly options: RelayOptions;
  readonly line: GuestLine;
  readonly files = new Files<RelayTalk>();
  /** By selection (0 to 2): whose it is, and who waits for its content. */
  readonly owners = new Map<number, RelayTalk>();
  readonly askers = new Map<number, Askers<RelayTalk>>();
  /** Who asked for monitors last, of the agent itself. */
  arranger: RelayTalk | null = null;
  /** Whom the line belongs to in the middle of a message, and who waits for it. */
  #speaking: RelayTalk | null = null;
  readonly #queue: RelayTalk[] = [];
  /** What it said since somebody began to wait, or since it was looked at. */
  #spoken = 0;
  #unwatch: Cancel = () => {};
  readonly #talks = new Set<RelayTalk>();
  readonly #listeners = new Set<() => void>();
  readonly #chunks: GuestChunks;
  /** What the agent said that it can; null: it has not, so nobody is there. */
  #capabilities: Capabilities | null = null;
  #held: Cancel | null = null;
  #originsTold = false;
  /** Who was told what, as the guest last heard it. */
  #announced: Capabilities = Capabilities.of();

  constructor(options: RelayOptions) {
    this.options = options;
    this.line = new GuestLine(options.port);
    this.#chunks = new GuestChunks(new Routed((header, prefix) => this.#route(header, prefix)));
    options.port.attach(this);
    if (options.port.open) this.#greet();
  }

  get present(): boolean {
    return this.#capabilities !== null;
  }

  /** It takes the pointer's absolute positions. */
  get takesMouse(): boolean {
    return this.#capabilities?.has(AgentCap.mouseState) ?? false;
  }

  /** Clipboard messages say which selection they mean. */
  get selections(): boolean {
    return this.#capabilities!.has(AgentCap.clipboardSelection) &&
      this.#announced.has(AgentCap.clipboardSelection);
  }

  onChange(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  check(): void {}

  join(client: Client, send: AgentSender): AgentTalk {
    const talk = new RelayTalk(this, client, send);
    this.#talks.add(talk);
    return talk;
  }

  left(talk: RelayTalk): void {
    this.#talks.delete(talk);
    if (this.arranger === talk) this.arranger = null;
    for (const askers of this.askers.values()) askers.left(talk);
    const owned = [...this.owners].filter(([, owner]) => owner === talk).map(([id]) => id);
    for (const id of owned) this.owners.delete(id);
    if (this.#speaking === talk) this.#cutShort();
    this.release(talk);
    this.room();
    if (!this.present) return;
    if (![...this.#talks].some(({ started }) => started)) return this.#disconnected();
    for (const id of this.files.drop(talk)) {
      const status = { id, result: FileXferResult.cancelled, data: new Uint8Array(0) };
      this.line.say(words.fileXferStatus.id, encode(words.fileXferStatus.codec, status));
    }
    const { clipboardRelease } = agentMessages({ selection: this.selections, grabSerial: false })
      .byName;
    for (const id of owned) {
      const selection = (["clipboard", "primary", "secondary"] as const)[id];
      this.line.say(clipboardRelease.id, encode(clipboardRelease.codec, { selection }));
    }
  }

  /** Nobody is in the middle of a message. */
  get free(): boolean {
    return this.#speaking === null;
  }

  /** A client's turn to say so many bytes: true when the line is its own until `release`. */
  take(talk: RelayTalk, bytes: number): boolean {
    if (this.#speaking !== null && this.#speaking !== talk) {
      if (!this.#queue.includes(talk)) this.#queue.push(talk);
      if (this.#queue.length === 1) this.#watch();
      return false;
    }
    if (this.#speaking === null && this.#queue.length > 0) this.#watch();
    this.#speaking = talk;
    this.#spoken += bytes;
    return true;
  }

  release(talk: RelayTalk): void {
    const at = this.#queue.indexOf(talk);
    if (at >= 0) this.#queue.splice(at, 1);
    if (this.#speaking !== talk) return;
    this.#speaking = null;
    this.#unwatch();
    // the next one speaks when this one is done with its piece
    this.#queue.shift()?.speak();
  }

  /** A client begins anew in the middle of a message, of which the guest may have half. */
  abandon(talk: RelayTalk): void {
    if (this.#speaking !== talk) return;
    this.#cutShort();
    this.release(talk);
  }

  #watch(leastBytes = LEAST_BYTES): void {
    this.#unwatch();
    this.#spoken = 0;
    this.#unwatch = this.options.clock.after(LEAST_MS, () => {
      const talk = this.#speaking;
      if (!talk || this.#queue.length === 0) return;
      if (this.#spoken >= leastBytes) return this.#watch(leastBytes + LEAST_BYTES);
      talk.giveUp("agent-slow");
    });
  }

  /**
   * Half a message reached the guest: it forgets that, and all else that it had of clients. Whose files
   * or clipboards these were begins anew; the others' abilities are told anew.
   */
  #cutShort(): void {
    if (!this.present) return;
    const lost = new Set([...this.owners.values(), ...this.files.owners()]);
    this.#disconnected();
    for (const talk of [...this.#talks]) {
      if (talk !== this.#speaking && lost.has(talk)) talk.restart();
      else talk.announceAgain();
    }
  }

  #disconnected(): void {
    this.line.say(words.clientDisconnected.id, new Uint8Array(0), AgentPort.server);
    this.files.clear();
    this.owners.clear();
  }

  /** A client said what it can; serials of grabs would count for one client, and there are several. */
  announce(request: number, caps: Capabilities): void {
    this.#announced = without(caps, [AgentCap.clipboardGrabSerial]);
    const body = { request, caps: [...this.#announced.words] };
    this.line.say(
      words.announceCapabilities.id,
      encode(words.announceCapabilities.codec, body),
    );
  }

  // from the guest

  data(bytes: Uint8Array): void {
    // it is asked again when the machine says that it is there
    if (!this.options.port.open) return;
    this.#chunks.push(bytes);
    if ([...this.#talks].some(({ waitingBytes }) => waitingBytes > CLIENT_AHEAD_BYTES)) {
      this.#hold();
    }
  }

  opened(open: boolean): void {
    this.#chunks.reset();
    this.#held?.();
    this.#held = null;
    this.#forget();
    if (open) this.#greet();
  }

  drained(): void {
    for (const talk of this.#talks) talk.drained();
  }

  /** An agent that was there before us knows nothing of our coming: it says what it can when it is asked. */
  #greet(): void {
    this.#disconnected();
    this.announce(1, Capabilities.of());
  }

  #forget(): void {
    const was = this.present;
    this.#capabilities = null;
    this.#originsTold = false;
    this.#speaking = null;
    this.#queue.length = 0;
    this.#unwatch();
    this.owners.clear();
    this.askers.clear();
    this.files.clear();
    this.arranger = null;
    if (was) this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** A client is so far behind that the guest waits for it. */
  #hold(): void {
    if (this.#held) return;
    this.options.port.flow(false);
    this.#held = this.options.clock.after(PATIENCE_MS, () => {
      this.#held = null;
      for (const talk of [...this.#talks]) {
        if (talk.waitingBytes > CLIENT_AHEAD_BYTES) talk.giveUp("agent-behind");
      }
      this.options.port.flow(true);
    });
  }

  /** A client has taken something. */
  room(): void {
    if (!this.#held) return;
    if ([...this.#talks].some(({ waitingBytes }) => waitingBytes > CLIENT_AHEAD_BYTES)) return;
    this.#held();
    this.#held = null;
    this.options.port.flow(true);
  }

  #route(header: AgentHeader, prefix: Uint8Array): Way | null {
    const { copyPaste, fileTransfer } = this.options.rights;
    const selection = this.present && this.selections ? prefix[0] ?? 0 : 0;
    const most = mostBytes(header.type);
    if (header.size > most) {
      const { type, size } = header;
      this.options.log.warn("agent-erred", { port: this.options.port.name, type, size, most });
      if (type === words.clipboard.id) this.#nothing(header, selection);
      return null;
    }
    switch (header.type) {
      case words.announceCapabilities.id: {
        const way = new WholeWay(MAX_ANNOUNCE_BYTES, (data) => this.#announcement(data));
        way.put(prefix);
        return way;
      }
      case words.reply.id:
        return this.#towards(this.arranger, header, prefix);
      case words.clipboardGrab.id:
        if (!copyPaste) return null;
        this.owners.delete(selection);
        return this.#towards("all", header, prefix, true);
      case words.clipboardRelease.id:
        return copyPaste ? this.#towards("all", header, prefix, true) : null;
      case words.clipboardRequest.id: {
        const owner = this.owners.get(selection);
        return copyPaste && owner ? this.#towards(owner, header, prefix, true) : null;
      }
      case words.clipboard.id: {
        const asker = this.askers.get(selection)?.next();
        return copyPaste && asker ? this.#towards(asker, header, prefix, true) : null;
      }
      case words.fileXferStatus.id:
        return fileTransfer && prefix.length === 4 ? this.#status(header, prefix) : null;
      default:
        return this.present ? this.#towards("all", header, prefix) : null;
    }
  }

  /** Who waits for what is longer than it may be hears that there is nothing. */
  #nothing(header: AgentHeader, selection: number): void {
    const asker = this.askers.get(selection)?.next() ?? null;
    const body = new Uint8Array(this.selections ? 8 : 4);
    if (this.selections) body[0] = selection;
    const way = this.#towards(asker, { ...header, size: body.length }, body, true);
    way?.end();
  }

  #status(header: AgentHeader, prefix: Uint8Array): Way | null {
    const view = new DataView(prefix.buffer, prefix.byteOffset, 4);
    const guest = view.getUint32(0, true);
    const file = this.files.toClient(guest);
    if (!file) return null;
    view.setUint32(0, file.id, true);
    const way = this.#towards(file.owner, header, prefix);
    if (!way) return null;
    const first = new WholeWay(4, (data) => {
      const result = data.length < 4
        ? 0
        : new DataView(data.buffer, data.byteOffset).getUint32(0, true);
      if (result !== FileXferResult.canSendData) this.files.end(guest);
    });
    let seen = 0;
    return {
      put(bytes) {
        first.put(bytes.subarray(0, Math.max(0, 4 - seen)));
        seen += bytes.length;
        way.put(bytes);
      },
      end() {
        first.end();
        way.end();
      },
    };
  }

  #towards(
    whom: RelayTalk | "all" | null,
    header: AgentHeader,
    prefix: Uint8Array,
    clipboard = false,
  ): Way | null {
    const talks = (whom === "all" ? [...this.#talks] : whom ? [whom] : [])
      .filter((talk) => talk.started && (!clipboard || talk.selections === this.selections));
    if (talks.length === 0) return null;
    const way = new PieceWay((piece) => {
      for (const talk of talks) talk.hear(piece);
    });
    return begun(way, header, prefix);
  }

  #announcement(data: Uint8Array): void {
    let said;
    try {
      said = decode(words.announceCapabilities.codec, data, { rest: true });
    } catch (error) {
      if (error instanceof WireError) return;
      throw error;
    }
    const { copyPaste, fileTransfer } = this.options.rights;
    const off: number[] = [AgentCap.clipboardGrabSerial, ...copyPaste ? [] : CLIPBOARD];
    const on: number[] = [
      ...fileTransfer ? [] : [AgentCap.fileXferDisabled],
      ...this.options.monitors.available ? MONITORS : [],
    ];
    const was = this.present;
    const can = new Capabilities([...said.caps]);
    if (can.has(AgentCap.graphicsDeviceInfo) && !this.#originsTold) this.#tellOrigins();
    this.#capabilities = withAlso(without(can, off), on);
    if (!was) {
      this.options.log.info("agent-connected", { port: this.options.port.name });
      return this.#changed();
    }
    for (const talk of this.#talks) talk.tell(said.request);
  }

  /** Which screen of the guest is which display of ours, where that is known. */
  #tellOrigins(): void {
    const displayInfo = this.options.monitors.displays.flatMap(({ id, origin }) =>
      origin
        ? [{
          channelId: id,
          monitorId: 0,
          deviceDisplayId: origin.output,
          deviceAddress: bytesOfText(origin.deviceAddress),
        }]
        : []
    );
    if (displayInfo.length === 0) return;
    this.#originsTold = true;
    const { id, codec } = words.graphicsDeviceInfo;
    this.line.say(id, encode(codec, { displayInfo }), AgentPort.server);
  }

  /** For a client: what the agent can. */
  get capabilities(): Capabilities {
    return this.#capabilities!;
  }
}

/** Capabilities with these bits off. */
function without({ words }: Capabilities, bits: readonly number[]): Capabilities {
  const left = [...words];
  for (const bit of bits) {
    if (left[bit >> 5] !== undefined) left[bit >> 5] = (left[bit >> 5] & ~(1 << (bit & 31))) >>> 0;
  }
  return new Capabilities(left);
}

function withAlso({ words }: Capabilities, bits: readonly number[]): Capabilities {
  const more = Capabilities.of(...bits).words;
  const length = Math.max(words.length, more.length);
  return new Capabilities(
    Array.from({ length }, (_, i) => ((words[i] ?? 0) | (more[i] ?? 0)) >>> 0),
  );
}
