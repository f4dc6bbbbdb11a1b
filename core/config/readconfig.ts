/**
 * QEMU's `-readconfig` dialect: text → sections.
 * Source of truth: qemu util/qemu-config.c, qemu_config_foreach. More is allowed here than there: `;` comments, comments behind
 * values, indented section lines, values without quotes when they are one word, and keys that stand several times.
 */
import type { Place, Problems } from "./problems.ts";

/** `[device "video0"]` and the lines below it. */
export interface Section {
  readonly group: string;
  /** null: the section has no name. */
  readonly id: string | null;
  readonly place: Place;
  readonly entries: Entry[];
}

/** `port = "5930"` */
export interface Entry {
  readonly key: string;
  readonly value: string;
  readonly place: Place;
}

const comment = /^\s*(?:[#;].*)?$/;
const header = /^\s*\[\s*([\w.-]+)(?:\s+"([^"]*)")?\s*\]\s*(?:[#;].*)?$/;
const quoted = /^\s*([\w.-]+)\s*=\s*"([^"]*)"\s*(?:[#;].*)?$/;
const bare = /^\s*([\w.-]+)\s*=\s*([^\s"#;\[\]]+)\s*(?:[#;].*)?$/;

/** Reads one file. Bad lines go to `problems`, and reading goes on behind them. */
export function readConfig(text: string, source: string, problems: Problems): Section[] {
  const sections: Section[] = [];
  text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/).forEach((line, index) => {
    const place = { source, line: index + 1 };
    if (comment.test(line)) return;
    const head = header.exec(line);
    if (head !== null) {
      sections.push({ group: head[1], id: head[2] ?? null, place, entries: [] });
      return;
    }
    const entry = quoted.exec(line) ?? bare.exec(line);
    if (entry === null) {
      problems.error(place, whatIsRight(line));
      return;
    }
    const section = sections.at(-1);
    if (section === undefined) {
      problems.error(place, `"${entry[1]}" stands before any section; begin with [spice]`);
      // Its keys are then judged as [spice] keys, so that one mistake is told once.
      sections.push({ group: "spice", id: null, place, entries: [] });
    }
    sections.at(-1)?.entries.push({ key: entry[1], value: entry[2], place });
  });
  return sections;
}

/**
 * `port=5930,disable-ticketing=on`, as behind QEMU's `-spice`.
 * Source of truth: qemu util/qemu-option.c, get_opt_name_value: `,,` is a comma in a value; a word without `=` is "on", `noword` "off".
 */
export function readArgument(
  text: string,
  group: string,
  source: string,
  problems: Problems,
  isFlag: (key: string) => boolean,
): Section {
  const place = { source, line: 0 };
  const entries: Entry[] = [];
  for (const part of text.replaceAll(",,", "\0").split(",")) {
    const [, key, value] = /^([^=]*)(?:=([\s\S]*))?$/.exec(part.replaceAll("\0", ",")) ?? [];
    if (key === undefined || key === "") {
      problems.error(place, `"${part}" has no key; write key=value`);
    } else if (value !== undefined) {
      entries.push({ key, value, place });
    } else if (key.startsWith("no") && !isFlag(key) && isFlag(key.slice(2))) {
      entries.push({ key: key.slice(2), value: "off", place });
    } else if (isFlag(key)) {
      entries.push({ key, value: "on", place });
    } else {
      problems.error(place, `"${key}" needs a value: ${key}=…`);
    }
  }
  return { group, id: null, place, entries };
}

function whatIsRight(line: string): string {
  const text = line.trim();
  const shown = text.length > 60 ? `${text.slice(0, 57)}…` : text;
  // What stands behind the sign may be a password.
  const key = /^([\w.-]+)\s*=/.exec(text)?.[1];
  if (text.startsWith("[")) {
    return `not a section: ${shown}; write [spice] or [device "video0"]`;
  }
  if (key === undefined) {
    const word = /^[\w.-]+/.exec(text)?.[0] ?? "key";
    return `not a setting: write ${word} = "value"`;
  }
  const quotes = text.split('"').length - 1;
  if (quotes === 1) return `"${key}": a quote is missing; write ${key} = "value"`;
  if (quotes > 2) return `"${key}": a value cannot hold quotes; write ${key} = "value"`;
  return `"${key}": write ${key} = "value", with the whole value in quotes`;
}
