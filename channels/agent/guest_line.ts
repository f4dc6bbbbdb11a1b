/**
 * The agent's virtio port: pieces of messages in chunks, for the client's ear or the server's.
 * Source of truth: vd_agent.h, VDIChunkHeader; reds.cpp, vdi_port_read_one_msg.
 */
import { decode, encode } from "../../core/binary/codec.ts";
import { ProtocolError } from "../../core/binary/error.ts";
import type { GuestPort } from "../../core/guest.ts";
import {
  AGENT_PROTOCOL,
  AgentChunkHeader,
  AgentHeader,
  AgentPort,
} from "../../core/protocol/agent.ts";
import { type MessageParts, Pieces } from "../../core/link/agent_pieces.ts";

const CHUNK_BYTES = AgentChunkHeader.size!;
/** Agents send up to 2048; what claims more is no chunk. */
const MAX_CHUNK_BYTES = 1 << 16;

/** Chunks to the guest. */
export class GuestLine {
  constructor(readonly port: GuestPort) {}

  /** A piece of a message. */
  piece(bytes: Uint8Array, port: number = AgentPort.client): void {
    this.port.write(encode(AgentChunkHeader, { port, size: bytes.length }));
    this.port.write(bytes);
  }

  /** A whole short message. */
  say(type: number, data: Uint8Array, port: number = AgentPort.client): void {
    const header = { protocol: AGENT_PROTOCOL, type, opaque: 0n, size: data.length };
    const bytes = new Uint8Array(AgentHeader.size! + data.length);
    bytes.set(encode(AgentHeader, header));
    bytes.set(data, AgentHeader.size!);
    this.piece(bytes, port);
  }
}

/** Chunks from the guest: messages for clients go to these parts, those for the server are passed over. */
export class GuestChunks {
  readonly #head = new Uint8Array(CHUNK_BYTES);
  #held = 0;
  #missing = 0;
  #forClient = false;
  readonly #pieces: Pieces;

  constructor(parts: MessageParts) {
    this.#pieces = new Pieces(parts, "the guest's agent", false);
  }

  reset(): void {
    this.#held = this.#missing = 0;
    this.#pieces.reset();
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#missing === 0) {
        const n = Math.min(CHUNK_BYTES - this.#held, bytes.length - at);
        this.#head.set(bytes.subarray(at, at + n), this.#held);
        this.#held += n;
        at += n;
        if (this.#held === CHUNK_BYTES) this.#begin();
        continue;
      }
      const n = Math.min(this.#missing, bytes.length - at);
      if (this.#forClient) this.#pieces.push(bytes.subarray(at, at + n));
      this.#missing -= n;
      at += n;
    }
  }

  #begin(): void {
    this.#held = 0;
    const { port, size } = decode(AgentChunkHeader, this.#head);
    if (port !== AgentPort.client && port !== AgentPort.server || size > MAX_CHUNK_BYTES) {
      throw new ProtocolError(`the guest's agent sent a chunk of ${size} bytes for port ${port}`);
    }
    this.#forClient = port === AgentPort.client;
    this.#missing = size;
  }
}
