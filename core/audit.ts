/** Who came, how they proved who they are, what they were refused and who changed what: lines of a log, kept apart from the others. */
import { createLog, type Log, type LogFields } from "./log.ts";

/** Events that say so. */
const AUDITED: ReadonlySet<string> = new Set([
  "listening",
  "client-connected",
  "client-gone",
  "client-over-limit",
  "link-refused",
  "address-banned",
  "console-lifts-ban",
  "channel-refused",
  "console-login",
  "console-logout",
  "console-login-failed",
  "console-disconnects",
  "console-sets-password",
  "console-expires-password",
  "console-power",
  "tunnel-offered",
  "tunnel-consent",
  "tunnel-consent-over",
  "tunnel-open",
  "tunnel-close",
  "tunnel-refused",
  "certificate-replaced",
  "certificate-refused",
  "reloaded",
  "reload-refused",
  "stopped",
]);

/** A log that also writes those events, as lines of JSON and at any level, to a sink of their own. */
export function audited(log: Log, sink: (line: string) => void, now: () => Date): Log {
  const book = createLog({ format: "json", level: "info", sink, now });
  const both = (level: "debug" | "info" | "warn" | "error") =>
  (
    event: string,
    fields?: LogFields,
  ) => {
    log[level](event, fields);
    // what is only for who looks for a fault there, may be what matters here
    if (AUDITED.has(event)) book[level === "debug" ? "info" : level](event, fields);
  };
  return {
    debug: both("debug"),
    info: both("info"),
    warn: both("warn"),
    error: both("error"),
    report: log.report,
  };
}
