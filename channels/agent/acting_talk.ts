/** One client's talk with the agent that the appliance plays. Source of truth: vd_agent.h. */
import { decode, encode } from "../../core/binary/codec.ts";
import { ProtocolError } from "../../core/binary/error.ts";
import type { ClipboardSelection, ClipboardType } from "../../core/guest.ts";
import {
  AgentCap,
  type AgentMessages,
  agentMessages,
  AgentReplyError,
  type AgentTable,
  ClipboardType as Types,
} from "../../core/protocol/agent.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import type { BodyOf, Message } from "../../core/protocol/channel.ts";
import type { Client } from "../client.ts";
import type { ActingAgent } from "./acting.ts";
import { type AgentSender, type AgentTalk, showsOf } from "./agent.ts";
import { Collected, Pieces } from "../../core/link/agent_pieces.ts";
import { Requests } from "./requests.ts";
import { AgentSpeaker } from "./speaker.ts";

/** The longest message that is put together: what a selection may hold, and all else. */
const MAX_CLIPBOARD_BYTES = 32 << 20, MAX_MESSAGE_BYTES = 1 << 14;
/** Answers that wait for tokens, and bytes of them. */
const MAX_WAITING = 32, MAX_WAITING_BYTES = 2 * MAX_CLIPBOARD_BYTES;
/** Types that a client may name for one selection, and selections that it may be fetching. */
const MAX_TYPES = 64, MAX_READS = 8;

const NAMES: readonly [ClipboardType, number][] = [
  ["text", Types.utf8Text],
  ["png", Types.imagePng],
  ["bmp", Types.imageBmp],
  ["tiff", Types.imageTiff],
  ["jpg", Types.imageJpg],
  ["fileList", Types.fileList],
];
const nameOf = (type: number) => NAMES.find(([, n]) => n === type)?.[0];
const numberOf = (type: ClipboardType) => NAMES.find(([name]) => name === type)![1];
/** How messages look before a client has said what it can, and after. */
const PLAIN = { selection: false, grabSerial: false };

export class ActingTalk implements AgentTalk {
  readonly #agent: ActingAgent;
  readonly #client: Client;
  readonly #speaker: AgentSpeaker;
  readonly #pieces: Pieces;
  readonly #requests: Requests;
  readonly #onClosed: () => void;
  #words: AgentMessages = agentMessages(PLAIN);
  #selections = false;
  /** It knows what a grab is. */
  #knowsGrabs = false;
  #started = false;
  #ended = false;
  #reads = 0;
  /** Selections that the guest has from this client. */
  readonly #given = new Set<ClipboardSelection>();

  constructor(agent: ActingAgent, client: Client, send: AgentSender, onClosed: () => void) {
    this.#agent = agent;
    this.#client = client;
    this.#speaker = new AgentSpeaker(send);
    this.#requests = new Requests(client.clock);
    this.#onClosed = onClosed;
    const limitOf = (type: number) =>
      type === this.#words.byName.clipboard.id && this.#requests.any
        ? MAX_CLIPBOARD_BYTES
        : MAX_MESSAGE_BYTES;
    const whole = new Collected(limitOf, (type, data) => this.#message(type, data));
    this.#pieces = new Pieces(whole, "the client");
  }

  start(numTokens: number): void {
    this.#started = true;
    this.#pieces.reset();
    this.#speaker.start(numTokens);
  }

  token(numTokens: number): void {
    this.#speaker.token(numTokens);
  }

  data(piece: Uint8Array): void {
    // what comes before the start was meant for an agent that is gone
    if (this.#started) this.#pieces.push(piece);
    this.#speaker.took();
  }

  room(): void {
    this.#speaker.flush();
  }

  closed(): void {
    this.#ended = true;
    this.#onClosed();
    this.#requests.drop();
    for (const selection of this.#given) this.#agent.clipboard?.release(selection);
  }

  /** The client gives no tokens for what it is to hear: saying more would throw. */
  get behind(): boolean {
    return this.#speaker.waiting >= MAX_WAITING;
  }

  /** Says what the agent can. */
  announce(request = 0): void {
    if (!this.#started) return;
    const caps = [...this.#agent.capabilities.words];
    this.#say(this.#words.byName.announceCapabilities, { request, caps });
  }

  /** The guest has something new; no types: it let go. */
  guestOffers(selection: ClipboardSelection, types: readonly ClipboardType[]): void {
    if (types.length > 0) this.lostTo(selection);
    if (!this.#knowsGrabs || !this.#selections && selection !== "clipboard") return;
    // a client that takes no answers gets no offers; it would get them late and wrong
    if (this.behind) return;
    const { clipboardGrab, clipboardRelease } = this.#words.byName;
    if (types.length === 0) this.#say(clipboardRelease, { selection });
    else this.#say(clipboardGrab, { selection, types: types.map(numberOf) });
  }

  /** What this client had in a selection, somebody else has replaced. */
  lostTo(selection: ClipboardSelection): void {
    this.#given.delete(selection);
    this.#requests.drop(selection);
  }

  #message(type: number, data: Uint8Array | null): void {
    const { byId, byName } = this.#words;
    if (data === null) {
      // it will not be told which: whoever waits has waited for this
      if (type === byName.clipboard.id) this.#requests.drop();
      return;
    }
    const message = byId.get(type);
    const answers: Record<string, ((body: never) => void) | undefined> = this.#answers;
    const answer = message && answers[message.name];
    answer?.(decode(message!.codec, data, { rest: true }) as never);
  }

  /** By the message's name; all others are for an agent inside a guest. */
  readonly #answers = {
    announceCapabilities: ({ request, caps }: Body<"announceCapabilities">) => {
      const can = new Capabilities([...caps]);
      this.#selections = can.has(AgentCap.clipboardSelection) && this.#agent.clipboard !== null;
      this.#words = agentMessages({ selection: this.#selections, grabSerial: false });
      const knew = this.#knowsGrabs;
      this.#knowsGrabs = can.has(AgentCap.clipboardByDemand) && this.#agent.clipboard !== null;
      if (request) this.announce();
      if (knew || !this.#knowsGrabs) return;
      for (const [selection, types] of this.#agent.guestHas) this.guestOffers(selection, types);
    },
    monitorsConfig: ({ monitors }: Body<"monitorsConfig">) => {
      const { monitors: displays } = this.#agent;
      const done = displays.request(displays.wishes(monitors, this.#client), showsOf(this.#client));
      this.#client.log.debug("monitors-requested", { client: this.#client.connectionId, done });
      const { reply, monitorsConfig } = this.#words.byName;
      const error = done ? AgentReplyError.success : AgentReplyError.error;
      this.#say(reply, { type: monitorsConfig.id, error });
    },
    clipboardGrab: ({ selection = "clipboard", types }: Body<"clipboardGrab">) => {
      const { clipboard } = this.#agent;
      const known = [...types].slice(0, MAX_TYPES).flatMap((type) => nameOf(type) ?? []);
      if (!clipboard || known.length === 0) return;
      this.#requests.drop(selection);
      this.#agent.offered(selection, this);
      this.#given.add(selection);
      clipboard.offer(selection, known, (type) => this.#fetch(selection, type));
    },
    clipboardRelease: ({ selection = "clipboard" }: Body<"clipboardRelease">) => {
      if (!this.#given.delete(selection)) return;
      this.#requests.drop(selection);
      this.#agent.clipboard?.release(selection);
    },
    clipboard: ({ selection = "clipboard", type, data }: Body<"clipboard">) =>
      this.#requests.answer(selection, nameOf(type), data),
    clipboardRequest: ({ selection = "clipboard", type }: Body<"clipboardRequest">) =>
      void this.#give(selection, type),
  };

  #fetch(selection: ClipboardSelection, type: ClipboardType): Promise<Uint8Array | null> {
    if (this.#ended || !this.#given.has(selection) || this.#speaker.waiting >= MAX_WAITING) {
      return Promise.resolve(null);
    }
    return this.#requests.ask(selection, type, () => {
      this.#say(this.#words.byName.clipboardRequest, { selection, type: numberOf(type) });
    });
  }

  async #give(selection: ClipboardSelection, type: number): Promise<void> {
    const name = nameOf(type);
    let data: Uint8Array | null = null;
    if (name && this.#reads < MAX_READS && this.#speaker.waitingBytes < MAX_WAITING_BYTES) {
      this.#reads++;
      try {
        data = await this.#agent.clipboard!.read(selection, name);
      } catch (error) {
        this.#client.log.warn("clipboard-unread", { client: this.#client.connectionId, error });
      }
      this.#reads--;
    }
    if (this.#ended) return;
    const nothing = data === null || data.length > MAX_CLIPBOARD_BYTES;
    try {
      this.#say(this.#words.byName.clipboard, {
        selection,
        type: nothing ? Types.none : type,
        data: nothing ? new Uint8Array(0) : data,
      });
    } catch { /* it asks and takes no answers: it does without */ }
  }

  #say({ id, codec }: Message, body: unknown): void {
    if (this.#speaker.waiting >= MAX_WAITING) {
      throw new ProtocolError("the client asks its agent and gives no tokens for the answers");
    }
    this.#speaker.say(id, encode(codec, body));
  }
}

type Body<K extends keyof AgentTable> = BodyOf<AgentTable[K]>;
