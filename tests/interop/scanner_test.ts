/**
 * The program as somebody outside meets it who knows nothing: which TLS it speaks, what scanners find,
 * how it bears ten thousand wrong passwords, and crowds that say almost nothing, at every port.
 * What was seen stands in .github/SECURITY.md.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { connectLink } from "../../core/link/connect.ts";
import { LinkRefused } from "../../core/link/handshake.ts";
import { Main } from "../../core/protocol/main.ts";
import { eventually } from "../kit/desk.ts";
import { needs, run } from "../kit/peers.ts";
import { pkiFile } from "../kit/pki.ts";
import { freePorts, type Program, startProgram } from "../kit/program.ts";
import { linkChannel } from "../kit/spice_client.ts";
import { tcpSockets } from "../kit/proc.ts";
import { connectTcp } from "../kit/tcp.ts";
import { makeToken } from "../../mod.ts";

interface Stage extends AsyncDisposable {
  readonly program: Program;
  /** SPICE, SPICE in TLS, the console, the console in TLS, USB, a tunnel. */
  readonly ports: readonly number[];
  readonly token: string;
}

/** Everything that can listen, listens. */
async function start(more = ""): Promise<Stage> {
  const ports = freePorts(7);
  const [spice, spiceTls, web, webTls, usb, tunnel, qemu] = ports;
  const { token, hash } = await makeToken();
  const program = await startProgram(`[spice]
  port = "${spice}"
  tls-port = "${spiceTls}"
  password = "secret"
  x509-key-file = "${pkiFile("server-key.pem")}"
  x509-cert-file = "${pkiFile("v3-cert.pem")}"
[web]
  port = "${web}"
  tls-port = "${webTls}"
  token = "ops:admin:${hash}"
[chardev "stick"]
  backend = "socket"
  host = "127.0.0.1"
  port = "${qemu}"
[usb]
  listen = "127.0.0.1:${usb}"
  chardev = "stick"
[tunnel "printer"]
  listen = "127.0.0.1:${tunnel}"
  target = "printer.lan:9100"
${more}`);
  await program.logged("console");
  return {
    program,
    ports: [spice, spiceTls, web, webTls, usb, tunnel],
    token,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** Who knows the password comes in, and the console answers. */
async function assertServes({ ports: [spice, , web] }: Stage, from?: string): Promise<void> {
  (await linkChannel(spice, Main, { password: "secret", from })).close();
  assertEquals(await (await fetch(`http://127.0.0.1:${web}/healthz`)).text(), "ok\n");
}

Deno.test({
  name: "openssl finds TLS 1.2 and 1.3 at every TLS port, and nothing older",
  ...needs("openssl"),
  async fn() {
    await using stage = await start();
    const [, spiceTls, , webTls] = stage.ports;
    for (const port of [spiceTls, webTls]) {
      const said = async (...version: string[]) => {
        const args = ["s_client", "-connect", `localhost:${port}`, "-CAfile"]
          .concat(pkiFile("ca-cert.pem"), version);
        const shell = `openssl "$@" </dev/null 2>&1`;
        return (await run("sh", ["-c", shell, "sh", ...args], { fails: true })).out;
      };
      for (const version of ["-tls1_2", "-tls1_3"]) {
        assertMatch(await said(version), /Verify return code: 0 \(ok\)/);
      }
      for (const version of ["-tls1", "-tls1_1"]) {
        assertMatch(await said(version, "-cipher", "ALL:@SECLEVEL=0"), /Cipher is \(NONE\)/);
      }
      // neither what encrypts nothing, nor what was broken, nor what has no forward secrecy
      for (const cipher of ["aNULL", "eNULL", "3DES", "RC4", "kRSA", "PSK"]) {
        const old = await said("-tls1_2", "-cipher", `${cipher}:@SECLEVEL=0`);
        assert(/Cipher is \(NONE\)|no ciphers? (available|match)/i.test(old), `${cipher}: ${old}`);
      }
    }
    await assertServes(stage);
  },
});

Deno.test({
  name: "sslscan finds nothing to complain about at the TLS ports",
  ...needs("sslscan"),
  async fn() {
    await using stage = await start();
    for (const port of [stage.ports[1], stage.ports[3]]) {
      const { out } = await run("sslscan", ["--no-colour", `127.0.0.1:${port}`]);
      for (const version of ["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"]) {
        assertMatch(out, new RegExp(`^${version.replace(".", "\\.")} +disabled$`, "m"));
      }
      assertMatch(out, /^TLSv1\.2 +enabled$/m);
      assertMatch(out, /^TLSv1\.3 +enabled$/m);
      assertMatch(out, /Session renegotiation not supported/);
      assert(!/ vulnerable to heartbleed/.test(out.replaceAll("not vulnerable", "")), out);
      const ciphers = [...out.matchAll(/^(?:Preferred|Accepted) +TLS\S+ +(\d+) bits +(\S+)/gm)];
      assert(ciphers.length >= 4, out);
      const weak = ciphers.filter(([, bits, name]) =>
        Number(bits) < 128 || !/GCM|CHACHA20/.test(name)
      );
      assertEquals(weak, []);
    }
    await assertServes(stage);
  },
});

Deno.test("a thousand connections inside TLS that stop anywhere leave no socket behind", async () => {
  await using stage = await start();
  const [, spiceTls, , webTls] = stage.ports;
  const { pid } = stage.program.child;
  await assertServes(stage);
  const before = tcpSockets(pid);
  const caCerts = [Deno.readTextFileSync(pkiFile("ca-cert.pem"))];
  const hello = Uint8Array.of(22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3);
  const ends: ((port: number) => Promise<unknown>)[] = [
    // in the first message of the handshake
    async (port) => {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port });
      await conn.write(hello);
    },
    // reset there
    async (port) => {
      const conn = await connectTcp(port);
      await conn.write(hello);
      conn.reset();
    },
    // after the handshake, with and without a word, with and without an end that TLS knows of
    async (port) => {
      using conn = await Deno.connectTls({ hostname: "localhost", port, caCerts });
      await conn.handshake();
    },
    async (port) => {
      using conn = await Deno.connectTls({ hostname: "localhost", port, caCerts });
      await conn.write(new TextEncoder().encode("REDQ"));
    },
    async (port) => {
      using conn = await Deno.connectTls({ hostname: "localhost", port, caCerts });
      await conn.write(new TextEncoder().encode("GET /healthz HTTP/1.1\r\nhost: localhost\r\n"));
      await conn.closeWrite();
    },
  ];
  let next = 0, went = 0;
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let i; (i = next++) < 1000;) {
      // the crowd throws out its own oldest
      await ends[i % ends.length](i % 2 === 0 ? spiceTls : webTls).then(() => went++, () => {});
    }
  }));
  assert(went >= 800, `${went} of 1000 got so far`);
  await eventually(() => tcpSockets(pid) <= before, `${before} sockets are open again`);
  await assertServes(stage);
});

Deno.test({
  name: "nmap's probes of every port harm nobody, and no port is open that was not named",
  ...needs("nmap"),
  async fn() {
    await using stage = await start();
    const list = stage.ports.join(",");
    const args = ["-sT", "-sV", "--version-light", "-Pn", "-n", "-p", list, "127.0.0.1"];
    const { out } = await run("nmap", args, { seconds: 280 });
    for (const port of stage.ports) assertMatch(out, new RegExp(`^${port}/tcp open`, "m"));
    await assertServes(stage);
    const failures = stage.program.log.filter(({ level }) => level === "error");
    assertEquals(failures, []);
    const { pid } = stage.program.child;
    const sockets = await run("ss", ["-Hltnp"], { fails: true });
    const ours = sockets.out.split("\n").filter((line) => line.includes(`pid=${pid},`))
      .map((line) => Number(/:(\d+) /.exec(line)![1])).toSorted();
    if (ours.length > 0) assertEquals(ours, stage.ports.toSorted());
  },
});

Deno.test("the console's answers have the headers that browsers need to protect people", async () => {
  await using stage = await start();
  for (const path of ["/", "/api/session", "/nothing-here"]) {
    const response = await fetch(`http://127.0.0.1:${stage.ports[2]}${path}`);
    await response.body?.cancel();
    const of = (name: string) => response.headers.get(name);
    assertMatch(of("content-security-policy") ?? "", /default-src 'none'|default-src 'self'/);
    assertEquals(of("x-content-type-options"), "nosniff");
    assertEquals(of("x-frame-options"), "SAMEORIGIN");
    assertMatch(of("referrer-policy") ?? "", /no-referrer|same-origin/);
    assertEquals([of("server"), of("x-powered-by")], [null, null]);
  }
});

Deno.test({
  name:
    "of 10 000 wrong passwords at the SPICE port few are looked at before the address is banned; others come in, and an admin lifts the ban",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using stage = await start(`[limits]\n  ban-failures = "5"\n  ban-minutes = "60"\n`);
    const { ports: [port, , web], program, token } = stage;
    const liar = "127.0.0.7";
    const seen = { looked: 0, unheard: 0, in: 0 };
    let n = 0;
    const guess = async () => {
      while (n < 10_000) {
        n++;
        const stream = await connectTcp(port, liar).catch(() => null);
        try {
          if (stream === null) throw new Error("reset");
          await connectLink(stream, { channelType: Main.id, password: `wrong ${n}` });
          seen.in++;
        } catch (error) {
          if (error instanceof LinkRefused) seen.looked++;
          else seen.unheard++;
        } finally {
          stream?.close();
        }
      }
    };
    const begun = performance.now();
    await Promise.all(Array.from({ length: 16 }, guess));
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(`10 000 wrong passwords in ${seconds} s: ${JSON.stringify(seen)}`);
    assertEquals(seen.in, 0);
    // five, and those that were under way
    assert(seen.looked >= 5 && seen.looked <= 5 + 16, `${seen.looked} were looked at`);
    const bans = program.log.filter(({ event }) => event === "address-banned");
    assertEquals(bans.map(({ from }) => from), [liar]);
    await assertServes(stage);

    const api = `http://127.0.0.1:${web}/api/bans`;
    const headers = { authorization: `Bearer ${token}` };
    const listed = await (await fetch(api, { headers })).json();
    assertEquals(listed.map(({ address }: { address: string }) => address), [liar]);
    const lifted = await fetch(`${api}/${liar}`, { method: "DELETE", headers });
    assertEquals([lifted.status, await lifted.text()], [204, ""]);
    await assertServes(stage, liar);
    assert(!JSON.stringify(program.log).includes("wrong 1"));
  },
});

/** How a conversation at each port may begin; what follows is dribbled. */
const BEGINNINGS = [
  "REDQ",
  "\x16\x03\x01\x02",
  "GET /",
  "\x16\x03\x01\x02",
  "\0\0\0\0",
  "%-12345X",
];

Deno.test("crowds that send a byte now and then, at every port at once, are thrown out, and others are served meanwhile", async () => {
  await using stage = await start();
  const open: Deno.TcpConn[] = [];
  let ended = 0;
  for (const [i, port] of stage.ports.entries()) {
    for (let n = 0; n < 60; n++) {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port });
      open.push(conn);
      (async () => {
        try {
          await conn.write(new TextEncoder().encode(BEGINNINGS[i]));
          while (await conn.read(new Uint8Array(1024)) !== null);
        } catch { /* it was reset */ }
        ended++;
      })();
    }
  }
  const drops = setInterval(() => {
    for (const conn of open) conn.write(new Uint8Array([0])).catch(() => {});
  }, 500);
  try {
    await assertServes(stage);
    await eventually(() => ended === open.length, "none stays beyond its time", 120);
    await assertServes(stage);
    assertEquals(stage.program.log.filter(({ level }) => level === "error"), []);
  } finally {
    clearInterval(drops);
    for (const conn of open) {
      try {
        conn.close();
      } catch { /* closed before */ }
    }
  }
});
