/** Any text is either a configuration or a list of mistakes with their places. */
import { assert, assertMatch } from "@std/assert";
import { seeded } from "../../core/binary/random.ts";
import { readCommandLine } from "../../core/config/command_line.ts";
import { describeOptions } from "../../core/config/describe.ts";
import { loadConfig } from "../../core/config/load.ts";
import { ConfigError } from "../../core/config/problems.ts";

const words = `[spice] [guest] [device] [device "video0"] [chardev "c"] [object "s"] [sasl] [ticket]
  port = "5930" tls-port = "1" addr = "::" unix = "on" password = "p" password-secret = "s"
  disable-ticketing = "on" tls-channel = "main" plaintext-channel = "default" sasl = "on" file = "f"
  qom-type = "secret" data = "eA==" format = "base64" user = "a:SCRAM-SHA-256$4096:eA==$eA==:eA=="
  expires = "+1" driver = "replay" driver = "qxl-vga" driver = "virtserialport" name = "n" nr = "1"
  chardev = "c" backend = "socket" backend = "spicevmc" path = "/p" ram_size = "0" vgamem = "999G"
  revision = "9" xres = "1" max_outputs = "-1" uuid = "0" id = "video0" # ; = " constructor = "x"
  __proto__ = "x" toString = "x" ,, on`.split(/ (?=[\w[#;=",])(?!= ?")|\n/);

Deno.test("no configuration and no command line does anything but load or name its mistakes", () => {
  const random = seeded(2011);
  const host = {
    readText: (path: string) => {
      if (path === "a.cfg") return text;
      throw new Error(`${path}: there is no such file`);
    },
    readable: () => random.below(2) === 0,
    variable: () => random.below(2) === 0 ? undefined : "x",
  };
  let text = "";
  let loaded = 0;
  const judged = (work: () => void) => {
    try {
      work();
    } catch (error) {
      const about = `on ${JSON.stringify(text)}`;
      if (!(error instanceof ConfigError)) throw new Error(about, { cause: error });
      for (const problem of error.problems) assertMatch(problem, /\S/, about);
    }
  };
  for (let i = 0; i < 20_000; i++) {
    const some = () => words[random.below(words.length)];
    text = random.below(2) === 0 ? "" : '[spice]\nport = "5930"\ndisable-ticketing = "on"\n';
    text += Array.from({ length: random.below(8) }, some).join("\n");
    if (random.below(3) === 0) {
      const at = random.below(text.length + 1);
      text = text.slice(0, at) + String.fromCharCode(random.below(300)) + text.slice(at + 1);
    }
    judged(() => {
      const spice = random.below(4) > 0 ? [] : [text.replaceAll("\n", ",")];
      describeOptions(loadConfig({ files: ["a.cfg"], spice }, host).options);
      loaded++;
    });
    judged(() => void readCommandLine(text.split(/\s+/).flatMap((word) => [`--${some()}`, word])));
  }
  assert(loaded > 1000);
});
