/** `[web]`: the console for browsers. The appliance's own section. */
import { defaultWeb, type WebOptions } from "./options.ts";
import { key, type Settings } from "./settings.ts";
import { filled, onOff, port } from "./values.ts";

export const webKeys = {
  "enabled": key(onOff),
  "port": key(port),
  "addr": key(filled),
} as const;

/** Where the console is; null: there is none. */
export function readWeb(web: Settings<typeof webKeys>): WebOptions | null {
  if (web.get("enabled") === false) return null;
  return {
    host: web.get("addr") ?? defaultWeb.host,
    port: web.get("port") ?? defaultWeb.port,
    required: web.place !== null,
  };
}
