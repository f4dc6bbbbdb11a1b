import { assertEquals } from "@std/assert";
import { serveGuest } from "../../../channels/serve.ts";
import { defaultOptions, type TicketOptions } from "../../../core/config/options.ts";
import { FakeClock } from "../../kit/fake_clock.ts";
import { FakeGuest } from "../../kit/fake_guest.ts";
import { FakeLog } from "../../kit/linked.ts";

/** A guest behind this ticket, on a free port; `reload` reads the same file again, but for what it is given. */
async function serve(tickets: TicketOptions) {
  const clock = new FakeClock();
  const images = { ...defaultOptions.images, compression: "off", streamingVideo: "off" } as const;
  const options = {
    ...defaultOptions,
    images,
    tickets,
    listen: { ...defaultOptions.listen, port: 0 },
  };
  const serving = await serveGuest(new FakeGuest(), options, new FakeLog(), clock);
  return {
    clock,
    tickets: serving.tickets!,
    reload: (more: Partial<typeof options>) =>
      serving.reload(structuredClone({ ...options, ...more })),
    [Symbol.asyncDispose]: () => serving.close(),
  };
}

const limits = { ...defaultOptions.limits, clients: 6 };

Deno.test("a reload that changes other things leaves the password that was set meanwhile", async () => {
  const ticket = { disabled: false, password: "leaked", expires: null };
  await using served = await serve(ticket);
  const opens = async (...all: string[]) =>
    await Promise.all(all.map((password) => served.tickets.isCurrent(password)));
  served.tickets.setTicket("rotated");
  served.reload({ limits });
  assertEquals(await opens("leaked", "rotated"), [false, true]);
  served.tickets.clear();
  served.reload({ limits });
  assertEquals(await opens("leaked", "rotated"), [false, false]);
  served.reload({ tickets: { ...ticket, password: "new" } });
  assertEquals(await opens("leaked", "rotated", "new"), [false, false, true]);
});

Deno.test("a ticket's hour does not begin anew with every reload", async () => {
  const ticket = { disabled: false, password: "sesame", expires: { seconds: 3600 } };
  await using served = await serve(ticket);
  served.clock.advance(1_800_000);
  served.reload({ limits });
  assertEquals(served.tickets.until! - served.clock.now(), 1_800_000);
  served.reload({ tickets: { ...ticket, expires: { seconds: 7200 } } });
  assertEquals(served.tickets.until! - served.clock.now(), 7_200_000);
});
