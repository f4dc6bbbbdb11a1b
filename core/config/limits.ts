/** `[limits]`: how much of the appliance clients may take. The appliance's own section. */
import { defaultLimits, type LimitOptions } from "./options.ts";
import { key, type Settings } from "./settings.ts";
import { integer } from "./values.ts";

const minutes = integer(1, 366 * 24 * 60);

export const limitKeys = {
  "clients": key(integer(1, 1000)),
  "clients-per-address": key(integer(1, 1000)),
  "session-minutes": key(minutes),
  "idle-minutes": key(minutes),
} as const;

/** What is not said is not limited, but for the number of clients. */
export function readLimits(limits: Settings<typeof limitKeys>): LimitOptions {
  return {
    clients: limits.get("clients") ?? defaultLimits.clients,
    clientsPerAddress: limits.get("clients-per-address") ?? null,
    sessionMinutes: limits.get("session-minutes") ?? null,
    idleMinutes: limits.get("idle-minutes") ?? null,
  };
}
