/** An agent inside a guest, at its end of the virtio port: it takes the clipboard's text, and files. */
import { decode, encode } from "../../core/binary/codec.ts";
import { Collected, Pieces } from "../../core/link/agent_pieces.ts";
import {
  AgentCap,
  AgentChunk,
  AgentMessage,
  agentMessages,
  AgentPort,
  ClipboardType,
  FileXferResult,
} from "../../core/protocol/agent.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";

const { byId, byName } = agentMessages({ selection: true, grabSerial: false });
const CAPS = Capabilities.of(
  AgentCap.mouseState,
  AgentCap.clipboardByDemand,
  AgentCap.clipboardSelection,
);
const HEADER_BYTES = 8;

interface Arriving {
  readonly name: string;
  readonly size: number;
  readonly parts: Uint8Array[];
}

export class FakeAgent {
  /** What the client had in its clipboard last. */
  text = "";
  /** Files that came whole, by name. */
  readonly files = new Map<string, Uint8Array>();
  readonly #arriving = new Map<number, Arriving>();
  readonly #say: (bytes: Uint8Array) => void;
  readonly #pieces = new Pieces(
    new Collected(() => 1 << 20, (type, data) => data && this.#hear(type, data)),
    "a client",
    false,
  );
  #rest = new Uint8Array();

  /** say: bytes on their way to the appliance. */
  constructor(say: (bytes: Uint8Array) => void) {
    this.#say = say;
  }

  /** Bytes that came from the appliance. */
  push(bytes: Uint8Array): void {
    let at = 0;
    const all = Uint8Array.of(...this.#rest, ...bytes);
    const view = new DataView(all.buffer);
    while (all.length - at >= HEADER_BYTES) {
      const end = at + HEADER_BYTES + view.getUint32(at + 4, true);
      if (all.length < end) break;
      this.#pieces.push(all.subarray(at + HEADER_BYTES, end));
      at = end;
    }
    this.#rest = all.slice(at);
  }

  #tell(name: keyof typeof byName, body: unknown): void {
    const { id, codec } = byName[name];
    const data = encode(codec, body);
    const message = encode(AgentMessage, { protocol: 1, type: id, opaque: 0n, data });
    this.#say(encode(AgentChunk, { port: AgentPort.client, data: message }));
  }

  #hear(type: number, data: Uint8Array): void {
    const message = byId.get(type);
    // deno-lint-ignore no-explicit-any
    const body: any = message && decode(message.codec, data, { rest: true });
    switch (message?.name) {
      case "announceCapabilities":
        if (body.request) this.#tell("announceCapabilities", { request: 0, caps: [...CAPS.words] });
        return;
      case "clipboardGrab":
        return this.#tell("clipboardRequest", {
          selection: body.selection,
          type: ClipboardType.utf8Text,
        });
      case "clipboard":
        this.text = new TextDecoder().decode(body.data);
        return;
      case "fileXferStart": {
        const [, name, size] = /name=(.*)\nsize=(\d+)/.exec(new TextDecoder().decode(body.data))!;
        this.#arriving.set(body.id, { name, size: Number(size), parts: [] });
        return this.#answer(body.id, FileXferResult.canSendData);
      }
      case "fileXferData": {
        const { name, size, parts } = this.#arriving.get(body.id)!;
        parts.push(body.data.slice());
        const whole = Uint8Array.from(parts.flatMap((part) => [...part]));
        if (whole.length < size) return;
        this.files.set(name, whole);
        this.#answer(body.id, FileXferResult.success);
      }
    }
  }

  #answer(id: number, result: number): void {
    this.#tell("fileXferStatus", { id, result, data: new Uint8Array() });
  }
}
