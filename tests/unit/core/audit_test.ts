import { assertEquals } from "@std/assert";
import { audited } from "../../../core/audit.ts";
import { createLog } from "../../../core/log.ts";

Deno.test("the audit log has who came and what was refused, whatever the level of the other, and no secrets", () => {
  const now = () => new Date("2026-01-01T00:00:00Z");
  const lines: string[] = [], book: string[] = [];
  const sink = (line: string) => void lines.push(line);
  const plain = createLog({ format: "text", level: "error", sink, now });
  const log = audited(plain, (line) => void book.push(line), now);
  log.info("client-connected", { client: 7, from: "192.0.2.1", by: "ticket", password: "x" });
  log.debug("link-refused", { from: "192.0.2.2", code: "needSecured" });
  log.info("net-test", { client: 7 });
  log.error("channel-failed", { client: 7 });
  assertEquals(lines.length, 1);
  assertEquals(book.map((line) => JSON.parse(line)), [
    {
      time: "2026-01-01T00:00:00.000Z",
      level: "info",
      event: "client-connected",
      client: 7,
      from: "192.0.2.1",
      by: "ticket",
      password: "***",
    },
    {
      time: "2026-01-01T00:00:00.000Z",
      level: "info",
      event: "link-refused",
      from: "192.0.2.2",
      code: "needSecured",
    },
  ]);
});
