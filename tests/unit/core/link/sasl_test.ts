import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ProtocolError } from "../../../../core/binary/error.ts";
import type { Duplex } from "../../../../core/link/duplex.ts";
import { readExactly, writeAll } from "../../../../core/link/exact.ts";
import { LinkRefused } from "../../../../core/link/handshake.ts";
import { type Identity, Sasl, type SaslUser } from "../../../../core/link/sasl.ts";
import { logIn } from "../../../../core/link/sasl_client.ts";
import {
  clientFirst,
  scramClient,
  scramKeys,
  serverFinal,
  serverFirst,
} from "../../../../core/link/scram.ts";
import { HashQueue } from "../../../../core/link/hash_queue.ts";
import { iterationsOf } from "../../../kit/hashing.ts";
import { duplexPair } from "../../../kit/duplex_pair.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const kept = await scramKeys("hunter2", utf8("sixteen byte salt").subarray(0, 16), 4096);
const sasl = new Sasl({
  users: new Map<string, SaslUser>([
    ["ann", { password: "sesame" }],
    ["b,o=b", { password: "pässwörd" }],
    ["carl", kept],
  ]),
  iterations: 4096,
});
const atOnce = (check: () => Promise<Identity | null>) => check();

/** A login between the two ends; failing as the link stage makes it fail. */
async function attempt(
  client: (duplex: Duplex) => Promise<void>,
  at = sasl,
): Promise<string> {
  const [theirs, ours] = duplexPair({ remote: { secure: true } });
  const served = at.serve(ours, atOnce).then(async (identity) => {
    if (identity === null) await writeAll(ours, new Uint8Array([7, 0, 0, 0]));
    return identity;
  }).finally(() => ours.close());
  const [server, result] = await Promise.allSettled([served, client(theirs)]);
  if (result.status === "rejected") throw result.reason;
  if (server.status === "rejected") throw server.reason;
  return server.value!.identity;
}

Deno.test("SCRAM-SHA-256 computes what RFC 7677 §3 shows", async () => {
  const salt = Uint8Array.from(atob("W22ZaJ0SNY7soEsUEjb6gQ=="), (c) => c.charCodeAt(0));
  const keys = await scramKeys("pencil", salt, 4096);
  const client = scramClient("user", "pencil", "rOprNGfwEbeRWgbNEkqO");
  assertEquals(client.first, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  const first = clientFirst(client.first)!;
  assertEquals(first.user, "user");
  const challenge = serverFirst(first.nonce, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", keys);
  assertEquals(
    challenge,
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
  );
  const final = await client.final(challenge);
  assertEquals(
    final,
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0," +
      "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
  );
  const answer = await serverFinal(first, challenge, final, keys);
  assertEquals(answer, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  assert(client.isServer(answer!));
  assert(!client.isServer("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5="));
});

Deno.test("users log in with PLAIN and with SCRAM, by password or by what SCRAM keeps", async () => {
  for (const mechanism of ["PLAIN", "SCRAM-SHA-256", undefined] as const) {
    assertEquals(await attempt(logIn("ann", "sesame", mechanism)), "ann");
    assertEquals(await attempt(logIn("b,o=b", "pässwörd", mechanism)), "b,o=b");
    assertEquals(await attempt(logIn("carl", "hunter2", mechanism)), "carl");
  }
});

Deno.test("wrong passwords and unknown users are refused alike", async () => {
  for (const mechanism of ["PLAIN", "SCRAM-SHA-256"] as const) {
    for (
      const [user, password] of [
        ["ann", "wrong"],
        ["ann", ""],
        ["carl", "sesame"],
        [
          "nobody",
          "sesame",
        ],
        ["ANN", "sesame"],
        ["x".repeat(1000), "y"],
      ]
    ) {
      const error = await assertRejects(
        () => attempt(logIn(user, password, mechanism)),
        LinkRefused,
      );
      assertEquals(error.code, "permissionDenied");
    }
  }
});

/** Says hello as this user and returns the salt and iterations that the server shows. */
async function challengeFor(user: string, at = sasl): Promise<string> {
  const [client, server] = duplexPair();
  const served = at.serve(server, atOnce).catch(() => {});
  await readExactly(client, 25);
  const first = utf8(scramClient(user, "", "abc").first + "\0");
  await writeAll(
    client,
    new Uint8Array([13, 0, 0, 0, ...utf8("SCRAM-SHA-256"), first.length, 0, 0, 0, ...first]),
  );
  const [size] = await readExactly(client, 4);
  const challenge = new TextDecoder().decode(await readExactly(client, size));
  client.close();
  await served;
  return challenge.replace(/^r=[^,]*,/, "");
}

Deno.test("a user who does not exist is shown a salt like anybody's, and the same one every time", async () => {
  const shape = (challenge: string) => challenge.replace(/s=[A-Za-z0-9+/]{22}==/, "s=16 bytes");
  const unknown = await challengeFor("nobody");
  assertEquals(await challengeFor("nobody"), unknown);
  assert(await challengeFor("somebody") !== unknown);
  assertEquals(shape(unknown), shape(await challengeFor("ann")));
  assertEquals(await challengeFor("ann"), await challengeFor("ann"));
});

Deno.test("who exists is told neither by the iterations that are shown nor by those that a wrong password takes", async () => {
  const kept = (iterations: number) => scramKeys("hunter2", utf8("sixteen byte sal"), iterations);
  const users = (all: [string, SaslUser][]) => new Sasl({ users: new Map(all) });
  const alike = users([["ann", { password: "sesame" }], ["carl", await kept(12_000)]]);
  for (const user of ["ann", "carl", "nobody"]) {
    assertMatch(await challengeFor(user, alike), /,i=12000\0$/);
    const taken = await iterationsOf(() =>
      attempt(logIn(user, "wrong", "PLAIN"), alike).catch(() => {})
    );
    assertEquals(taken, 12_000, user);
  }
  // where users differ, each count is also that of names which do not exist
  const mixed = users([["ann", await kept(5000)], ["carl", await kept(6000)]]);
  const shown = new Set<string>();
  for (let i = 0; i < 64; i++) {
    shown.add((await challengeFor(`nobody${i}`, mixed)).replace(/.*,i=/, ""));
  }
  assertEquals([...shown].sort(), ["5000\0", "6000\0"]);
});

Deno.test("passwords are hashed one at a time, and more than sixteen that wait are refused", async () => {
  const hashes = new HashQueue();
  const at = new Sasl({
    users: new Map([["ann", { password: "sesame" }]]),
    iterations: 4096,
    hashes,
  });
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const others = Array.from({ length: 16 }, () => hashes.run(() => held));
  const [theirs, ours] = duplexPair();
  const served = at.serve(ours, atOnce).finally(() => ours.close());
  const login = logIn("ann", "sesame", "PLAIN")(theirs).catch(() => {});
  assertEquals((await assertRejects(() => served, LinkRefused)).code, "error");
  await login;
  release();
  await Promise.all(others);
  assertEquals(await attempt(logIn("ann", "sesame", "PLAIN"), at), "ann");
});

Deno.test("the mechanism list has the form that libspice sends", async () => {
  const [client, server] = duplexPair();
  const served = sasl.serve(server, atOnce).catch((error) => error);
  assertEquals([...await readExactly(client, 4)], [21, 0, 0, 0]);
  assertEquals(new TextDecoder().decode(await readExactly(client, 21)), ",SCRAM-SHA-256,PLAIN,");
  client.close();
  assert(await served instanceof ProtocolError);
});

Deno.test("lengths out of bounds and mechanisms that were not offered end the login", async () => {
  const u32 = (n: number) => [n & 255, n >> 8 & 255, n >> 16 & 255, n >>> 24];
  const plain = [...u32(5), ...utf8("PLAIN")];
  const cases: [number[], new (...args: never[]) => Error][] = [
    [u32(0), ProtocolError],
    [u32(101), ProtocolError],
    [u32(0xffffffff), ProtocolError],
    [[...u32(5), ...utf8("LOGIN")], LinkRefused],
    [[...u32(9), ...utf8("ANONYMOUS")], LinkRefused],
    [[...u32(6), ...utf8(",PLAIN")], LinkRefused],
    [[...plain, ...u32(4097)], ProtocolError],
    [[...plain, ...u32(0x80000000)], ProtocolError],
    [[...plain, ...u32(10), 1, 2], ProtocolError],
  ];
  for (const [bytes, kind] of cases) {
    const [client, server] = duplexPair();
    const served = sasl.serve(server, atOnce).catch((error) => error);
    await writeAll(client, new Uint8Array(bytes));
    client.close();
    assert(await served instanceof kind, JSON.stringify(bytes));
  }
});

Deno.test("malformed logins fail as wrong ones do", async () => {
  const say = (mechanism: string, ...messages: (string | null)[]) => async (duplex: Duplex) => {
    await readExactly(duplex, 25);
    await writeAll(duplex, new Uint8Array([mechanism.length, 0, 0, 0, ...utf8(mechanism)]));
    for (const message of messages) {
      const bytes = message === null ? new Uint8Array(0) : utf8(message + "\0");
      await writeAll(
        duplex,
        new Uint8Array([bytes.length & 255, bytes.length >> 8, 0, 0, ...bytes]),
      );
      const [size] = await readExactly(duplex, 4);
      await readExactly(duplex, size);
      const [complete] = await readExactly(duplex, 1);
      if (complete) break;
    }
    const [code] = await readExactly(duplex, 4);
    if (code !== 0) throw new LinkRefused("permissionDenied", `It ended with ${code}`);
  };
  const first = "n,,n=ann,r=abc";
  const cases = [
    say("PLAIN", ""),
    say("PLAIN", null, ""),
    say("PLAIN", "ann"),
    say("PLAIN", "\0ann"),
    say("PLAIN", "bob\0ann\0sesame"),
    say("PLAIN", "\0ann\0sesame\0more"),
    say("PLAIN", "\0\0"),
    say("SCRAM-SHA-256", ""),
    say("SCRAM-SHA-256", "p=tls-unique,,n=ann,r=abc"),
    say("SCRAM-SHA-256", "n,a=bob,n=ann,r=abc"),
    say("SCRAM-SHA-256", "n,,m=extension,n=ann,r=abc"),
    say("SCRAM-SHA-256", "n,,n=a=nn,r=abc"),
    say("SCRAM-SHA-256", first, ""),
    say("SCRAM-SHA-256", first, "c=biws,r=abc,p=AAAA"),
    say("SCRAM-SHA-256", first, `c=biws,r=abc,p=${btoa("x".repeat(32))}`),
    say("SCRAM-SHA-256", first, "c=biws,r=,p=!!!!"),
    say("SCRAM-SHA-256", null, first, "x"),
  ];
  for (const [i, client] of cases.entries()) {
    await assertRejects(() => attempt(client), LinkRefused, undefined, `case ${i}`);
  }
});

Deno.test("a client that lets the server begin is asked, and logs in", async () => {
  const identity = await attempt(async (duplex) => {
    await readExactly(duplex, 25);
    await writeAll(duplex, new Uint8Array([5, 0, 0, 0, ...utf8("PLAIN"), 0, 0, 0, 0]));
    assertEquals([...await readExactly(duplex, 5)], [0, 0, 0, 0, 0]);
    const message = utf8("\0ann\0sesame\0");
    await writeAll(duplex, new Uint8Array([message.length, 0, 0, 0, ...message]));
    assertEquals([...await readExactly(duplex, 9)], [0, 0, 0, 0, 1, 0, 0, 0, 0]);
  });
  assertEquals(identity, "ann");
});

Deno.test("fewer iterations than RFC 7677 allows are our mistake to make, and refused", async () => {
  await assertRejects(() => scramKeys("x", new Uint8Array(16), 4095), RangeError);
  const client = scramClient("ann", "sesame", "abc");
  await assertRejects(() => client.final("r=abcdef,s=AAAA,i=4095"));
  await assertRejects(() => client.final("r=abcdef,s=AAAA,i=999999999"));
  await assertRejects(() => client.final("r=other,s=AAAA,i=4096"));
});
