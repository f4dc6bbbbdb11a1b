import { assertEquals } from "@std/assert";
import { connectUsage, consentText, readConnect } from "../../../../core/config/connect.ts";
import { describeOptions } from "../../../../core/config/describe.ts";
import { permissionsOf } from "../../../../core/config/permissions.ts";
import { ConfigError } from "../../../../core/config/problems.ts";
import { load, mistakesOf } from "./kit.ts";

const section = `[tunnel "printer"]
  listen = "127.0.0.1:9100"
  target = "printer.lan:9100"
`;

Deno.test("a tunnel is a place to listen at and a target in the client's network", () => {
  const { options } = load({ "main.cfg": section });
  assertEquals(options.tunnels, [{
    name: "printer",
    listen: { host: "127.0.0.1", port: 9100 },
    target: { host: "printer.lan", port: 9100 },
  }]);
  assertEquals(load({ "main.cfg": "[guest]\n" }).options.tunnels, []);
  // what --check prints says the same
  const again = load({ "main.cfg": describeOptions(options) });
  assertEquals(again.options.tunnels, options.tunnels);
});

Deno.test("the server may listen for a tunnel until it does, and never connect to the target", () => {
  const { options } = load({ "main.cfg": section });
  const rows = permissionsOf(options, [], null).filter(({ target }) => target.includes("9100"));
  assertEquals(rows.map(({ name, target, until }) => [name, target, until]), [
    ["net", "127.0.0.1:9100", "start"],
  ]);
});

Deno.test("what is wrong with a tunnel is told by its place", () => {
  assertEquals(mistakesOf(`[tunnel]\nlisten = "127.0.0.1:1"\ntarget = "a:1"\n`), [
    `main.cfg:1: a tunnel needs a name of letters, digits, ".", "_" and "-": [tunnel "printer"]`,
  ]);
  assertEquals(mistakesOf(`[tunnel "p"]\nlisten = "127.0.0.1:1"\n`), [
    `main.cfg:1: [tunnel "p"] needs target = "printer.lan:9100"`,
  ]);
  assertEquals(mistakesOf(`[tunnel "p"]\nlisten = "9100"\ntarget = "unix:/run/x"\n`), [
    `main.cfg:2: listen: must be "unix:/path" or "host:port", not "9100"`,
    `main.cfg:3: target: must be "host:port" in the client's network, not "unix:/run/x"`,
  ]);
  assertEquals(mistakesOf(section + section.replace("printer", "scanner")), [
    `[tunnel "printer"] and "scanner" listen at the same place`,
  ]);
});

const connect = (line: string) => readConnect(line.split(" "));

Deno.test("connect names a server and what it may reach", () => {
  assertEquals(
    connect("spice://host:5930 --tunnel printer=printer.lan:9100 --tunnel lpd=[fe80::1]:515 --yes"),
    {
      host: "host",
      port: 5930,
      tls: false,
      tunnels: [
        { name: "printer", host: "printer.lan", port: 9100 },
        { name: "lpd", host: "fe80::1", port: 515 },
      ],
      yes: true,
      caFile: null,
      passwordFile: null,
      logFormat: "text",
    },
  );
  assertEquals(connect("--tunnel p=a:1 spice+tls://[::1]:5931 --ca-file ca.pem")?.tls, true);
  assertEquals(connect("--help"), null);
  for (const option of connectUsage.matchAll(/^ {2}(--[\w-]+)/gm)) {
    assertEquals(connectUsage.includes(option[1]), true);
  }
});

Deno.test("connect says what is wrong with its arguments, all at once", () => {
  const wrong = (line: string) => {
    try {
      return [JSON.stringify(connect(line))];
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
  };
  assertEquals(wrong("vnc://host --tunnel printer --tunel x"), [
    '--tunel: connect has no such option (did you mean "--tunnel"?); see connect --help',
    '--tunnel must be like printer=printer.lan:9100, not "printer"',
    'the server must be spice://host:port or spice+tls://host:port, not "vnc://host"',
  ]);
  assertEquals(wrong("--tunnel p=a:1 --tunnel p=b:1 --yes"), [
    "--tunnel p stands twice",
    "connect needs spice://host:port; see connect --help",
  ]);
  assertEquals(wrong("spice://h:1 --tunnel p=a --ca-file c"), [
    '--tunnel p: must be "unix:/path" or "host:port", not "a"',
    "--ca-file is for spice+tls://, and spice://h:1 is not inside TLS",
  ]);
});

Deno.test("a person is asked in words that name the target and who reaches it", () => {
  const text = consentText("my-host:5930", { name: "printer", host: "printer.lan", port: 9100 });
  for (const word of ["my-host:5930", "printer.lan:9100", "Ctrl+C", "[y/N]"]) {
    assertEquals(text.includes(word), true, word);
  }
});
