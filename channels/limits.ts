/** Ends sessions that last too long, or whose person does nothing. */
import type { Cancel } from "../core/clock.ts";
import type { LimitOptions } from "../core/config/options.ts";
import type { Client } from "./client.ts";

const MINUTE_MS = 60_000;

/** Watches a client until it is gone; the result stops it. */
export function watch(client: Client, limits: LimitOptions): Cancel {
  const { clock, log, connectionId } = client;
  const cancels: Cancel[] = [];
  const end = (limit: string, why: string) => {
    log.info("client-over-limit", { client: connectionId, limit });
    client.disconnect("permissionDenied", why);
  };
  const { sessionMinutes, idleMinutes } = limits;
  if (sessionMinutes !== null) {
    const why = `Sessions end after ${sessionMinutes} min here`;
    cancels.push(clock.after(sessionMinutes * MINUTE_MS, () => end("session-minutes", why)));
  }
  // who may only look has nothing to do
  if (idleMinutes !== null && !client.viewOnly) {
    const idleMs = idleMinutes * MINUTE_MS;
    const why = `Nobody typed or pointed for ${idleMinutes} min; the session ends`;
    const look = (slot: number) => {
      const left = client.inputAtMs + idleMs - clock.now();
      if (left <= 0) end("idle-minutes", why);
      else cancels[slot] = clock.after(left, () => look(slot));
    };
    look(cancels.length);
  }
  return () => cancels.forEach((cancel) => cancel());
}
