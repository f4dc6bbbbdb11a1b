/** argv → what to do. Source of truth: `usage`, which `--help` prints. */
// @ts-types="./parse_args.d.ts"
import { parseArgs } from "@std/cli/parse-args";
import type { LogFormat, LogLevel } from "../log.ts";
import { ConfigError, didYouMean } from "./problems.ts";
import { oneOf } from "./values.ts";

/** What the command line asks for. */
export interface Invocation {
  readonly task:
    | "serve"
    | "check"
    | "help"
    | "version"
    | "licences"
    | "keys"
    | "man"
    | "completions"
    | "hash-password"
    | "make-token";
  /** For whom `--completions` is. */
  readonly shell: "bash" | "zsh" | "fish" | null;
  /** Whose password or token is made: `name` or `name:role`. */
  readonly account: string | null;
  /** Configuration files, in their order. */
  readonly files: readonly string[];
  /** Arguments of `--spice`, in their order. */
  readonly spice: readonly string[];
  readonly logFormat: LogFormat;
  /** null: what `[log]` says, or else info. */
  readonly logLevel: LogLevel | null;
  /** Where it is written down who came and what they were refused, if that is wanted. */
  readonly auditLog: string | null;
  /** Where the picture of the first display goes, if one is wanted. */
  readonly screenshot: string | null;
}

/** Exit codes of the program. */
export const ExitCode = { ok: 0, failed: 1, usage: 2, cannotListen: 3 } as const;

/** What `--help` prints. */
export const usage = `spice-appliance: a SPICE server with its own graphics card and guests

  spice-appliance [options]        from its sources: deno task start [options]
  spice-appliance connect …        lets a server use this network; see connect --help

  --config FILE        read settings in QEMU's -readconfig format; may be repeated,
                       later files add to earlier ones and override them
  --spice KEY=VALUE,…  settings as behind QEMU's -spice, over those of the files
  --check              print the effective settings and permissions, and end
  --screenshot FILE    write the first display as PNG and end: a recording at its
                       end, a live guest after two seconds
  --hash-password NAME[:ROLE]
                       ask for a password, print the line for [web], and end
  --make-token NAME[:ROLE]
                       make a token for programs, print it and its line, and end;
                       ROLE is viewer, operator (the default) or admin
  --log-format FORMAT  text (the default) or json
  --log-level LEVEL    debug, info (the default), warn or error; over [log]
  --audit-log FILE     write down, as lines of JSON at the end of this file, who came,
                       how they logged in, and what was refused
  --version            print the version, and end
  --man                print the page for man, and end
  --completions SHELL  print what bash, zsh or fish completes, and end
  --keys               print every key of a configuration file, as README.md has
                       them, and end
  --licences           print the licences of all that is inside, and end
  --help               print this, and end

Without --config and --spice: the demo desktop at spice://127.0.0.1:5930, for
everybody on this machine.

Exit codes: 0 all went well, 1 could not start or failed while running, 2 the
command line or the configuration is wrong, 3 cannot listen at the address.
`;

/** Options without a value. */
export const switches = ["check", "help", "version", "keys", "licences", "man"];
const makers = ["hash-password", "make-token"] as const;
/** Options with one. */
export const words = ["config", "spice", "log-format", "log-level", "audit-log", "screenshot"]
  .concat("completions", makers);

/** Reads the arguments; throws a ConfigError with all that is wrong with them. */
export function readCommandLine(args: readonly string[]): Invocation {
  const problems: string[] = [];
  const parsed = parseArgs(args, {
    boolean: switches,
    string: words,
    collect: ["config", "spice"],
    alias: { h: "help", V: "version", licenses: "licences" },
    unknown: (argument) => {
      const known = [...switches, ...words].map((word) => `--${word}`);
      const hint = didYouMean(argument.replace(/=[^]*/, ""), known);
      problems.push(`${argument}: there is no such option${hint}; see --help`);
      return false;
    },
  });
  const list = (name: string): string[] => [parsed[name] ?? []].flat().map(String);
  for (const name of words) {
    if (list(name).includes("")) problems.push(`--${name} needs a value; see --help`);
  }
  for (const word of parsed._) problems.push(`${word}: not an option; see --help`);
  const single = <T>(name: string, read: (text: string) => T): T | undefined => {
    const text = list(name).at(-1);
    if (text === undefined || text === "") return undefined;
    try {
      return read(text);
    } catch (error) {
      problems.push(`--${name} ${error instanceof Error ? error.message : error}`);
    }
  };
  const maker = makers.find((name) => list(name).length > 0);
  const invocation: Invocation = {
    task:
      (["help", "version", "keys", "licences", "man", "check"] as const).find((name) =>
        parsed[name]
      ) ??
        maker ?? (list("completions").length > 0 ? "completions" : "serve"),
    shell: single("completions", oneOf("bash", "zsh", "fish")) ?? null,
    account: maker === undefined ? null : single(maker, account) ?? null,
    files: list("config"),
    spice: list("spice"),
    logFormat: single("log-format", oneOf("text", "json")) ?? "text",
    logLevel: single("log-level", oneOf("debug", "info", "warn", "error")) ?? null,
    auditLog: single("audit-log", String) ?? null,
    screenshot: single("screenshot", String) ?? null,
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return invocation;
}

/** `ann` or `ann:viewer` */
function account(text: string): string {
  if (/^[^:]{1,64}(:(viewer|operator|admin))?$/.test(text)) return text;
  throw new RangeError(`must be a name, or name:role with viewer, operator or admin: "${text}"`);
}
