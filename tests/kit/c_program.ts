/** What a C compiler says of numbers in installed headers. */

/** A header, how to compile with it, and our value for each C expression. */
export interface Header {
  readonly include: string;
  /** For pkg-config; the package that has the header on Debian. */
  readonly pkg: string;
  readonly debian: string;
  readonly numbers: Record<string, number>;
}

/** What the compiler says of a header's expressions; null, with a reason, when it cannot be asked. */
export function ask({ include, pkg, numbers }: Header): Record<string, number> | string {
  const flags = run("pkg-config", ["--cflags", pkg]);
  if (flags === null) return `pkg-config does not know ${pkg}`;
  const folder = Deno.makeTempDirSync();
  try {
    const lines = Object.keys(numbers).map((expression) =>
      `printf("${expression.replaceAll('"', '\\"')}\\t%lld\\n", (long long)(${expression}));`
    );
    Deno.writeTextFileSync(
      `${folder}/n.c`,
      `#include <stdio.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <${include}>\nint main(void) {\n${
        lines.join("\n")
      }\nreturn 0;\n}\n`,
    );
    const words = flags.trim().split(/\s+/).filter((word) => word !== "");
    if (run("cc", ["-w", ...words, "-o", `${folder}/n`, `${folder}/n.c`]) === null) {
      return `cc does not compile with <${include}>`;
    }
    const out = run(`${folder}/n`, []) ?? "";
    return Object.fromEntries(
      out.trim().split("\n").map((line) => line.split("\t")).map(([name, n]) => [name, Number(n)]),
    );
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function run(command: string, args: string[]): string | null {
  try {
    const { success, stdout } = new Deno.Command(command, { args, stderr: "null" }).outputSync();
    return success ? new TextDecoder().decode(stdout) : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
