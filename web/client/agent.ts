/// <reference lib="dom" />
/**
 * The client's talk with the guest's agent: clipboard, size, files.
 * Source of truth: vd_agent.h; spice-gtk's channel-main.c.
 */
import { decode, encode } from "../../core/binary/codec.ts";
import { Collected, Pieces } from "../../core/link/agent_pieces.ts";
import {
  AgentCap,
  type AgentMessages,
  agentMessages,
  type AgentTable,
  ClipboardType,
} from "../../core/protocol/agent.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import type { BodyOf } from "../../core/protocol/channel.ts";
import { AgentSender } from "./agent_sender.ts";
import { arrangement, type Screens, type Wish } from "./arrangement.ts";
import type { AgentState, Clip, TransferNews } from "./orders.ts";
import { Transfers } from "./transfers.ts";

export interface AgentLine {
  start(): void;
  data(piece: Uint8Array): void;
}

export interface AgentHost {
  /** What the agent can now; all false: there is none. */
  agent(state: AgentState): void;
  /** The guest copied something: what the page offered is its clipboard no longer. */
  copied(): void;
  /** This is it. */
  clip(clip: Clip): void;
  transfer(news: TransferNews): void;
}

/** The longest clipboard that is put together, and all other messages. */
const MOST_CLIP_BYTES = 64 << 20, MOST_BYTES = 1 << 16;
/** What this client can. */
const CAPS = Capabilities.of(
  AgentCap.monitorsConfig,
  AgentCap.reply,
  AgentCap.clipboardByDemand,
  AgentCap.clipboardSelection,
  AgentCap.monitorsConfigPosition,
  AgentCap.fileXferDetailedErrors,
);
const NOTHING: AgentState = { clipboard: false, resize: false, files: false };
/** Pictures, the one that loses nothing first. */
const PICTURES: readonly (readonly [number, string])[] = [
  [ClipboardType.imagePng, "image/png"],
  [ClipboardType.imageBmp, "image/bmp"],
  [ClipboardType.imageJpg, "image/jpeg"],
];

export class Agent {
  readonly #line: AgentLine;
  readonly #host: AgentHost;
  readonly #sender: AgentSender;
  readonly #pieces: Pieces;
  readonly #transfers: Transfers;
  #words: AgentMessages = agentMessages({ selection: false, grabSerial: false });
  #caps = Capabilities.of();
  #state = NOTHING;
  /** What the page has copied, for a guest that asks. */
  #clip: Clip = {};
  #screens: Screens = { displays: [], heads: [], mostHeads: 0 };
  /** Sizes that the guest was not asked for yet. */
  #wishes: { readonly own: Wish; readonly others: readonly Wish[] } | null = null;

  constructor(line: AgentLine, host: AgentHost) {
    this.#line = line;
    this.#host = host;
    this.#sender = new AgentSender((piece) => line.data(piece));
    const limit = (type: number) =>
      type === this.#words.byName.clipboard.id ? MOST_CLIP_BYTES : MOST_BYTES;
    const whole = new Collected(limit, (type, data) => data && this.#message(type, data));
    this.#pieces = new Pieces(whole, "the server", false);
    this.#transfers = new Transfers({
      say: (name, body) => this.#say(name, body),
      news: (news) => host.transfer(news),
    });
  }

  /** There is an agent, which takes so many pieces. */
  connected(tokens: number): void {
    this.#words = agentMessages({ selection: false, grabSerial: false });
    this.#caps = Capabilities.of();
    this.#pieces.reset();
    this.#sender.start(tokens);
    this.#line.start();
    this.#say("announceCapabilities", { request: 1, caps: [...CAPS.words] });
  }

  disconnected(): void {
    this.#caps = Capabilities.of();
    this.#transfers.drop("The guest's agent is gone");
    this.#tell(NOTHING);
  }

  tokens(more: number): void {
    this.#sender.more(more);
  }

  data(piece: Uint8Array): void {
    this.#pieces.push(piece);
  }

  /** The page has this in its clipboard now. */
  offer(clip: Clip): void {
    this.#clip = clip;
    if (!this.#state.clipboard) return;
    const types: number[] = [];
    if (clip.text !== undefined) types.push(ClipboardType.utf8Text);
    if (clip.image) types.push(ClipboardType.imagePng);
    if (types.length > 0) this.#say("clipboardGrab", { selection: "clipboard", types });
  }

  /** What this window and others show should be so large; asked for when the guest can be asked. */
  resize(own: Wish, others: readonly Wish[]): void {
    this.#wishes = { own, others };
    this.#arrange();
  }

  set screens(screens: Screens) {
    this.#screens = screens;
    this.#arrange();
  }

  #arrange(): void {
    if (!this.#wishes || !this.#state.resize) return;
    const { own, others } = this.#wishes;
    const monitors = arrangement(own, others, this.#screens);
    if (!monitors) return;
    this.#wishes = null;
    this.#say("monitorsConfig", {
      flags: 0,
      monitors: monitors.map((monitor) => ({ depth: 32, ...monitor })),
      physicalSizes: undefined,
    });
  }

  get takesFiles(): boolean {
    return this.#state.files;
  }

  /** The session is over: what was on its way does not arrive. */
  drop(): void {
    this.#transfers.drop("The connection ended before it was there");
  }

  sendFile(id: number, file: File): void {
    this.#transfers.send(id, file);
  }

  cancelFile(id: number): void {
    this.#transfers.cancel(id);
  }

  #say<K extends keyof AgentTable>(name: K, body: BodyOf<AgentTable[K]>): Promise<void> {
    const { id, codec } = this.#words.byName[name];
    return this.#sender.say(id, encode(codec, body));
  }

  #message(type: number, data: Uint8Array): void {
    const message = this.#words.byId.get(type);
    const answers: Record<string, ((body: never) => void) | undefined> = this.#answers;
    const answer = message && answers[message.name];
    if (answer) answer(decode(message.codec, data, { rest: true }) as never);
  }

  readonly #answers = {
    announceCapabilities: ({ request, caps }: Body<"announceCapabilities">) => {
      this.#caps = new Capabilities([...caps]);
      const has = (cap: number) => this.#caps.has(cap);
      if (request) this.#say("announceCapabilities", { request: 0, caps: [...CAPS.words] });
      const selection = has(AgentCap.clipboardSelection);
      this.#words = agentMessages({ selection, grabSerial: false });
      this.#tell({
        clipboard: has(AgentCap.clipboardByDemand),
        resize: has(AgentCap.monitorsConfig),
        // SPEC: no capability says that files are taken, one that they are not
        files: !has(AgentCap.fileXferDisabled) && has(AgentCap.mouseState),
      });
    },
    clipboardGrab: ({ selection = "clipboard", types }: Body<"clipboardGrab">) => {
      if (selection !== "clipboard") return;
      this.#clip = {};
      this.#host.copied();
      const wanted = [ClipboardType.utf8Text, ...PICTURES.map(([type]) => type)]
        .find((type) => [...types].includes(type));
      if (wanted !== undefined) this.#say("clipboardRequest", { selection, type: wanted });
    },
    clipboard: ({ selection = "clipboard", type, data }: Body<"clipboard">) => {
      if (selection !== "clipboard") return;
      if (type === ClipboardType.utf8Text) {
        const text = new TextDecoder().decode(data);
        // an agent that says nothing of line ends means what it says
        return this.#host.clip({ text: this.#endsInCrlf ? toLf(text) : text });
      }
      const picture = PICTURES.find(([known]) => known === type);
      if (picture) this.#picture(data, picture[1]).catch(() => {});
    },
    clipboardRequest: async ({ selection = "clipboard", type }: Body<"clipboardRequest">) => {
      const { text, image } = this.#clip;
      let data: Uint8Array | null = null;
      if (selection === "clipboard" && type === ClipboardType.utf8Text && text !== undefined) {
        // browsers give what their system has: CRLF on Windows
        const lines = toLf(text);
        data = new TextEncoder().encode(
          this.#endsInCrlf ? lines.replaceAll("\n", "\r\n") : lines,
        );
      } else if (selection === "clipboard" && type === ClipboardType.imagePng && image) {
        data = new Uint8Array(await image.arrayBuffer());
      }
      const none = data === null || data.length > MOST_CLIP_BYTES;
      this.#say("clipboard", {
        selection,
        type: none ? ClipboardType.none : type,
        data: none ? new Uint8Array() : data!,
      });
    },
    fileXferStatus: (body: Body<"fileXferStatus">) => this.#transfers.status(body),
  };

  get #endsInCrlf(): boolean {
    return this.#caps.has(AgentCap.guestLineendCrlf);
  }

  /** Browsers take PNG alone. */
  async #picture(data: Uint8Array, type: string): Promise<void> {
    let image = new Blob([data as Uint8Array<ArrayBuffer>], { type });
    if (type !== "image/png") {
      const bitmap = await createImageBitmap(image);
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      canvas.getContext("2d")!.drawImage(bitmap, 0, 0);
      image = await canvas.convertToBlob({ type: "image/png" });
    }
    this.#host.clip({ image });
  }

  #tell(state: AgentState): void {
    this.#state = state;
    this.#host.agent(state);
    this.#arrange();
  }
}

const toLf = (text: string) => text.replaceAll("\r\n", "\n");

type Body<K extends keyof AgentTable> = BodyOf<AgentTable[K]>;
