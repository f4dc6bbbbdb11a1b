import { assertEquals } from "@std/assert";
import { createLog, type LogFormat, type LogLevel } from "../../../core/log.ts";

function logInto(lines: string[], format: LogFormat, level: LogLevel = "info") {
  const now = () => new Date("2026-01-02T03:04:05Z");
  return createLog({ format, level, sink: (line) => lines.push(line), now });
}

Deno.test("an event is one line of text, and strangers' strings cannot make it two", () => {
  const lines: string[] = [];
  const log = logInto(lines, "text");
  log.warn("link-refused", { from: "[::1]:1", reason: new Error("bad\nmagic\x1b[2J"), tries: 3n });
  assertEquals(lines, [
    '2026-01-02T03:04:05.000Z warn  link-refused from=[::1]:1 reason="bad\\nmagic\\u001b[2J" tries=3',
  ]);
});

Deno.test("an event is one JSON object whose time, level and name nobody can overwrite", () => {
  const lines: string[] = [];
  logInto(lines, "json").info("replay-done", { draws: 2, level: "x", bytes: { main: 7n } });
  assertEquals(JSON.parse(lines[0]), {
    time: "2026-01-02T03:04:05.000Z",
    level: "info",
    event: "replay-done",
    draws: 2,
    level_: "x",
    bytes: { main: "7" },
  });
});

Deno.test("secrets are not written, in either format", () => {
  const lines: string[] = [];
  const fields = { password: "hunter2", keyPassword: "hunter2", ticket: "hunter2" };
  logInto(lines, "text").error("x", fields);
  logInto(lines, "json").error("x", fields);
  assertEquals(lines.map((line) => line.includes("hunter2")), [false, false]);
});

Deno.test("events below the level are dropped, and reports never", () => {
  const lines: string[] = [];
  const log = logInto(lines, "text", "error");
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  log.report("replay-done", { draws: 1 });
  assertEquals(lines.length, 2);
  assertEquals(JSON.parse(lines[1]).event, "replay-done");
});
