import { assertEquals } from "@std/assert";
import { Problems } from "../../../../core/config/problems.ts";
import { readArgument, readConfig } from "../../../../core/config/readconfig.ts";
import { isSpiceFlag } from "../../../../core/config/spice.ts";
import { mistakesOf } from "./kit.ts";

/** Group, name, and the keys with their values, as short text. */
function outline(text: string): string[] {
  const problems = new Problems();
  const sections = readConfig(text, "x.cfg", problems);
  problems.throwIfAny();
  return sections.map(({ group, id, entries }) =>
    `${group}/${id}: ${entries.map(({ key, value }) => `${key}=${value}`).join(" ")}`
  );
}

Deno.test("readconfig keeps sections, repeated sections and repeated keys apart and in order", () => {
  const text = `
[spice]
  tls-channel = "main"
  tls-channel = "inputs"
[device "video0"]
  driver = "qxl-vga"
[device]
driver="qxl"
[chardev "two.dots"]
	name = "a b"`;
  assertEquals(outline(text), [
    "spice/null: tls-channel=main tls-channel=inputs",
    "device/video0: driver=qxl-vga",
    "device/null: driver=qxl",
    "chardev/two.dots: name=a b",
  ]);
});

Deno.test("readconfig reads comments, blank lines, any line end and a byte order mark", () => {
  const text = '\ufeff# a\r\n  ; b\n\n[spice] # c\r\nport = "1"   ; d\r  addr = "#;=" # "e"\n';
  assertEquals(outline(text), ["spice/null: port=1 addr=#;="]);
});

Deno.test("readconfig reads empty values, and words without quotes", () => {
  assertEquals(outline('[spice]\nport = 5930 # p\naddr=""'), ["spice/null: port=5930 addr="]);
});

Deno.test("a bad line is told by file and line, with what would be right", () => {
  const cases = [
    ["[spice", '1: not a section: [spice; write [spice] or [device "video0"]'],
    ["[spice video0]", '1: not a section: [spice video0]; write [spice] or [device "video0"]'],
    ["[spice]\ndisable-ticketing", '2: not a setting: write disable-ticketing = "value"'],
    ['[spice]\nport = "5930', '2: "port": a quote is missing; write port = "value"'],
    ["[spice]\nport = 59 30", '2: "port": write port = "value", with the whole value in quotes'],
    ['[spice]\nport = "5" 9"', '2: "port": a value cannot hold quotes; write port = "value"'],
    ['port = "5930"', '1: "port" stands before any section; begin with [spice]'],
  ];
  for (const [text, said] of cases) assertEquals(mistakesOf(text)[0], `main.cfg:${said}`);
});

Deno.test("a bad line never shows a value, which may be a password", () => {
  const said = mistakesOf('[spice]\npassword = "hunter2\nx509-key-password = hunter2 x').join("\n");
  assertEquals(said.includes("hunter2"), false);
});

Deno.test("--spice is read as QEMU reads it: doubled commas, lone flags, flags with no", () => {
  const problems = new Problems();
  const text = "port=5930,disable-ticketing,password=a,,b=c,noipv6,gl=off";
  const { entries } = readArgument(text, "spice", "--spice", problems, isSpiceFlag);
  problems.throwIfAny();
  assertEquals(entries.map(({ key, value }) => `${key}=${value}`), [
    "port=5930",
    "disable-ticketing=on",
    "password=a,b=c",
    "ipv6=off",
    "gl=off",
  ]);
});

Deno.test("--spice says what is missing", () => {
  assertEquals(mistakesOf("[spice]", ["port,=3,port=1"]), [
    '--spice: "port" needs a value: port=…',
    '--spice: "=3" has no key; write key=value',
  ]);
});
