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
  assertEquals(options.audio?.input, null);
  const table = permissionsOf(options, [], null).filter(({ target }) => target === "/run/p");
  assertEquals(table.map(({ name, until }) => [name, until]), [["read", "end"], ["write", "end"]]);
});

Deno.test("what cannot be heard is named with what would be right", () => {
  const cases: [string, string][] = [
    [`${socket}[audiodev]\nchardev = "s"`, 'main.cfg:4: an audiodev needs driver = "pcm"'],
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
