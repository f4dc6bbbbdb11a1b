/** `connect` inside TLS: whose certificate it believes, and that nothing is said to anybody else. */
import { assert, assertEquals } from "@std/assert";
import { run } from "../kit/peers.ts";
import { pkiFile } from "../kit/pki.ts";
import {
  freePorts,
  loggingCommand,
  type Program,
  programCommand,
  watchProgram,
} from "../kit/program.ts";
import { print } from "../kit/tunnelled.ts";

const env = { SPICE_PASSWORD: "secret" };

/** The program with a certificate for `localhost` and 127.0.0.1, at this address, and a tunnel to this port. */
async function serve(addr: string, target: number, certificate = "v3-cert.pem") {
  const [spice, printer] = freePorts(2);
  const config = await Deno.makeTempFile({ suffix: ".cfg" });
  await Deno.writeTextFile(
    config,
    `[spice]
  tls-port = "${spice}"
  addr = "${addr}"
  x509-key-file = "${pkiFile("server-key.pem")}"
  x509-cert-file = "${pkiFile(certificate)}"
  password = "secret"
[web]
  enabled = "off"
[tunnel "printer"]
  listen = "127.0.0.1:${printer}"
  target = "127.0.0.1:${target}"
`,
  );
  const server = await watchProgram(
    loggingCommand(["--config", config]),
    () => Deno.remove(config),
  );
  return { server, spice, printer };
}

/** ca: null: the authorities of the system. */
const connect = (url: string, ca: string | null, target: number) =>
  programCommand(
    ["connect", url, "--tunnel", `printer=127.0.0.1:${target}`, "--yes", "--log-format", "json"]
      .concat(ca === null ? [] : ["--ca-file", pkiFile(ca)]),
  );

/** A system that believes this authority, whoever else it may be told to believe. */
const believing = (ca: string) => ({
  DENO_TLS_CA_STORE: "system,mozilla",
  SSL_CERT_FILE: pkiFile(ca),
  SSL_CERT_DIR: "",
});

/** It ends with 1, says why, and the server never heard a password. */
async function refused(
  server: Program,
  [program, ...args]: string[],
  why: RegExp,
  system: Record<string, string> = {},
): Promise<void> {
  const { code, err } = await run(program, args, {
    env: { ...env, ...system },
    fails: true,
    seconds: 120,
  });
  assertEquals(code, 1, err);
  assert(why.test(err), err);
  assert(!err.includes("secret"));
  assertEquals(
    server.log.filter(({ event }) => /^client-|^tunnel-(offered|consent|open)/.test(event)),
    [],
  );
}

for (const [certificate, kind] of [["v3-cert.pem", "a name"], ["v1-cert.pem", "X.509 version 1"]]) {
  Deno.test({
    name:
      `connect carries a print job inside TLS for a server that its authorities know (${kind}), and tells no other its password`,
    ignore: Deno.build.os === "windows",
    async fn() {
      using target = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = target.addr;
      const { server, spice, printer } = await serve("127.0.0.1", port, certificate);
      await using _server = server;
      const url = `spice+tls://localhost:${spice}`;

      // whoever the system believes
      const system = believing("ca-cert.pem");
      const command = connect(url, "other-ca-cert.pem", port);
      await refused(server, command, /certificate/i, system);
      const besides = { NODE_EXTRA_CA_CERTS: pkiFile("ca-cert.pem") };
      await refused(server, command, /certificate/i, besides);

      await using carrier = carrying(connect(url, "ca-cert.pem", port));
      await Promise.race([server.logged("tunnel-consent"), carrier.gone]);
      await printed(target, printer);
      const { reason, sentBytes } = await server.logged("tunnel-close");
      assertEquals([reason, sentBytes], ["ok", 6]);
    },
  });
}

Deno.test({
  name: "connect believes the system's authorities when it is given none",
  ignore: Deno.build.os === "windows",
  async fn() {
    using target = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = target.addr;
    const { server, spice, printer } = await serve("127.0.0.1", port);
    await using _server = server;
    const command = connect(`spice+tls://localhost:${spice}`, null, port);
    await refused(server, command, /certificate/i, believing("other-ca-cert.pem"));
    await using carrier = carrying(command, believing("ca-cert.pem"));
    await Promise.race([server.logged("tunnel-consent"), carrier.gone]);
    await printed(target, printer);
  },
});

Deno.test({
  name: "connect believes no certificate that is for another address",
  // everywhere else 127.0.0.2 is not this machine's
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { server, spice } = await serve("127.0.0.2", 9);
    await using _server = server;
    const url = `spice+tls://127.0.0.2:${spice}`;
    await refused(server, connect(url, "ca-cert.pem", 9), /127\.0\.0\.2/);
  },
});

/** A page comes through the tunnel at this port. */
async function printed(target: Deno.Listener, printer: number): Promise<void> {
  const printing = (async () => {
    const conn = await target.accept() as Deno.TcpConn;
    return await new Response(conn.readable).text();
  })();
  await print(printer, new TextEncoder().encode("a page"));
  assertEquals(await printing, "a page");
}

function carrying([program, ...args]: string[], system: Record<string, string> = {}) {
  const child = new Deno.Command(program, {
    args,
    env: { ...env, ...system },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let stopped = false;
  return {
    /** Rejects when it ends by itself. */
    gone: child.status.then(({ code }) => {
      if (!stopped) throw new Error(`connect ended with ${code}`);
    }),
    async [Symbol.asyncDispose]() {
      stopped = true;
      try {
        child.kill("SIGTERM");
      } catch { /* it ended by itself */ }
      await child.status;
    },
  };
}
