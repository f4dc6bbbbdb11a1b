/// <reference lib="dom" />
/** Calls once what has come already has been dealt with: a turn later, without a timer's pause. */

interface Scheduler {
  postTask?(call: () => void): Promise<void>;
}

/** A call for later; it may be asked for again and again. */
export function soon(call: () => void): () => void {
  const { scheduler } = globalThis as { scheduler?: Scheduler };
  // a message to oneself goes by way of other threads; pages have things of their own by that name
  if (typeof scheduler?.postTask === "function") return () => void scheduler.postTask!(call);
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = call;
  return () => port2.postMessage(null);
}
