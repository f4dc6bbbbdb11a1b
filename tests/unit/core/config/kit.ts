/** A configuration host whose files are strings. */
import { type ConfigHost, loadConfig, type LoadedConfig } from "../../../../core/config/load.ts";
import { ConfigError } from "../../../../core/config/problems.ts";

/** Loads `main.cfg` and whatever other files are given; every file is readable. */
export function load(
  files: Record<string, string>,
  { use = Object.keys(files), spice = [], variables = {} as Record<string, string> }: {
    use?: string[];
    spice?: string[];
    variables?: Record<string, string>;
  } = {},
): LoadedConfig {
  const host: ConfigHost = {
    readText(path) {
      const text = files[path];
      if (text === undefined) throw new Error(`${path}: there is no such file`);
      return text;
    },
    readable: (path) => Object.hasOwn(files, path),
    variable: (name) => variables[name],
  };
  return loadConfig({ files: use, spice }, host);
}

/** The mistakes of one file; none: the test is wrong. */
export function mistakesOf(text: string, spice: string[] = []): readonly string[] {
  try {
    load({ "main.cfg": text }, { spice });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error(`loads without a mistake:\n${text}`);
}
