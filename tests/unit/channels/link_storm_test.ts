/** Clients that mean harm, or are broken, on real sockets: those who mean well do not notice. */
import { assert, assertEquals } from "@std/assert";
import net from "node:net";
import { type LinkPolicy, linkStage } from "../../../channels/link_stage.ts";
import { listen, type Listening, type ListenOptions } from "../../../channels/listen.ts";
import type { Duplex } from "../../../core/link/duplex.ts";
import { readExactly, writeAll } from "../../../core/link/exact.ts";
import { clientCommonCaps, connectLink, encryptTicket } from "../../../core/link/connect.ts";
import { linkMessage, LinkRefused } from "../../../core/link/handshake.ts";
import { Throttle } from "../../../core/link/throttle.ts";
import { Tickets } from "../../../core/link/ticket.ts";
import { Capabilities } from "../../../core/protocol/capabilities.ts";
import { duplexPair } from "../../kit/duplex_pair.ts";

const now = () => performance.now();
const hello = linkMessage({
  connectionId: 0,
  channelType: 1,
  channelId: 0,
  commonCaps: clientCommonCaps,
  channelCaps: Capabilities.of(),
});

interface Door extends Listening {
  readonly port: number;
  /** How links ended: "linked", or what refused them. */
  readonly ends: string[];
  /** Tickets that were looked at. */
  readonly checked: number;
}

function policy(): LinkPolicy & { checked: number } {
  const tickets = new Tickets({ now });
  tickets.setTicket("sesame");
  const check = tickets.check.bind(tickets);
  const rules = {
    tickets,
    checked: 0,
    offered: () => Capabilities.of(0),
    channelSecurity: () => "any" as const,
    sessionKnown: () => false,
    throttle: new Throttle({ now }),
    sleep: () => Promise.resolve(),
  };
  tickets.check = (...args) => (rules.checked++, check(...args));
  return rules;
}

/** Listens, links whoever comes, and then waits for them to leave. */
async function door(options: Partial<ListenOptions> = {}): Promise<Door> {
  const rules = policy();
  await rules.tickets.keys.prepare();
  const ends: string[] = [];
  const listening = await listen(
    { at: [{ host: "127.0.0.1", port: 0 }], ...options },
    async (duplex, arrival) => {
      try {
        await linkStage(duplex, { ...rules, deadline: arrival.deadline });
        ends.push("linked");
        arrival.leave();
        while (await duplex.read(new Uint8Array(100)) !== null);
      } catch (error) {
        ends.push((error as Error).name);
      }
      arrival.leave();
      duplex.close();
    },
  );
  const [address] = listening.addresses;
  return Object.assign(listening, {
    port: "port" in address ? address.port : 0,
    ends,
    get checked() {
      return rules.checked;
    },
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; !condition(); i++) {
    if (i === 1000) throw new Error("It did not come true");
    await new Promise((wake) => setTimeout(wake, 10));
  }
}

async function linksProperly(port: number): Promise<boolean> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port }) as unknown as Duplex;
  const connected = await connectLink(conn, { channelType: 1, password: "sesame" });
  conn.close();
  return connected.mini;
}

/** A client that ends with RST, not FIN. */
class Rude {
  readonly #socket: net.Socket;
  readonly #connected: Promise<void>;
  #heard = 0;
  #wake = () => {};
  constructor(port: number) {
    const socket = this.#socket = net.connect(port, "127.0.0.1");
    this.#connected = new Promise((resolve) => socket.once("connect", resolve));
    socket.on("error", () => {});
    socket.on("data", (bytes: Uint8Array) => {
      this.#heard += bytes.length;
      this.bytes.push(...bytes);
      this.#wake();
    });
  }
  readonly bytes: number[] = [];
  async say(bytes: Uint8Array): Promise<void> {
    await this.#connected;
    this.#socket.write(bytes);
  }
  async hear(n: number): Promise<void> {
    while (this.#heard < n) await new Promise<void>((wake) => this.#wake = wake);
  }
  async reset(): Promise<void> {
    await this.#connected;
    this.#socket.resetAndDestroy();
  }
}

const states: ((client: Rude) => Promise<void>)[] = [
  () => Promise.resolve(),
  (client) => client.say(hello.subarray(0, 3)),
  (client) => client.say(hello.subarray(0, 10)),
  (client) => client.say(hello.subarray(0, 20)),
  (client) => client.say(hello),
  async (client) => {
    await client.say(hello);
    await client.hear(202);
  },
  async (client) => {
    await client.say(hello);
    await client.hear(202);
    await client.say(new Uint8Array([1, 0, 0, 0, 5]));
  },
  async (client) => {
    await client.say(hello);
    await client.hear(202);
    await client.say(new Uint8Array([1, 0, 0, 0, ...new Uint8Array(128)]));
  },
  async (client) => {
    await client.say(hello);
    await client.hear(202);
    const ticket = await encryptTicket(new Uint8Array(client.bytes.slice(20, 182)), "sesame");
    await client.say(new Uint8Array([1, 0, 0, 0, ...ticket]));
    await client.hear(206);
  },
  (client) => client.say(new TextEncoder().encode("GET / HTTP/1.1\r\nUpgrade: ")),
  (client) => client.say(new Uint8Array(100).fill(255)),
];

Deno.test("RST in every state of the link, in a storm of connects, harms nobody", async () => {
  const server = await door();
  for (let round = 0; round < 20; round++) {
    await Promise.all(states.map(async (reach) => {
      const client = new Rude(server.port);
      await reach(client);
      await client.reset();
    }));
    if (round % 5 === 0) assert(await linksProperly(server.port));
  }
  assert(await linksProperly(server.port));
  await until(() => server.waiting === 0);
  assert(server.ends.filter((end) => end === "linked").length >= 20);
  server.close();
});

Deno.test("500 connections that stop inside the link are gone after the deadline; proper clients link meanwhile", async () => {
  const server = await door({ deadlineMs: 2000 });
  const half: Deno.Conn[] = [];
  for (let i = 0; i < 500; i++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await conn.write(hello.subarray(0, i % (hello.length + 1))).catch(() => {});
    half.push(conn);
    if (i % 100 === 99) assert(await linksProperly(server.port));
  }
  await until(() => server.waiting === 0);
  for (const conn of half) {
    const end = (async () => {
      const some = new Uint8Array(300);
      while (await conn.read(some) !== null);
    })();
    await end.catch(() => {});
    conn.close();
  }
  assert(await linksProperly(server.port));
  server.close();
});

Deno.test("a thousand wrong passwords from one address: few are looked at and none passes", async () => {
  const server = await door();
  const codes = new Map<string, number>();
  const guess = async (password: string) => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    const duplex = conn as unknown as Duplex;
    const error = await connectLink(duplex, { channelType: 1, password }).catch((error) => error);
    const code = error instanceof LinkRefused ? error.code : String(error);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    conn.close();
  };
  for (let i = 0; i < 1000; i += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, j) => guess(`guess ${i + j}`)));
  }
  assertEquals([...codes], [["permissionDenied", 1000]]);
  assert(server.checked < 100, `${server.checked} of 1000 guesses were looked at`);
  server.close();
});

Deno.test("a thousand wrong passwords from as many addresses: their rate is bounded, who is known links at once", async () => {
  const rules = policy();
  let clock = 0;
  const throttle = new Throttle({ now: () => clock });
  const attempt = async (password: string, address: string) => {
    const [client, server] = duplexPair({ capacity: 1024, remote: { address } });
    const stage = linkStage(server, { ...rules, throttle }).catch(() => null);
    const result = await connectLink(client, { channelType: 1, password }).then(
      () => "linked",
      (error) => error instanceof LinkRefused ? error.code : String(error),
    );
    client.close();
    await stage;
    return result;
  };
  assertEquals(await attempt("sesame", "198.51.100.1"), "linked");
  for (let i = 0; i < 1000; i++) {
    clock += 1;
    assertEquals(await attempt(`guess ${i}`, `10.0.${i >> 8}.${i & 255}`), "permissionDenied");
  }
  // in one second: 100 at once, 100 in that second, and 400 in the 4 s that the queue may be long
  assert(rules.checked <= 1 + 600, `${rules.checked} were looked at`);
  assertEquals(await attempt("sesame", "198.51.100.1"), "linked");
});

Deno.test("a client that sends its bytes one at a time links", async () => {
  const server = await door();
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  conn.setNoDelay(true);
  const duplex = conn as unknown as Duplex;
  const slowly = async (bytes: Uint8Array) => {
    for (const byte of bytes) await writeAll(duplex, new Uint8Array([byte]));
  };
  await slowly(hello);
  const reply = await readExactly(duplex, 202);
  await slowly(new Uint8Array([1, 0, 0, 0]));
  await slowly(await encryptTicket(reply.subarray(20, 182), "sesame"));
  assertEquals([...await readExactly(duplex, 4)], [0, 0, 0, 0]);
  conn.close();
  server.close();
});
