import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Linked, type LinkPolicy, linkStage } from "../../../channels/link_stage.ts";
import { decode, encode } from "../../../core/binary/codec.ts";
import type { Duplex, Remote } from "../../../core/link/duplex.ts";
import { readExactly, writeAll } from "../../../core/link/exact.ts";
import {
  clientCommonCaps,
  connectLink,
  type ConnectOptions,
  encryptTicket,
} from "../../../core/link/connect.ts";
import { linkMessage, LinkRefused } from "../../../core/link/handshake.ts";
import { Sasl } from "../../../core/link/sasl.ts";
import { logIn } from "../../../core/link/sasl_client.ts";
import { Throttle } from "../../../core/link/throttle.ts";
import { Tickets } from "../../../core/link/ticket.ts";
import type { LinkError } from "../../../core/protocol/base.ts";
import { Capabilities, CommonCap, InputsCap } from "../../../core/protocol/capabilities.ts";
import { ChannelType, LinkAuthMechanism, LinkReply, MAGIC } from "../../../core/protocol/link.ts";
import { duplexPair } from "../../kit/duplex_pair.ts";

/** One clock for all of these tests; it moves when told to. */
let now = 0;
const offers: Record<number, Capabilities> = {
  [ChannelType.main]: Capabilities.of(0, 1, 2, 3),
  [ChannelType.inputs]: Capabilities.of(InputsCap.keyScancode),
  [ChannelType.cursor]: Capabilities.of(),
};
const keys = new Tickets({ now: () => now }).keys;

function policy(change: Partial<LinkPolicy> = {}): LinkPolicy {
  const tickets = new Tickets({ now: () => now, keys });
  tickets.setTicket("sesame");
  return {
    tickets,
    offered: (type, id) => id === 0 ? offers[type] : undefined,
    channelSecurity: () => "any",
    sessionKnown: () => false,
    throttle: new Throttle({ now: () => now }),
    sleep: () => Promise.resolve(),
    ...change,
  };
}

/** Links a client with a server of this policy. */
async function tryLink(
  options: Partial<ConnectOptions>,
  change: Partial<LinkPolicy> = {},
  remote: Partial<Remote> = {},
): Promise<{ linked: Linked; client: Duplex }> {
  const [client, server] = duplexPair({ remote });
  const [linked, connected] = await Promise.allSettled([
    linkStage(server, policy(change)),
    connectLink(client, { channelType: ChannelType.main, password: "sesame", ...options })
      .finally(() => {}).catch((error) => {
        client.close();
        throw error;
      }),
  ]);
  if (connected.status === "rejected") throw connected.reason;
  if (linked.status === "rejected") throw linked.reason;
  return { linked: linked.value, client };
}

async function assertRefused(code: LinkError, attempt: Promise<unknown>): Promise<void> {
  const error = await assertRejects(() => attempt, LinkRefused);
  assertEquals(error.code, code);
}

/** What the server answers to raw bytes before it closes. */
async function answerTo(
  bytes: Uint8Array,
  change: Partial<LinkPolicy> = {},
): Promise<{ bytes: Uint8Array; refusal: Error }> {
  const [client, server] = duplexPair();
  const stage = linkStage(server, policy(change)).then(
    () => Promise.reject(new Error("It linked")),
    (error) => error as Error,
  );
  await writeAll(client, bytes);
  const answer: number[] = [];
  const some = new Uint8Array(500);
  for (let n: number | null; answer.length < 194 && (n = await client.read(some)) !== null;) {
    answer.push(...some.subarray(0, n));
  }
  client.close();
  return { bytes: new Uint8Array(answer), refusal: await stage };
}

const main = { connectionId: 0, channelType: ChannelType.main, channelId: 0 };
const hello = linkMessage({
  ...main,
  commonCaps: clientCommonCaps,
  channelCaps: Capabilities.of(),
});

/** The bytes with a little-endian word replaced. */
function withWord(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const changed = bytes.slice();
  new DataView(changed.buffer).setUint32(at, value, true);
  return changed;
}

Deno.test("a client that knows the ticket gets a main channel, its capabilities and a mini header", async () => {
  const { linked } = await tryLink({ channelCaps: Capabilities.of(0, 33) });
  assertEquals(linked.channelType, ChannelType.main);
  assertEquals(linked.connectionId, 0);
  assertEquals(linked.mini, true);
  assertEquals(linked.commonCaps.words, [0b1011]);
  assertEquals(linked.channelCaps.words, [1, 2]);
});

Deno.test("the link reply has libspice's shape: 162 bytes of key, words at 178, 0x0b", async () => {
  for (
    const [channelType, size, words] of [[1, 186, [11, 15]], [3, 186, [11, 1]], [4, 182, [11]]]
  ) {
    const [client, server] = duplexPair();
    const stage = linkStage(server, policy()).catch((error) => error);
    await writeAll(
      client,
      linkMessage({
        ...main,
        channelType: channelType as number,
        commonCaps: clientCommonCaps,
        channelCaps: Capabilities.of(),
      }),
    );
    const head = new DataView((await readExactly(client, 16)).buffer);
    assertEquals(head.getUint32(0, true), MAGIC);
    assertEquals([head.getUint32(4, true), head.getUint32(8, true)], [2, 2]);
    assertEquals(head.getUint32(12, true), size);
    const body = await readExactly(client, size as number);
    const reply = decode(LinkReply, body.subarray(0, 178));
    assertEquals(reply.error, "ok");
    assertEquals(reply.capsOffset, 178);
    assertEquals(reply.numCommonCaps, 1);
    assertEquals(reply.numChannelCaps, (words as number[]).length - 1);
    const view = new DataView(body.buffer);
    assertEquals(
      (words as number[]).map((_, i) => view.getUint32(178 + i * 4, true)),
      words,
    );
    // an RSA-1024 SubjectPublicKeyInfo begins so
    assertEquals([...reply.pubKey.subarray(0, 3)], [0x30, 0x81, 0x9f]);
    client.close();
    await stage;
  }
});

Deno.test("with SASL only TLS is let in, by name and password, and sessions belong to their user", async () => {
  const sasl = new Sasl({
    users: new Map([["ann", { password: "a" }], ["bob", { password: "b" }]]),
    iterations: 4096,
  });
  const tls = { secure: true, transport: "tcp", address: "192.0.2.7" } as const;
  await assertRefused("needSecured", tryLink({}, { sasl }, { transport: "tcp" }));
  const { linked } = await tryLink({ sasl: logIn("ann", "a") }, { sasl }, tls);
  assertEquals(linked.identity, "ann");
  await tryLink({ sasl: logIn("ann", "a", "PLAIN") }, { sasl }, { transport: "unix" });
  await assertRefused("permissionDenied", tryLink({ sasl: logIn("ann", "b") }, { sasl }, tls));
  // who does not look at the capabilities and sends a ticket
  await assertRejects(() => tryLink({ password: "a" }, { sasl }, tls));
  const old = { commonCaps: Capabilities.of(CommonCap.miniHeader) };
  await assertRefused("versionMismatch", tryLink(old, { sasl }, tls));
  const session = { sasl, sessionKnown: () => true, sessionOpener: () => linked.opener };
  const inputs = { channelType: ChannelType.inputs, connectionId: 5 };
  await tryLink({ ...inputs, sasl: logIn("ann", "a") }, session, tls);
  // whether bob's password is right is not to be learnt by who has ann's session
  const throttle = new Throttle({ now: () => now });
  for (const mechanism of ["PLAIN", "SCRAM-SHA-256"] as const) {
    for (const password of ["b", "c"]) {
      let passed = false;
      const sasl = async (duplex: Duplex) => {
        await logIn("bob", password, mechanism)(duplex);
        passed = true;
      };
      const attempt = tryLink({ ...inputs, sasl }, { ...session, throttle }, tls);
      await assertRefused("permissionDenied", attempt);
      assertEquals(passed, false);
    }
  }
  // and each attempt counts as one
  throttle.failed(tls.address);
  assert(throttle.admit(tls.address) > 0);
});

Deno.test("wrong passwords are slowed, and past the patience refused without a look", async () => {
  const waits: number[] = [];
  const change = {
    throttle: new Throttle({ now: () => now }),
    sleep: (ms: number) => (waits.push(ms), Promise.resolve()),
  };
  for (let i = 0; i < 10; i++) {
    await assertRefused("permissionDenied", tryLink({ password: "wrong" }, change));
  }
  assertEquals(waits, [250, 500, 1000, 2000, 4000]);
  await assertRefused("permissionDenied", tryLink({}, change));
  const elsewhere = { address: "192.0.2.1" };
  await tryLink({}, change, elsewhere);
  now += 60_000;
  await tryLink({}, change);
});

Deno.test("guesses that name a live session are slowed like others, and its person is not", async () => {
  const { tickets } = policy();
  const { linked } = await tryLink({}, { tickets });
  const waits: number[] = [];
  const change = {
    tickets,
    throttle: new Throttle({ now: () => now }),
    sleep: (ms: number) => (waits.push(ms), Promise.resolve()),
    sessionKnown: () => true,
    sessionOpener: () => linked.opener,
  };
  const inputs = { channelType: ChannelType.inputs, connectionId: 5 };
  for (let i = 0; i < 10; i++) {
    await assertRefused("permissionDenied", tryLink({ ...inputs, password: "wrong" }, change));
  }
  assertEquals(waits, [250, 500, 1000, 2000, 4000]);
  await tryLink(inputs, change, { address: "192.0.2.1" });
  assertEquals(waits.length, 5);
});

Deno.test("who has a ticket for once forgives itself no guesses at the password", async () => {
  const tickets = new Tickets({ now: () => now, keys });
  tickets.setTicket("sesame");
  const throttle = new Throttle({ now: () => now });
  for (let i = 0; i < 5; i++) {
    await assertRefused("permissionDenied", tryLink({ password: "wrong" }, { tickets, throttle }));
  }
  const password = await tickets.issue(60, { identity: "eve" });
  await tryLink({ password }, { tickets, throttle });
  assert(throttle.admit("memory") > 0);
});

Deno.test("bytes that follow the ticket at once are still there for the channel", async () => {
  const [client, server] = duplexPair();
  const stage = linkStage(server, policy());
  await writeAll(client, hello);
  const reply = await readExactly(client, 16 + 186);
  const { pubKey } = decode(LinkReply, reply.subarray(16, 16 + 178));
  await writeAll(
    client,
    new Uint8Array([
      ...encode(LinkAuthMechanism, { authMechanism: CommonCap.authSpice }),
      ...await encryptTicket(pubKey, "sesame"),
      ...[1, 2, 3, 4, 5],
    ]),
  );
  const { duplex } = await stage;
  assertEquals([...await readExactly(duplex, 5)], [1, 2, 3, 4, 5]);
});

Deno.test("an old client without auth selection sends its ticket without a mechanism word", async () => {
  const commonCaps = Capabilities.of(CommonCap.miniHeader);
  const { linked } = await tryLink({ commonCaps });
  assertEquals(linked.mini, true);
  await assertRefused("permissionDenied", tryLink({ commonCaps, password: "wrong" }));
});

Deno.test("a client without the mini header capability gets full headers", async () => {
  const { linked } = await tryLink({ commonCaps: Capabilities.of(CommonCap.authSelection) });
  assertEquals(linked.mini, false);
});

Deno.test("malformed links are answered with libspice's codes in a 194-byte reply", async () => {
  const cases: [string, Uint8Array, number][] = [
    ["bad magic", withWord(hello, 0, 0x51444553), 2],
    ["major 1", withWord(hello, 4, 1), 4],
    ["major 3", withWord(hello, 4, 3), 4],
    ["size 5000", withWord(hello, 12, 5000), 3],
    ["size 10", withWord(hello, 12, 10), 3],
    ["size 0xffffffff", withWord(hello, 12, 0xffffffff), 3],
    ["size 0x80000000", withWord(hello, 12, 0x80000000), 3],
    ["1025 common capability words", withWord(hello, 22, 1025), 3],
    ["0xffffffff common capability words", withWord(hello, 22, 0xffffffff), 3],
    ["0xffffffff channel capability words", withWord(hello, 26, 0xffffffff), 3],
    ["capabilities beyond the message", withWord(hello, 26, 1), 3],
    ["capabilities inside the fixed part", withWord(hello, 30, 17), 3],
    ["capabilities at 0xffffffff", withWord(hello, 30, 0xffffffff), 3],
  ];
  for (const [name, bytes, code] of cases) {
    const answer = (await answerTo(bytes)).bytes;
    assertEquals(answer.length, 194, name);
    const view = new DataView(answer.buffer);
    assertEquals(view.getUint32(0, true), MAGIC, name);
    assertEquals(view.getUint32(12, true), 178, name);
    assertEquals(view.getUint32(16, true), code, name);
    assert(answer.subarray(20).every((byte) => byte === 0), name);
  }
});

Deno.test("version 0 gets no answer", async () => {
  assertEquals((await answerTo(withWord(hello, 4, 0))).bytes.length, 0);
});

Deno.test("capability words are read from where the client says they are", async () => {
  // two bytes between the fixed part and the words
  const bytes = new Uint8Array([...hello.subarray(0, 34), 9, 9, ...hello.subarray(34)]);
  const moved = withWord(withWord(bytes, 12, hello.length - 16 + 2), 30, 20);
  const [client, server] = duplexPair();
  const stage = linkStage(server, policy()).catch((error) => error);
  await writeAll(client, moved);
  assertEquals((await readExactly(client, 16 + 186))[16], 0);
  client.close();
  await stage;
});

Deno.test("a channel that does not exist is refused in the reply, as not available", async () => {
  for (const [channelType, channelId] of [[2, 0], [3, 1], [7, 0], [0, 0], [255, 255]]) {
    await assertRefused("channelNotAvailable", tryLink({ channelType, channelId }));
  }
});

Deno.test("tls-channel and plaintext-channel send the client to the other port", async () => {
  const channelSecurity: LinkPolicy["channelSecurity"] = (name) =>
    name === "main" ? "secure" : name === "inputs" ? "plaintext" : "any";
  const inputs = { channelType: ChannelType.inputs, connectionId: 7 };
  const change = { channelSecurity, sessionKnown: () => true };
  await assertRefused("needSecured", tryLink({}, change));
  await tryLink({}, change, { secure: true });
  await assertRefused("needUnsecured", tryLink(inputs, change, { secure: true }));
  await tryLink(inputs, change);
});

Deno.test("a wrong ticket, none, an expired one and a cleared one are permission denied", async () => {
  await assertRefused("permissionDenied", tryLink({ password: "wrong" }));
  await assertRefused("permissionDenied", tryLink({ password: "" }));
  await assertRefused("permissionDenied", tryLink({ password: "sesame2" }));
  const tickets = new Tickets({ now: () => now, keys });
  await assertRefused("permissionDenied", tryLink({ password: "" }, { tickets }));
  tickets.setTicket("sesame", 30);
  await tryLink({}, { tickets });
  now += 30_001;
  await assertRefused("permissionDenied", tryLink({}, { tickets }));
  tickets.setTicket("sesame");
  await tryLink({}, { tickets });
  tickets.clear();
  await assertRefused("permissionDenied", tryLink({}, { tickets }));
});

Deno.test("a ticket of 60 bytes passes, one of 61 cannot be set", async () => {
  const tickets = new Tickets({ now: () => now, keys });
  tickets.setTicket("é".repeat(30));
  await tryLink({ password: "é".repeat(30) }, { tickets });
  await assertRefused("permissionDenied", tryLink({ password: "é".repeat(29) }, { tickets }));
  let refused = 0;
  for (const password of ["x".repeat(61), "a\0b"]) {
    try {
      tickets.setTicket(password);
    } catch (error) {
      if (error instanceof RangeError) refused++;
    }
  }
  assertEquals(refused, 2);
});

Deno.test("a ticket is what stands before the first NUL", async () => {
  await tryLink({ password: "sesame\0garbage" });
  await assertRefused("permissionDenied", tryLink({ password: "\0sesame" }));
});

Deno.test("without ticketing any ticket passes, but it must decrypt", async () => {
  const tickets = new Tickets({ now: () => now, keys, required: false });
  await tryLink({ password: "anything" }, { tickets });
  const [client, server] = duplexPair();
  const stage = linkStage(server, policy({ tickets })).catch((error) => error);
  await writeAll(client, hello);
  await readExactly(client, 16 + 186);
  await writeAll(client, new Uint8Array([1, 0, 0, 0, ...new Uint8Array(128).fill(7)]));
  assertEquals([...await readExactly(client, 4)], [7, 0, 0, 0]);
  client.close();
  assertEquals((await stage).code, "permissionDenied");
});

Deno.test("a ticket that was recorded cannot be played again, not even plus the modulus", async () => {
  const [recorded, server] = duplexPair();
  const { tickets, ...rest } = policy();
  const stage = linkStage(server, { tickets, ...rest });
  await writeAll(recorded, hello);
  const spki = (await readExactly(recorded, 16 + 186)).subarray(20, 20 + 162);
  const ticket = await encryptTicket(spki, "sesame");
  await writeAll(recorded, new Uint8Array([1, 0, 0, 0, ...ticket]));
  await stage;
  const number = (bytes: Uint8Array) => BigInt("0x" + bytes.toHex());
  const sum = number(ticket) + number(spki.subarray(29, 157));
  const plusModulus = Uint8Array.fromHex(sum.toString(16).padStart(256, "0").slice(-256));
  for (const replayed of [ticket, plusModulus]) {
    const [client, server] = duplexPair();
    const stage = linkStage(server, { tickets, ...rest }).catch((error) => error);
    await writeAll(client, hello);
    assertEquals((await readExactly(client, 16 + 186)).subarray(20, 20 + 162), spki);
    await writeAll(client, new Uint8Array([1, 0, 0, 0, ...replayed]));
    assertEquals([...await readExactly(client, 4)], [7, 0, 0, 0]);
    client.close();
    assertEquals((await stage).code, "permissionDenied");
  }
});

Deno.test("another mechanism than the offered one is invalid data", async () => {
  for (const mechanism of [0, 2, 3, 0xffffffff]) {
    const [client, server] = duplexPair();
    const stage = linkStage(server, policy()).catch((error) => error);
    await writeAll(client, hello);
    await readExactly(client, 16 + 186);
    await writeAll(client, encode(LinkAuthMechanism, { authMechanism: mechanism }));
    const answer = await readExactly(client, 194);
    assertEquals(answer[16], 3);
    client.close();
    assertEquals((await stage).code, "invalidData");
  }
});

Deno.test("a channel of an unknown session is a bad connection id, told after the login", async () => {
  const inputs = { channelType: ChannelType.inputs, connectionId: 99 };
  await assertRefused("badConnectionId", tryLink(inputs));
  await assertRefused("permissionDenied", tryLink({ ...inputs, password: "wrong" }));
  const { linked } = await tryLink(inputs, { sessionKnown: (id) => id === 99 });
  assertEquals(linked.connectionId, 99);
});

Deno.test("a main link with a number opens a new session", async () => {
  const { linked } = await tryLink({ connectionId: 1234 });
  assertEquals(linked.connectionId, 0);
});

Deno.test("later channels need the ticket that opened the session, even when it has expired or changed", async () => {
  const tickets = new Tickets({ now: () => now, keys });
  tickets.setTicket("sesame", 30);
  const { linked } = await tryLink({}, { tickets });
  const change = {
    tickets,
    sessionKnown: () => true,
    sessionOpener: () => linked.opener,
  };
  const inputs = { channelType: ChannelType.inputs, connectionId: 5 };
  await tryLink(inputs, change);
  now += 60_000;
  await tryLink(inputs, change);
  await assertRefused("permissionDenied", tryLink({ ...inputs, password: "wrong" }, change));
  tickets.setTicket("changed");
  await tryLink(inputs, change);
  await assertRefused("permissionDenied", tryLink({ ...inputs, password: "changed" }, change));
  await assertRefused("permissionDenied", tryLink({}, { tickets }));
});

Deno.test("the deadline ends a link that is not through, whatever it waits for", async () => {
  const parts = [0, 1, 4, 15, 16, 30, hello.length, hello.length];
  for (const [i, sent] of parts.entries()) {
    const [client, server] = duplexPair();
    const deadline = new AbortController();
    const stage = linkStage(server, policy({ deadline: deadline.signal })).catch((error) => error);
    await writeAll(client, hello.subarray(0, sent));
    if (sent === hello.length) {
      await readExactly(client, 16 + 186);
      if (i === parts.length - 1) await writeAll(client, new Uint8Array([1, 0, 0, 0, 5, 5]));
    }
    deadline.abort();
    assertEquals((await stage).code, "error", `after ${sent} bytes`);
    assertEquals(await client.read(new Uint8Array(1)), null);
  }
});

Deno.test("a client that leaves at any byte of the link ends the stage, and nothing waits on", async () => {
  for (let sent = 0; sent <= hello.length; sent++) {
    const [client, server] = duplexPair();
    const stage = linkStage(server, policy()).catch((error) => error);
    await writeAll(client, hello.subarray(0, sent));
    client.close();
    assert(await stage instanceof Error);
  }
});

Deno.test("a ticket for once opens one session, with all its channels, and no second one", async () => {
  const tickets = new Tickets({ now: () => now, keys });
  tickets.setTicket("sesame");
  const password = await tickets.issue(60, { identity: "ann", viewOnly: true });
  const { linked: { opener } } = await tryLink({ password }, { tickets });
  assertEquals([opener.identity, opener.viewOnly], ["ann", true]);
  const joining = { channelType: ChannelType.inputs, connectionId: 5, password };
  const known = { tickets, sessionKnown: () => true, sessionOpener: () => opener };
  const { linked } = await tryLink(joining, known);
  assertEquals(linked.opener.viewOnly, true);
  await assertRefused("permissionDenied", tryLink({ password }, { tickets }));
  const wrong = { ...joining, password: "sesame" };
  await assertRefused("permissionDenied", tryLink(wrong, known));
});

Deno.test("a ticket for once is worth nothing when its time is over, or the password is expired", async () => {
  const tickets = new Tickets({ now: () => now, keys });
  const late = await tickets.issue(60);
  now += 60_001;
  await assertRefused("permissionDenied", tryLink({ password: late }, { tickets }));
  const cleared = await tickets.issue(60);
  tickets.clear();
  await assertRefused("permissionDenied", tryLink({ password: cleared }, { tickets }));
});

Deno.test("whom a login vouches for shows no ticket, and joins no session but the login's", async () => {
  const ann = { identity: "ann", login: "a" }, bob = { identity: "bob", login: "b" };
  const { linked } = await tryLink({ password: "" }, { vouched: ann });
  assertEquals(linked.opener, ann);
  const joining = { channelType: ChannelType.inputs, connectionId: 5, password: "sesame" };
  const session = { sessionKnown: () => true, sessionOpener: () => ann };
  assertEquals((await tryLink(joining, { ...session, vouched: ann })).linked.identity, "ann");
  await assertRefused("permissionDenied", tryLink(joining, { ...session, vouched: bob }));
  await assertRefused("permissionDenied", tryLink(joining, session));
  const open = new Tickets({ now: () => now, keys, required: false });
  await assertRefused("permissionDenied", tryLink(joining, { ...session, tickets: open }));
  const ticketed = { sessionKnown: () => true, sessionOpener: () => ({}) };
  await assertRefused("permissionDenied", tryLink(joining, { ...ticketed, vouched: bob }));
});

Deno.test("whom a login vouches for needs no SASL, and no TLS for it", async () => {
  const sasl = new Sasl({ users: new Map([["ann", { password: "x" }]]) });
  const vouched = { identity: "ann", login: "a" };
  const tcp = { transport: "tcp", secure: false } as const;
  assertEquals((await tryLink({ password: "" }, { sasl, vouched }, tcp)).linked.identity, "ann");
  await assertRefused("needSecured", tryLink({ password: "" }, { sasl }, tcp));
});
