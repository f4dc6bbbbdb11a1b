import { assertEquals } from "@std/assert";
import { readCommandLine } from "../../../../core/config/command_line.ts";
import { ConfigError } from "../../../../core/config/problems.ts";

function mistakes(...args: string[]): readonly string[] {
  try {
    return [`understood: ${JSON.stringify(readCommandLine(args))}`];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

Deno.test("the command line keeps files and --spice in their order", () => {
  const args = "--config a.cfg --spice port=1,password=a=b --config=b.cfg --spice=sasl --check";
  assertEquals(readCommandLine(args.split(" ")), {
    task: "check",
    account: null,
    files: ["a.cfg", "b.cfg"],
    spice: ["port=1,password=a=b", "sasl"],
    logFormat: "text",
    logLevel: null,
    shell: null,
    auditLog: null,
    screenshot: null,
  });
});

Deno.test("--help and --version win over everything that would run", () => {
  assertEquals(readCommandLine(["--check", "-h"]).task, "help");
  assertEquals(readCommandLine(["-V", "--check"]).task, "version");
});

Deno.test("--hash-password and --make-token take a name, and a role that there is", () => {
  const { task, account } = readCommandLine(["--hash-password", "ann:admin"]);
  assertEquals([task, account], ["hash-password", "ann:admin"]);
  assertEquals(readCommandLine(["--make-token=grafana"]).task, "make-token");
  assertEquals(mistakes("--make-token", "ann:root"), [
    '--make-token must be a name, or name:role with viewer, operator or admin: "ann:root"',
  ]);
});

Deno.test("a mistake on the command line is told with what is near", () => {
  assertEquals(
    mistakes("--confg", "a.cfg").at(0),
    '--confg: there is no such option (did you mean "--config"?); see --help',
  );
  assertEquals(mistakes("--spice"), ["--spice needs a value; see --help"]);
  assertEquals(mistakes("--screenshot="), ["--screenshot needs a value; see --help"]);
  assertEquals(mistakes("--log-format", "xml"), [
    '--log-format must be "text" or "json", not "xml"',
  ]);
  assertEquals(mistakes("--", "a.cfg"), ["a.cfg: not an option; see --help"]);
});
