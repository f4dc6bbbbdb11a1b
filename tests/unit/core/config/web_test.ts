import { assertEquals, assertMatch } from "@std/assert";
import { describeOptions } from "../../../../core/config/describe.ts";
import { defaultWeb } from "../../../../core/config/options.ts";
import { describePermissions } from "../../../../core/config/describe.ts";
import { permissionsOf } from "../../../../core/config/permissions.ts";
import { hashPassword, makeToken } from "../../../../core/link/hashed.ts";
import { isPassword } from "../../../../core/link/scram.ts";
import { load, mistakesOf } from "./kit.ts";

const pem = { "./server-key.pem": "", "./server-cert.pem": "" };
const spice = `[spice]\nport = "5930"\npassword = "secret"\n`;
const read = (text: string, files: Record<string, string> = pem) =>
  load({ "a.cfg": text, ...files }, { use: ["a.cfg"] }).options;

Deno.test("the console is where [web] says, and keeps its usual place otherwise", () => {
  assertEquals(read(spice).web, defaultWeb);
  assertEquals(read(`${spice}[web]\nenabled = "off"`).web, null);
  const web = read(`${spice}[web]\ntls-port = "5981"\naddr = "0.0.0.0"\npath = "/vm1/"`).web!;
  assertEquals([web.port, web.tlsPort, web.host, web.path], [null, 5981, "0.0.0.0", "/vm1"]);
  assertEquals(web.tls?.certFile, "./server-cert.pem");
  const unix = read(`${spice}[web]\nunix = "on"\naddr = "/run/c"`).web!;
  assertEquals([unix.unix, unix.port], ["/run/c", null]);
});

Deno.test("the console's certificate is that of [spice], unless it names its own", () => {
  const files = { "s/server-key.pem": "", "s/server-cert.pem": "", ...pem };
  const tls = `${spice}tls-port = "1"\nx509-dir = "s"\n[web]\ntls-port = "2"\n`;
  assertEquals(read(tls, files).web!.tls, read(tls, files).tls);
  assertEquals(read(`${tls}x509-dir = "."`, files).web!.tls!.keyFile, "./server-key.pem");
});

Deno.test("users and tokens are taken as the program prints them, with their roles", async () => {
  const user = await hashPassword("sesame", 4096);
  const { token, hash } = await makeToken();
  const { users, tokens } = read(
    `${spice}[web]\nuser = "ann:admin:${user}"\nuser = "bob:${user}"\ntoken = "g:viewer:${hash}"`,
  ).web!;
  assertEquals(users.map(({ name, role }) => [name, role]), [["ann", "admin"], [
    "bob",
    "operator",
  ]]);
  assertEquals(await isPassword("sesame", users[0].scram), true);
  assertEquals(await isPassword("other", users[0].scram), false);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  assertEquals(tokens[0].sha256, new Uint8Array(digest));
  const shown = describeOptions(read(`${spice}[web]\nuser = "ann:admin:${user}"`));
  assertMatch(shown, /user = "ann:admin:\*\*\*"/);
});

Deno.test("a plain password is refused with the command that makes the right line", () => {
  const [told] = mistakesOf(`${spice}[web]\nuser = "ann:sesame"`);
  assertMatch(told, /^main\.cfg:5: a user is "name:role:SCRAM-SHA-256\$…".*--hash-password ann"/);
  assertEquals(told.includes("sesame"), false, "it is not repeated");
  const [token] = mistakesOf(`${spice}[web]\ntoken = "g:admin:0123456789abcdef"`);
  assertMatch(token, /--make-token NAME:viewer/);
  assertEquals(token.includes("0123"), false);
});

Deno.test("a console that others can reach and that asks nobody who they are is refused", async () => {
  const open = `[spice]\nport = "1"\ndisable-ticketing = "on"\n[web]\n`;
  const [told] = mistakesOf(`${open}addr = "0.0.0.0"`);
  assertMatch(told, /^main\.cfg:5: \[web\] at 0\.0\.0\.0 can be reached .*--hash-password NAME/);
  assertMatch(mistakesOf(`[web]\naddr = "::"`)[0], /^main\.cfg:2: \[web\] at :: can be reached/);
  assertEquals(read(`${open}addr = "127.0.0.2"`).web!.host, "127.0.0.2");
  assertEquals(read(`${open}addr = "::1"`).web!.host, "::1");
  const user = `user = "ann:${await hashPassword("x", 4096)}"`;
  assertEquals(read(`${open}addr = "0.0.0.0"\n${user}`).web!.host, "0.0.0.0");
  assertEquals(read(`${spice}[web]\naddr = "0.0.0.0"`).web!.host, "0.0.0.0");
});

Deno.test("what contradicts itself in [web] is told with its place", () => {
  const web = (text: string) => mistakesOf(`${spice}[web]\n${text}`)[0];
  assertMatch(web(`unix = "on"`), /^main\.cfg:5: unix needs the socket's path/);
  assertMatch(web(`unix = "on"\naddr = "/s"\nport = "1"`), /^main\.cfg:7: port and unix exclude/);
  assertMatch(web(`addr = "/s"`), /^main\.cfg:5: addr is a path/);
  assertMatch(web(`tls-port = "1"`), /server-key\.pem, which cannot be read/);
  assertMatch(web(`path = "vm1"`), /must look like "\/vm1"/);
  assertMatch(web(`path = "/../x"`), /must look like/);
  assertMatch(web(`trusted-proxies = "proxy.example"`), /must be addresses or networks/);
  assertMatch(web(`name = "a b"`), /must be a host's name/);
});

Deno.test("the console's sockets and certificate are in the table of permissions", () => {
  const tls = `${spice}[web]\ntls-port = "5981"\nport = "5980"`;
  const table = describePermissions(permissionsOf(read(tls), [], null));
  for (const row of ["127.0.0.1:5980", "127.0.0.1:5981", "./server-key.pem"]) {
    assertMatch(table, new RegExp(row.replaceAll(".", "\\.")));
  }
  const unix = permissionsOf(read(`${spice}[web]\nunix = "on"\naddr = "/run/c"`), [], null);
  assertEquals(unix.filter(({ target }) => target === "/run/c").map(({ name }) => name), [
    "read",
    "write",
  ]);
});
