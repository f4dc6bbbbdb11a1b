/** `[log]`: what the person who runs it is told. The appliance's own section. */
import type { LogSettings } from "./options.ts";
import { key, type Settings } from "./settings.ts";
import { oneOf } from "./values.ts";

export const logKeys = { "level": key(oneOf("debug", "info", "warn", "error")) } as const;

export function readLog(log: Settings<typeof logKeys>): LogSettings {
  return { level: log.get("level") ?? null };
}
