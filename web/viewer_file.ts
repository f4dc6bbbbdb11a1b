/** A file for remote-viewer. Source of truth: virt-viewer-file.c; remote-viewer(1), "Connection file". */
import type { SpiceDoors } from "./control.ts";

export interface ViewerFileOptions {
  readonly title: string;
  readonly username?: string;
  readonly password?: string;
}

/** remote-viewer deletes the file when it has read it: the password in it is good once. */
export function viewerFile(doors: SpiceDoors, { title, username, password }: ViewerFileOptions) {
  const { host, port, tlsPort, ca, subject } = doors;
  const lines: [key: string, value: string | number | null | undefined][] = [
    ["type", "spice"],
    ["host", host],
    ["port", port],
    ["tls-port", tlsPort],
    ["username", username],
    ["password", password],
    ["title", title],
    ["ca", tlsPort === null ? null : ca?.trim()],
    ["host-subject", tlsPort === null ? null : subject],
    ["delete-this-file", 1],
  ];
  const said = lines.filter(([, value]) => value !== null && value !== undefined);
  const text = said.map(([key, value]) => `${key}=${escaped(`${value}`)}\n`).join("");
  return `[virt-viewer]\n${text}`;
}

/** GKeyFile: a value is one line; a guest's name may be anything. */
function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\r", "").replaceAll("\n", "\\n")
    // deno-lint-ignore no-control-regex
    .replaceAll(/[\0-\x1f\x7f]/g, " ").replace(/^ /, "\\s");
}
