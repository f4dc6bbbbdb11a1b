/** What the program prints for other programs: its page for man, and what shells complete. */
import { connectSwitches, connectUsage, connectWords } from "./connect.ts";
import { switches, usage, words } from "./command_line.ts";

/** Options whose value is a file. */
const FILES: readonly string[] = ["config", "screenshot", "audit-log", "ca-file", "password-file"];
const VALUES: Readonly<Record<string, readonly string[]>> = {
  "log-format": ["text", "json"],
  "log-level": ["debug", "info", "warn", "error"],
  "completions": ["bash", "zsh", "fish"],
};

/** The shells that are known. */
export type Shell = "bash" | "zsh" | "fish";

/** What `--keys` prints: that chapter of the README. */
export const keysIn = (readme: string): string =>
  /^## Keys\n[^]*?(?=\n## |$(?![^]))/m.exec(readme)![0];

/** man(7): spice-appliance(1), made of what `--help` prints. */
export function manual(version: string): string {
  const [title, , synopsis, ...rest] = usage.split("\n");
  const [, , connecting, ...more] = connectUsage.split("\n");
  const exit = rest.findIndex((line) => line.startsWith("Exit codes:"));
  const codes = rest.splice(exit).map((line) => line.replace("Exit codes: ", ""));
  const described = title.replace(/^spice-appliance: /, "");
  return `.TH SPICE-APPLIANCE 1 "" "${version}"
.SH NAME
spice-appliance \\- ${escaped(described)}
.SH SYNOPSIS
.B ${escaped(synopsis.trim().replace(/ {2,}.*/, ""))}
.PP
.B ${escaped(connecting.trim())}
.SH OPTIONS
${paragraphs(rest.slice(rest.indexOf("") + 1))}
.SH CONNECT
${paragraphs(more.slice(1))}
.SH EXIT STATUS
${paragraphs(codes)}
.SH ENVIRONMENT
.TP
.B SPICE_PASSWORD
the password of connect, where no file has it
.TP
.B CREDENTIALS_DIRECTORY
where systemd puts what LoadCredential= names: secrets with credential = "..."
.PP
Any variable that a secret names by env = "..." is read, and no other.
.SH SIGNALS
.B SIGHUP
reads the configuration again, and the certificates.
.B SIGTERM
and
.B SIGINT
say goodbye to every client and end the program; a second one ends it at once.
.SH CONFIGURATION
.B spice\\-appliance \\-\\-keys
prints every section and key.
.SH SEE ALSO
.BR remote\\-viewer (1),
.BR spicy (1)
`;
}

/** Lines of a usage text as man(7) wants them. */
function paragraphs(lines: readonly string[]): string {
  return lines.map((line) => {
    const [, option, first] = /^ {2}(--\S+(?: \S+)*?)(?: {2,}(\S.*))?$/.exec(line) ?? [];
    if (option !== undefined) {
      return `.TP\n.B ${escaped(option)}${first ? `\n${escaped(first)}` : ""}`;
    }
    if (/^ {3,}\S/.test(line)) return escaped(line.trim());
    return line === "" ? ".PP" : escaped(line);
  }).join("\n").replace(/(\.PP\n)+/g, ".PP\n").replace(/\n\.PP\n*$/, "");
}

const escaped = (text: string) =>
  text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("…", "...");

/** A script for the shell. */
export function completions(shell: Shell): string {
  const options = [...switches, ...words];
  const connect = [...connectSwitches, ...connectWords];
  if (shell === "fish") {
    const all = [...new Set([...options, ...connect])];
    return "complete -c spice-appliance -f -n __fish_use_subcommand -a connect\n" +
      all.map((name) => {
        const values = VALUES[name];
        const what = values
          ? ` -x -a "${values.join(" ")}"`
          : FILES.includes(name)
          ? " -r -F"
          : [...words, ...connectWords].some((word) => word === name)
          ? " -x"
          : "";
        return `complete -c spice-appliance -f -l ${name}${what}\n`;
      }).join("");
  }
  const bash = `_spice_appliance() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  case $before in
${
    Object.entries(VALUES).map(([name, values]) =>
      `    --${name}) COMPREPLY=($(compgen -W "${values.join(" ")}" -- "$word")); return ;;\n`
    ).join("")
  }    ${
    FILES.map((name) => `--${name}`).join("|")
  }) local IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  if [[ \${COMP_WORDS[1]} == connect && COMP_CWORD -gt 1 ]]; then
    COMPREPLY=($(compgen -W "${connect.map((name) => `--${name}`).join(" ")}" -- "$word"))
    return
  fi
  if [[ COMP_CWORD -eq 1 && connect == "$word"* && -n $word ]]; then COMPREPLY=(connect); return; fi
  COMPREPLY=($(compgen -W "${options.map((name) => `--${name}`).join(" ")}" -- "$word"))
}
complete -o filenames -F _spice_appliance spice-appliance
`;
  return shell === "bash" ? bash : `autoload -U +X bashcompinit && bashcompinit\n${bash}`;
}
