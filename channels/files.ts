/** Files that the person names: configurations that are read, and the audit log that is written. */
import { audited } from "../core/audit.ts";
import type { ConfigHost } from "../core/config/load.ts";
import { whyNot } from "../core/config/reasons.ts";
import type { Log } from "../core/log.ts";

/** The files of this machine; variables come from where they may be read. */
export function hostWith(variable: ConfigHost["variable"]): ConfigHost {
  return {
    readText(path) {
      try {
        return Deno.readTextFileSync(path);
      } catch (error) {
        throw new Error(whyNot(path, error));
      }
    },
    readable(path) {
      try {
        Deno.openSync(path).close();
        return true;
      } catch {
        return false;
      }
    },
    variable,
  };
}

/**
 * The log, whose audit events go into a file as well. That stays open: it may be moved away, and is then
 * written to where it went. Throws where it cannot be opened.
 */
export function withAudit(log: Log, path: string): Log {
  const file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
  const encoder = new TextEncoder();
  let failing = false;
  const write = (line: string) => {
    const bytes = encoder.encode(`${line}\n`);
    try {
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
      failing = false;
    } catch (error) {
      // a full disk ends nobody's session; it is told once, until there is room again
      if (!failing) log.error("audit-log-failed", { file: path, error });
      failing = true;
    }
  };
  return audited(log, write, () => new Date());
}
