import type { Duplex } from "./duplex.ts";
import type { Gate } from "./gate.ts";
import type { Outbox } from "./outbox.ts";

/** What a stream is pumped into and out of. */
export interface Pumped {
  /** Takes bytes as they come; the view is valid only during the call. Throws what is wrong with them. */
  receive(bytes: Uint8Array): void;
  readonly outbox: Outbox;
  /** While it is shut, nothing more is read: bytes wait at the other end. */
  readonly gate?: Gate;
}

/**
 * Carries bytes between a stream and a peer until either ends. The only code that awaits bytes.
 * Resolves when the other end closed or the outbox was closed and has emptied; rejects with what broke.
 * The stream is closed in every case. INVARIANT: from then on the peer receives nothing and its outbox
 * tells of no room, whatever was still under way: what it was for may be somebody else's now.
 */
export async function pump(duplex: Duplex, peer: Pumped, bufferBytes = 1 << 16): Promise<void> {
  const life = { over: false };
  try {
    await Promise.race([
      pumpIn(duplex, peer, bufferBytes, life),
      pumpOut(duplex, peer.outbox, life),
      peer.outbox.overflown,
    ]);
  } finally {
    life.over = true;
    peer.outbox.close();
    duplex.close();
  }
}

interface Life {
  over: boolean;
}

async function pumpIn(
  duplex: Duplex,
  peer: Pumped,
  bufferBytes: number,
  life: Life,
): Promise<void> {
  const buffer = new Uint8Array(bufferBytes);
  for (;;) {
    while (peer.gate?.closed) await peer.gate.closed;
    const n = await duplex.read(buffer);
    if (n === null || life.over) return;
    peer.receive(buffer.subarray(0, n));
  }
}

async function pumpOut(duplex: Duplex, outbox: Outbox, life: Life): Promise<void> {
  for (;;) {
    const bytes = outbox.take();
    if (bytes === null) {
      if (outbox.closed) return;
      await outbox.ready();
      continue;
    }
    const { lastAt } = outbox;
    for (let at = 0; at < bytes.length;) {
      at += await duplex.write(at === 0 ? bytes : bytes.subarray(at), Math.max(0, lastAt - at));
    }
    if (life.over) return;
    outbox.landed();
  }
}
