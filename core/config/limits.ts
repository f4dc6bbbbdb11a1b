/** `[limits]`: how much of the appliance clients may take. The appliance's own section. */
import { defaultLimits, type LimitOptions } from "./options.ts";
import { key, type Settings } from "./settings.ts";
import { integer } from "./values.ts";

const minutes = integer(1, 366 * 24 * 60);

/** Below 64 kbit/s a person sees nothing. */
const kbits = integer(64, 100_000_000);

export const limitKeys = {
  "clients": key(integer(1, 1000)),
  "clients-per-address": key(integer(1, 1000)),
  "session-minutes": key(minutes),
  "idle-minutes": key(minutes),
  "ban-failures": key(integer(1, 1000)),
  "ban-minutes": key(minutes),
  "client-kbits": key(kbits),
  "total-kbits": key(kbits),
} as const;

/** What is not said is not limited, but for the number of clients. */
export function readLimits(limits: Settings<typeof limitKeys>): LimitOptions {
  return {
    clients: limits.get("clients") ?? defaultLimits.clients,
    clientsPerAddress: limits.get("clients-per-address") ?? null,
    sessionMinutes: limits.get("session-minutes") ?? null,
    idleMinutes: limits.get("idle-minutes") ?? null,
    banFailures: limits.get("ban-failures") ?? null,
    banMinutes: limits.get("ban-minutes") ?? defaultLimits.banMinutes,
    clientKbits: limits.get("client-kbits") ?? null,
    totalKbits: limits.get("total-kbits") ?? null,
  };
}
