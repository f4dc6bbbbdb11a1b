import { ProtocolError } from "../../core/binary/error.ts";

/** reds.h: REDS_AGENT_WINDOW_SIZE: pieces that a client may send before it gets tokens back. */
export const AGENT_TOKENS = 10;
/** reds.h: REDS_TOKENS_TO_SEND: tokens go back so many at a time. */
const BATCH = 5;
/** "No limit", as every client says it. */
const UNLIMITED = 0xffffffff;

/**
 * How many pieces of agent messages may be under way, in either direction: one token for each.
 * Source of truth: char-device.cpp, red_char_device_send_to_client_tokens_absorb and around.
 */
export class AgentTokens {
  #toSend = 0;
  #taken = 0;
  /** What the client may send yet. */
  #left = AGENT_TOKENS;

  /** `agentStart`: what we may send. */
  start(count: number): void {
    this.#toSend = count;
  }

  /** `agentToken`: what we may send beside. */
  add(count: number): void {
    if (this.#toSend === UNLIMITED) return;
    if (this.#toSend + count >= UNLIMITED) {
      throw new ProtocolError(`${count} agent tokens came on top of ${this.#toSend}`);
    }
    this.#toSend += count;
  }

  /** A token for one piece of ours, if there is one. */
  spend(): boolean {
    if (this.#toSend === 0) return false;
    if (this.#toSend !== UNLIMITED) this.#toSend--;
    return true;
  }

  /** A piece of theirs came. Throws when they had no token for it. */
  came(): void {
    if (this.#left-- > 0) return;
    throw new ProtocolError(`the client sent agent data without a token for it`);
  }

  /** A piece of theirs was taken, and at once: how many tokens go back now, so that they never run out. */
  taken(): number {
    if (++this.#taken < BATCH) return 0;
    this.#taken = 0;
    this.#left += BATCH;
    return BATCH;
  }
}
