/** What the appliance tells the person who runs it: one event, one line. Where lines go and what time it is come as arguments. */

/** How bad an event is, in rising order. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** A line for people, or one JSON object for programs. */
export type LogFormat = "text" | "json";

/** What may stand beside an event. Errors are told by their message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Takes events. Event names are short and hyphenated, as in `client-connected`. */
export interface Log {
  /** What only who looks for a fault wants to know. */
  debug(event: string, fields?: LogFields): void;
  /** What happened. */
  info(event: string, fields?: LogFields): void;
  /** What may be a mistake of theirs. */
  warn(event: string, fields?: LogFields): void;
  /** What failed. */
  error(event: string, fields?: LogFields): void;
  /** A result that programs wait for: a line of JSON in either format, at any level. */
  report(event: string, fields?: LogFields): void;
}

/** What a log is made of. */
export interface LogOptions {
  /** The shape of a line. */
  format: LogFormat;
  /** Events below it are dropped. Looked at for each event: it may change. */
  level: LogLevel;
  /** Takes one line without its line end. */
  sink: (line: string) => void;
  /** The time of an event. */
  now: () => Date;
}

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Fields with these names never show what they hold, whoever passes them. */
const secret = /passw|secret|ticket$|credential|privatekey|authorization/i;

/** A log that writes lines into a sink. */
export function createLog(options: LogOptions): Log {
  const write = options.format === "json" ? jsonLine : textLine;
  const at = (level: LogLevel) => {
    const weight = levels.indexOf(level);
    return (event: string, fields: LogFields = {}) => {
      if (weight < levels.indexOf(options.level)) return;
      options.sink(write(options.now(), level, event, fields));
    };
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    report: (event, fields = {}) => options.sink(jsonLine(options.now(), "info", event, fields)),
  };
}

function jsonLine(time: Date, level: LogLevel, event: string, fields: LogFields): string {
  const plain: Record<string, unknown> = { time: time.toISOString(), level, event };
  for (const [name, value] of Object.entries(fields)) {
    plain[name in plain ? `${name}_` : name] = secret.test(name) ? "***" : value;
  }
  return JSON.stringify(plain, (_, value) => {
    if (typeof value === "bigint") return value.toString();
    return value instanceof Error ? value.message : value;
  });
}

function textLine(time: Date, level: LogLevel, event: string, fields: LogFields): string {
  const words = [time.toISOString(), level.padEnd(5), event];
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) words.push(`${name}=${secret.test(name) ? "***" : textOf(value)}`);
  }
  return words.join(" ");
}

/** Strings come from clients and guests too: quoting keeps a line one line. */
function textOf(value: unknown): string {
  if (value instanceof Error) return textOf(value.message);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string" && /^[\w.:/@[\]+-]+$/.test(value)) return value;
  const quoted = JSON.stringify(
    value,
    (_, inner) => typeof inner === "bigint" ? `${inner}` : inner,
  );
  return (quoted ?? "undefined").replace(/[\x7f-\x9f\u2028\u2029]/g, "?");
}
