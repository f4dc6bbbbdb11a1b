import { assert, assertEquals } from "@std/assert";
import { connectSwitches, connectWords } from "../../../../core/config/connect.ts";
import { switches, words } from "../../../../core/config/command_line.ts";
import { completions, keysIn, manual } from "../../../../core/config/manual.ts";
import { needs, run } from "../../../kit/peers.ts";

const all = [...switches, ...words].map((name) => `--${name}`);
const connect = [...connectSwitches, ...connectWords].map((name) => `--${name}`);

Deno.test("--keys has the README's chapter of keys, and no other", () => {
  const readme = Deno.readTextFileSync(new URL("../../../../README.md", import.meta.url));
  const keys = keysIn(readme), chapters = keys.match(/^## .*/gm);
  assertEquals(chapters, ["## Keys"]);
  for (const key of ["`tls-channel`", "`driver`", "`listen`"]) assert(keys.includes(key), key);
});

Deno.test("the page for man has every option", () => {
  const page = manual("spice-appliance 1.2.3").replaceAll("\\-", "-");
  assertEquals([...all, ...connect].filter((option) => !page.includes(`\n.B ${option}`)), []);
});

Deno.test({
  name: "man's own checker finds nothing wrong with the page",
  ...needs("groff"),
  async fn() {
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, manual("spice-appliance 1.2.3"));
    const { err, out } = await run("groff", ["-man", "-ww", "-Tascii", file]);
    await Deno.remove(file);
    assertEquals(err, "");
    assert(out.includes("General Commands Manual"));
  },
});

Deno.test({
  name: "bash completes options and their values",
  ...needs("bash"),
  async fn() {
    const complete = async (...line: string[]) => {
      const script = `${completions("bash")}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _spice_appliance; printf '%s\n' "\${COMPREPLY[@]}"`;
      return (await run("bash", ["-c", script, "-", "spice-appliance", ...line])).out.trim().split(
        "\n",
      );
    };
    assertEquals(await complete("--log-format", ""), ["text", "json"]);
    assertEquals(await complete("--audit"), ["--audit-log"]);
    assertEquals((await complete("--")).toSorted(), all.toSorted());
    assertEquals(await complete("con"), ["connect"]);
    assertEquals(await complete("connect", "--tun"), ["--tunnel"]);
    assertEquals((await complete("connect", "--")).toSorted(), connect.toSorted());
  },
});

Deno.test("fish and zsh are told every option", () => {
  const fish = completions("fish"), zsh = completions("zsh");
  const each = [...all, ...connect];
  assertEquals(each.filter((option) => !fish.includes(` -l ${option.slice(2)}`)), []);
  assertEquals(each.filter((option) => !zsh.includes(option)), []);
});
