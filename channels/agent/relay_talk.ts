/** One client's talk with the agent inside the guest. Source of truth: vd_agent.h; agent-msg-filter.c. */
import { decode, encode } from "../../core/binary/codec.ts";
import { ProtocolError } from "../../core/binary/error.ts";
import {
  AGENT_PROTOCOL,
  AgentCap,
  type AgentHeader,
  AgentReplyError,
  FileXferResult,
  MonitorsFlags,
} from "../../core/protocol/agent.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import type { Client } from "../client.ts";
import { type AgentSender, type AgentTalk, showsOf } from "./agent.ts";
import { Askers } from "./askers.ts";
import { begun, PieceWay, Routed, type Way, WholeWay } from "./parts.ts";
import { Pieces } from "../../core/link/agent_pieces.ts";
import type { RelayAgent } from "./relay.ts";
import { AgentSpeaker } from "./speaker.ts";
import { AHEAD_BYTES, MAX_ANNOUNCE_BYTES, mostBytes, words } from "./words.ts";

const MAX_MONITORS_BYTES = 1 << 14;
/** A selection and a type. */
const MAX_REQUEST_BYTES = 8;
/** In this time a display says that it cannot. */
const REFUSAL_MS = 1000;
/** Answers of ours that may wait for the client's tokens. */
const MOST_ANSWERS = 32;

const noTokens = () =>
  new ProtocolError("the client asks its agent and gives no tokens for the answers");

export class RelayTalk implements AgentTalk {
  started = false;
  readonly #relay: RelayAgent;
  readonly #client: Client;
  readonly #send: AgentSender;
  readonly #speaker: AgentSpeaker;
  readonly #routed = new Routed((header, prefix) => this.#route(header, prefix));
  readonly #pieces = new Pieces(this.#routed, "the client");
  /** Pieces that wait for another client to end its message. */
  readonly #waiting: Uint8Array[] = [];
  /** Tokens that go back when the guest has taken what they were for. */
  #owed = 0;
  #capabilities: Capabilities = Capabilities.of();
  /** The monitors that a display was asked for last. */
  #askedFor: Uint8Array | null = null;
  #ended = false;

  constructor(relay: RelayAgent, client: Client, send: AgentSender) {
    this.#relay = relay;
    this.#client = client;
    this.#send = send;
    this.#speaker = new AgentSpeaker(send);
  }

  get waitingBytes(): number {
    return this.#speaker.waitingBytes;
  }

  /** This client's clipboard messages say which selection they mean. */
  get selections(): boolean {
    return this.#relay.capabilities.has(AgentCap.clipboardSelection) &&
      this.#capabilities.has(AgentCap.clipboardSelection);
  }

  start(numTokens: number): void {
    if (this.started && this.#pieces.within) {
      // the rest of the message that it is in the middle of is passed over
      this.#routed.cut();
      this.#relay.abandon(this);
    }
    this.started = true;
    this.#pieces.reset();
    this.#speaker.start(numTokens);
  }

  token(numTokens: number): void {
    this.#speaker.token(numTokens);
    this.#relay.room();
  }

  data(piece: Uint8Array): void {
    this.#speaker.came();
    // what comes before the start was meant for an agent that is gone
    if (!this.started) return this.#took();
    if (this.#waiting.length > 0 || !this.#relay.take(this, piece.length)) {
      this.#waiting.push(piece.slice());
      return;
    }
    this.#say(piece);
    if (!this.#pieces.within) this.#relay.release(this);
  }

  /** The line is free: says what waited, message by message. */
  speak(): void {
    while (this.#waiting.length > 0) {
      if (!this.#relay.take(this, this.#waiting[0].length)) return;
      try {
        this.#say(this.#waiting.shift()!);
      } catch (error) {
        // another client's doing led here, and shall not suffer for it
        this.#client.log.warn("client-erred", { client: this.#client.connectionId, error });
        return this.#client.disconnect("error");
      }
      if (!this.#pieces.within) this.#relay.release(this);
    }
  }

  #say(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#took();
  }

  #took(): void {
    if (this.#relay.options.port.waitingBytes > AHEAD_BYTES) this.#owed++;
    else this.#speaker.took();
  }

  /** The guest has taken all that was on its way. */
  drained(): void {
    for (; this.#owed > 0; this.#owed--) this.#speaker.took();
  }

  room(): void {
    this.#speaker.flush();
    this.#relay.room();
  }

  /** A piece for this client. */
  hear(piece: Uint8Array): void {
    if (!this.#ended) this.#speaker.raw(piece);
  }

  /** The agent says anew what it can. */
  tell(request: number): void {
    if (!this.started) return;
    const body = { request, caps: [...this.#relay.capabilities.words] };
    const { id, codec } = words.announceCapabilities;
    this.#speaker.say(id, encode(codec, body));
  }

  /** The guest forgot who is there. */
  announceAgain(): void {
    if (this.started && this.#capabilities.words.length > 0) {
      this.#relay.announce(1, this.#capabilities);
    }
  }

  /** It read or said so little for so long that nobody waits for it any more: its talk begins anew. */
  giveUp(reason: "agent-behind" | "agent-slow"): void {
    this.#client.log.info(reason, { client: this.#client.connectionId });
    this.restart();
  }

  /** What the guest had of it is lost: its talk begins anew. */
  restart(): void {
    this.#send.restart();
  }

  closed(): void {
    this.#ended = true;
    this.started = false;
    this.#waiting.length = 0;
    this.#relay.left(this);
  }

  #route(header: AgentHeader, prefix: Uint8Array): Way | null {
    const { rights } = this.#relay.options;
    const most = mostBytes(header.type);
    if (header.size > most) {
      // the guest has nothing of it
      this.#relay.release(this);
      throw new ProtocolError(
        `the client sends an agent message of type ${header.type} with ${header.size} bytes, ${most} is the most`,
      );
    }
    switch (header.type) {
      case words.announceCapabilities.id:
        return this.#whole(MAX_ANNOUNCE_BYTES, prefix, (data) => {
          const { request, caps } = decode(words.announceCapabilities.codec, data, { rest: true });
          this.#capabilities = new Capabilities([...caps]);
          this.#relay.announce(request, this.#capabilities);
        });
      case words.monitorsConfig.id:
        return this.#whole(MAX_MONITORS_BYTES, prefix, (data) => this.#monitors(data));
      // these are the server's to say
      case words.mouseState.id:
      case words.clientDisconnected.id:
      case words.graphicsDeviceInfo.id:
        return null;
      case words.clipboardRequest.id:
        // INVARIANT: one is counted when the guest gets it whole, as it answers no other
        return rights.copyPaste
          ? this.#whole(MAX_REQUEST_BYTES, prefix, (data) => this.#request(header, data))
          : null;
      case words.clipboard.id:
      case words.clipboardGrab.id:
      case words.clipboardRelease.id:
        return rights.copyPaste && this.#clipboard(header.type, prefix)
          ? this.#toGuest(header, prefix)
          : null;
      case words.fileXferStart.id:
      case words.fileXferStatus.id:
      case words.fileXferData.id:
        return rights.fileTransfer && prefix.length === 4 && this.#file(header.type, prefix)
          ? this.#toGuest(header, prefix)
          : null;
      default:
        return this.#toGuest(header, prefix);
    }
  }

  #request(header: AgentHeader, data: Uint8Array): void {
    const size = this.selections ? MAX_REQUEST_BYTES : MAX_REQUEST_BYTES - 4;
    const prefix = data.subarray(0, 4);
    if (data.length !== size || !this.#clipboard(header.type, prefix)) return;
    const way = this.#toGuest(header, prefix);
    way.put(data.subarray(4));
    way.end();
  }

  #toGuest(header: AgentHeader, prefix: Uint8Array): Way {
    return begun(new PieceWay((piece) => this.#relay.line.piece(piece)), header, prefix);
  }

  #whole(limit: number, prefix: Uint8Array, whole: (data: Uint8Array) => void): Way {
    const way = new WholeWay(limit, whole);
    way.put(prefix);
    return way;
  }

  /** A display may say late that it cannot: then it is the agent's to do, between two messages. */
  #askLater(data: Uint8Array, ms: number): void {
    const { clock, monitors } = this.#relay.options;
    clock.after(ms, () => {
      if (this.#ended || data !== this.#askedFor || !this.#relay.present) return;
      if (monitors.available) return;
      if (this.#pieces.within || !this.#relay.free) return this.#askLater(data, REFUSAL_MS);
      this.#arrange(data);
    });
  }

  /** It is the agent's to do. */
  #arrange(data: Uint8Array): void {
    this.#relay.arranger = this;
    const { id: type } = words.monitorsConfig;
    const header = { protocol: AGENT_PROTOCOL, type, opaque: 0n, size: data.length };
    const way = this.#toGuest(header, data.subarray(0, 4));
    way.put(data.subarray(4));
    way.end();
  }

  /** The display does it where it can, and the agent is not asked. */
  #monitors(data: Uint8Array): void {
    const { codec } = words.monitorsConfig;
    const { flags, monitors: said } = decode(codec, data, { rest: true });
    const shows = showsOf(this.#client), { monitors: displays } = this.#relay.options;
    const wishes = displays.wishes(said, this.#client);
    this.#askedFor = null;
    const done = displays.request(wishes, shows);
    const monitors = displays.forAgent(wishes, shows)
      .map((monitor, i) => ({ depth: said[i]?.depth ?? 32, ...monitor }));
    // SPEC: spice-vdagent 0.22 refuses the whole message when it says millimetres
    const plain = encode(codec, { flags: flags & ~MonitorsFlags.physicalSize, monitors });
    if (!done) return this.#arrange(plain);
    this.#askedFor = plain;
    this.#askLater(plain, REFUSAL_MS);
    const body = { type: words.monitorsConfig.id, error: AgentReplyError.success };
    if (this.#speaker.waiting >= MOST_ANSWERS) throw noTokens();
    this.#speaker.say(words.reply.id, encode(words.reply.codec, body));
  }

  /** Whose selection it is now, and who waits for it. false: the message is not for the guest. */
  #clipboard(type: number, prefix: Uint8Array): boolean {
    const { owners, askers } = this.#relay;
    // what the guest would read otherwise than it was written
    if (this.selections !== this.#relay.selections) return false;
    const selection = this.selections ? prefix[0] ?? 0 : 0;
    if (selection > 2) return false;
    const owner = owners.get(selection);
    switch (type) {
      case words.clipboardGrab.id:
        owners.set(selection, this);
        return true;
      case words.clipboardRelease.id:
        return owner === this && owners.delete(selection);
      case words.clipboard.id:
        return owner === this;
      default: {
        const waiting = askers.get(selection) ?? new Askers();
        askers.set(selection, waiting);
        return waiting.ask(this);
      }
    }
  }

  #refuseFile(id: number): void {
    if (this.#speaker.waiting >= MOST_ANSWERS) throw noTokens();
    const { id: type, codec } = words.fileXferStatus;
    const status = { id, result: FileXferResult.error, data: new Uint8Array(0) };
    this.#speaker.say(type, encode(codec, status));
  }

  /** Rewrites the file's number as the guest knows it. false: it knows no such file. */
  #file(type: number, prefix: Uint8Array): boolean {
    const view = new DataView(prefix.buffer, prefix.byteOffset, 4);
    const id = view.getUint32(0, true);
    const { files } = this.#relay;
    const starts = type === words.fileXferStart.id;
    const guest = starts ? files.begin(this, id) : files.toGuest(this, id);
    if (guest === null) {
      // who is not told waits for ever
      if (starts) this.#refuseFile(id);
      return false;
    }
    view.setUint32(0, guest, true);
    return true;
  }
}
