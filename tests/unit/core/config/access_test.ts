import { assertEquals } from "@std/assert";
import { load, mistakesOf } from "./kit.ts";

const port = '[spice]\nport = "5930"\n';
const pki = { "./server-key.pem": "", "./server-cert.pem": "" };
const sasl = '[spice]\ntls-port = "5931"\nsasl = "on"\n';

Deno.test("a ticket comes from password, or from a secret's data or file", () => {
  const ticketOf = (text: string) =>
    load({ "a.cfg": text, "pw": "hé llo\n" }, { use: ["a.cfg"] }).options.tickets;
  assertEquals(ticketOf(`${port}password = "a b"`).password, "a b");
  const secret = `${port}password-secret = "s"\n[object "s"]\nqom-type = "secret"\n`;
  assertEquals(ticketOf(`${secret}file = "pw"`).password, "hé llo");
  assertEquals(ticketOf(`${secret}data = "x"`).password, "x");
  assertEquals(ticketOf(`${secret}data = "eHk="\nformat = "base64"`).password, "xy");
});

Deno.test("an X session does not get the variables that secrets are in", () => {
  const text = `${port}password-secret = "s"\n[object "s"]\nqom-type = "secret"\nenv = "PW"\n` +
    '[guest]\ndriver = "x11"\ncommand = "xterm"\n';
  const { guest } = load({ "a.cfg": text }, { variables: { PW: "secret", OTHER: "x" } }).options;
  assertEquals(guest.driver === "x11" && guest.withheld, ["PW"]);
});

Deno.test("a ticket that cannot work is told, and never shown", () => {
  const cases = [
    [`${port}password = "${"x".repeat(61)}"`, "3: password: a ticket has at most 60 bytes"],
    [`${port}password = "${"é".repeat(31)}"`, "3: password: a ticket has at most 60 bytes"],
    [`${port}password = ""`, "3: password: must not be empty"],
    [`${port}password-secret = "s"`, '3: there is no [object "s"]'],
    [`${port}password-secret = "s"\npassword = "p"`, "3: password and password-secret exclude"],
    [`${port}password-secret = "s"\n[object "s"]\nfile = "no"`, "5: "],
  ];
  for (const [text, said] of cases) {
    const found = mistakesOf(text);
    assertEquals(found.some((line) => line.startsWith(`main.cfg:${said}`)), true, found.join("\n"));
    assertEquals(/xxx|ééé/.test(found.join()), false);
  }
});

Deno.test("a password beside disable-ticketing is told to have no effect", () => {
  const { warnings } = load({ "a.cfg": `${port}disable-ticketing = "on"\npassword = "p"` });
  assertEquals(warnings, [
    'a.cfg:4: password has no effect: disable-ticketing = "on" lets everybody in',
  ]);
});

Deno.test("a ticket expires as QMP's expire_password says it", () => {
  const expires = (said: string) =>
    load({ "a.cfg": `${port}password = "p"\n[ticket]\nexpires = "${said}"` })
      .options.tickets.expires;
  assertEquals(expires("never"), null);
  assertEquals(expires("now"), { seconds: 0 });
  assertEquals(expires("+90"), { seconds: 90 });
  assertEquals(expires("1800000000"), new Date("2027-01-15T08:00:00.000Z"));
  assertEquals(expires("2030-01-31T12:00:00Z"), new Date("2030-01-31T12:00:00.000Z"));
  assertEquals(
    mistakesOf(`${port}password = "p"\n[ticket]\nexpires = "soon"`)[0].startsWith(
      'main.cfg:5: expires must be "never", "+3600"',
    ),
    true,
  );
});

Deno.test("SASL users come from the file and from lines, with passwords or SCRAM keys", () => {
  const salt = btoa("0123456789abcdef");
  const key = btoa("k".repeat(32));
  const files = {
    "a.cfg": `${sasl}[sasl]\nuser = "ann:p:w"\nfile = "users"`,
    "users": `# people\nbob:SCRAM-SHA-256$4096:${salt}$${key}:${key}\n\n`,
    ...pki,
  };
  const { options } = load(files, { use: ["a.cfg"] });
  const bytes = (text: string) => new TextEncoder().encode(text);
  assertEquals(options.sasl?.users, [
    { name: "ann", secret: { password: "p:w" } },
    {
      name: "bob",
      secret: {
        scram: {
          iterations: 4096,
          salt: bytes("0123456789abcdef"),
          storedKey: bytes("k".repeat(32)),
          serverKey: bytes("k".repeat(32)),
        },
      },
    },
  ]);
});

Deno.test("SASL without TLS, without users or with bad users is refused by place", () => {
  assertEquals(mistakesOf('[spice]\nport = "5930"\nsasl = "on"\n[sasl]\nuser = "a:b"'), [
    'main.cfg:3: sasl = "on" needs tls-port = "5931": passwords go only inside TLS',
  ]);
  const said = mistakesOf(`${sasl}[sasl]\nuser = "ann"\nuser = "b:SCRAM-SHA-256$1:x$y:z"`);
  const form = "a user is name:password or name:SCRAM-SHA-256$4096:salt$StoredKey:ServerKey";
  assertEquals(said.filter((line) => line.endsWith(form)), [
    `main.cfg:5: ${form}`,
    `main.cfg:6: ${form}`,
  ]);
  assertEquals(
    said.at(2),
    'main.cfg:3: sasl = "on" needs users: [sasl] with user = "name:password"',
  );
});
