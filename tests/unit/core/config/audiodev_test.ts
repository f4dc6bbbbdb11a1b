import { assertEquals } from "@std/assert";
import { describeOptions } from "../../../../core/config/describe.ts";
import { permissionsOf } from "../../../../core/config/permissions.ts";
import { load, mistakesOf } from "./kit.ts";

const door = '[spice]\nport = "5930"\ndisable-ticketing = "on"\n';
const socket = '[chardev "s"]\nbackend = "socket"\npath = "/run/s"\n';
const pipe = '[chardev "p"]\nbackend = "pipe"\npath = "/run/p"\n';

Deno.test("sound comes through a socket, in QEMU's words, and goes back where a microphone is wished for", () => {
  const { options, warnings } = load({
    "a.cfg": `${door}${socket}[audiodev "snd0"]\ndriver = "pcm"\nchardev = "s"
out.frequency = "44100"\nout.channels = "1"\nout.format = "s16"\nmicrophone = "on"\nin.frequency = "16000"`,
  });
  assertEquals(warnings, []);
  assertEquals(options.audio, {
    id: "snd0",
    driver: "pcm",
    chardev: "s",
    output: { frequency: 44100, channels: 1 },
    input: { frequency: 16000, channels: 2 },
  });
  const again = load({ "b.cfg": describeOptions(options).replace(/^.*\*\*\*.*$/gm, "") });
  assertEquals(again.options.audio, options.audio);
});

Deno.test("a pipe is read, and may be nothing but read", () => {
  const { options, warnings } = load({
    "a.cfg": `${door}${pipe}[audiodev]\ndriver = "pcm"\nchardev = "p"\nin.channels = "1"`,
  });
  assertEquals(warnings, ['a.cfg:10: in.channels has no effect: microphone is "off"']);
  assertEquals(options.audio?.driver === "pcm" && options.audio.input, null);
  const table = permissionsOf(options, [], null).filter(({ target }) => target === "/run/p");
  assertEquals(table.map(({ name, until }) => [name, until]), [["read", "end"], ["write", "end"]]);
});

Deno.test("a sound server is named by its socket, its cookie and its sinks", () => {
  const { options, warnings } = load({
    "a.cfg": `${door}[audiodev "snd0"]\ndriver = "pa"\nserver = "unix:/run/pulse/native"
cookie = "cookie"\nout.name = "spice"\nmicrophone = "on"\nin.name = "ear"\nout.frequency = "44100"`,
    "cookie": "",
  }, { use: ["a.cfg"] });
  assertEquals(warnings, [
    'a.cfg:11: out.frequency has no effect: PulseAudio converts; it belongs to driver = "pcm"',
  ]);
  assertEquals(options.audio, {
    id: "snd0",
    driver: "pa",
    server: { path: "/run/pulse/native" },
    cookieFile: "cookie",
    sink: "spice",
    ear: "ear",
  });
  const again = load(
    { "b.cfg": describeOptions(options).replace(/^.*\*\*\*.*$/gm, ""), "cookie": "" },
    { use: ["b.cfg"] },
  );
  assertEquals(again.options.audio, options.audio);
  const table = permissionsOf(options, [], null).filter(({ target }) =>
    /pulse|cookie/.test(target)
  );
  assertEquals(table.map(({ name, target, until }) => [name, target, until]), [
    ["net", "unix:/run/pulse/native", "end"],
    ["read", "/run/pulse/native", "end"],
    ["write", "/run/pulse/native", "end"],
    ["read", "cookie", "end"],
  ]);
});

Deno.test("without names the default sink is heard, and nobody listens", () => {
  const { options, warnings } = load({
    "a.cfg": `${door}[audiodev]\ndriver = "pa"\nserver = "127.0.0.1:4713"\nin.name = "ear"`,
  });
  assertEquals(warnings, ['a.cfg:7: in.name has no effect: microphone is "off"']);
  assertEquals(options.audio, {
    id: "audiodev0",
    driver: "pa",
    server: { host: "127.0.0.1", port: 4713 },
    cookieFile: null,
    sink: null,
    ear: null,
  });
});

Deno.test("what cannot be heard is named with what would be right", () => {
  const cases: [string, string][] = [
    [`${socket}[audiodev]\nchardev = "s"`, 'main.cfg:4: an audiodev needs driver = "pcm" or "pa"'],
    [
      `[audiodev]\ndriver = "pcm"`,
      'main.cfg:1: an audiodev needs chardev = "…", the name of a [chardev] that is a socket or a pipe',
    ],
    [
      `[audiodev]\ndriver = "pcm"\nchardev = "x"`,
      'main.cfg:3: there is no [chardev "x"]',
    ],
    [
      `${pipe}[audiodev]\ndriver = "pcm"\nchardev = "p"\nmicrophone = "on"`,
      "main.cfg:7: a microphone needs a [chardev] that is a socket: a pipe goes one way",
    ],
    [
      `${socket}[audiodev "a"]\ndriver = "pcm"\nchardev = "s"\n[audiodev "b"]\ndriver = "pcm"`,
      "main.cfg:7: a guest has one [audiodev]; this is a second one",
    ],
    [
      `${socket}[audiodev]\ndriver = "pcm"\nchardev = "s"
[device]\ndriver = "virtserialport"\nname = "x"\nchardev = "s"`,
      '[chardev "s"] is used by two; each needs one of its own',
    ],
    [
      `[audiodev]\ndriver = "pa"`,
      'main.cfg:1: driver = "pa" needs server = "unix:/run/user/1000/pulse/native"',
    ],
    [
      `[audiodev]\ndriver = "pa"\nserver = "/run/pulse"`,
      'main.cfg:3: server: must be "unix:/path" or "host:port", not "/run/pulse"',
    ],
    [
      `[audiodev]\ndriver = "pa"\nserver = "unix:/run/p"\ncookie = "/nowhere"`,
      "main.cfg:4: /nowhere cannot be read",
    ],
    [
      `[audiodev]\ndriver = "pa"\nserver = "unix:/run/p"\nmicrophone = "on"`,
      'main.cfg:4: a microphone needs in.name = "…", the sink that it is played into',
    ],
    [
      `[audiodev]\ndriver = "pa"\nserver = "unix:/run/p"\nout.name = "a"\nmicrophone = "on"\nin.name = "a"`,
      'main.cfg:6: "a" is out.name, too; a microphone needs another sink than what is heard',
    ],
    [
      `${pipe}[device]\ndriver = "virtserialport"\nname = "x"\nchardev = "p"`,
      '[chardev "p"] is a pipe, which goes one way; "x" needs two',
    ],
  ];
  for (const [text, mistake] of cases) assertEquals(mistakesOf(text), [mistake]);
  assertEquals(
    mistakesOf(`${socket}[audiodev]\ndriver = "pcm"\nchardev = "s"\nout.frequency = "44000"`)[0]
      .startsWith("main.cfg:7: out.frequency: must be "),
    true,
  );
});
