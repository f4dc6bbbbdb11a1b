import { assertEquals, assertRejects } from "@std/assert";
import { Power } from "../../../../../qxl/drivers/rfb/power.ts";
import { Qmp } from "../../../../../qxl/drivers/rfb/qmp.ts";
import { duplexPair } from "../../../../kit/duplex_pair.ts";
import { FakeClock } from "../../../../kit/fake_clock.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("QEMU's monitor is greeted, asked and heard, and its loss is told", async () => {
  const [ours, theirs] = duplexPair();
  const { promise: lost, resolve } = Promise.withResolvers<void>();
  const qmp: Qmp = new Qmp(() => Promise.resolve(ours), () => {
    qmp.close();
    resolve();
    return Promise.resolve();
  }, new FakeClock());
  const power = new Power(qmp);
  const states: string[] = [];
  power.onState((state) => states.push(state));
  const running = qmp.run();
  const asked: string[] = [];
  const answers: Record<string, unknown> = {
    "qmp_capabilities": { return: {} },
    "query-status": { return: { running: true, status: "running" } },
    "system_reset": { error: { class: "GenericError", desc: "not now" } },
  };
  const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
  const serving = (async () => {
    await theirs.write(bytes('{"QMP": {"version": {}}}\r\n'));
    const buffer = new Uint8Array(4096);
    for (;;) {
      const n = await theirs.read(buffer).catch(() => null);
      if (n === null) return;
      for (const line of new TextDecoder().decode(buffer.subarray(0, n)).trim().split("\n")) {
        const { execute, id } = JSON.parse(line);
        asked.push(execute);
        await theirs.write(bytes(JSON.stringify({ ...answers[execute] as object, id }) + "\n"));
        if (execute === "query-status") settle();
      }
    }
  })();
  await settled;
  await assertRejects(() => power.reset(), Error, "QEMU refuses: not now");
  await theirs.write(bytes('{"event": "STOP", "timestamp": {}}\n{"event": "RES'));
  await theirs.write(bytes('UME"}\n{"event": "SHUTDOWN", "data": {"guest": true}}\n'));
  await theirs.write(bytes("no JSON\n"));
  await lost;
  await running;
  theirs.close();
  await serving;
  assertEquals(asked, ["qmp_capabilities", "query-status", "system_reset"]);
  assertEquals(states, ["running", "paused", "running", "off"]);
  await assertRejects(() => qmp.execute("quit"), Error, "is not there");
});

Deno.test("a command that QEMU does not answer in five seconds is over, and the next is answered", async () => {
  const [ours, theirs] = duplexPair();
  const clock = new FakeClock();
  const qmp: Qmp = new Qmp(() => Promise.resolve(ours), () => Promise.resolve(), clock);
  const connected = new Promise<void>((resolve) => qmp.onEvent(() => resolve()));
  const running = qmp.run();
  const buffer = new Uint8Array(4096);
  const heard = async () => {
    const n = await theirs.read(buffer);
    return JSON.parse(new TextDecoder().decode(buffer.subarray(0, n!)));
  };
  const answer = (id: number) => theirs.write(bytes(`{"return": ${id}, "id": ${id}}\n`));
  await theirs.write(bytes('{"QMP": {}}\n'));
  await answer((await heard()).id);
  await connected;
  const late = assertRejects(() => qmp.execute("query-pci"), Error, "not answer query-pci within");
  const { id } = await heard();
  clock.advance(5000);
  await late;
  const next = qmp.execute("query-status");
  const second = await heard();
  await answer(id);
  await answer(second.id);
  assertEquals(await next, second.id);
  assertEquals(clock.planned, 0);
  qmp.close();
  await running;
});
