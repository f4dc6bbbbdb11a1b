/** The running program and who runs it: certificates, passwords and channels change without a restart; it leaves with a goodbye. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect } from "node:tls";
import { LinkRefused } from "../../core/link/handshake.ts";
import { Main } from "../../core/protocol/main.ts";
import { defaultOptions, defaultWeb } from "../../mod.ts";
import { startAppliance } from "../kit/appliance.ts";
import { pkiFile } from "../kit/pki.ts";
import { freePorts, loggingCommand, type Program, watchProgram } from "../kit/program.ts";
import { linkChannel, SpiceClient } from "../kit/spice_client.ts";

const needed = { ignore: Deno.build.os === "windows" };

/** The program on a file that changes. */
const startOn = (config: string, after: () => Promise<void>): Promise<Program> =>
  watchProgram(loggingCommand(["--config", config]), after);

/** The certificate that a TLS port shows, and the connection, which stands. */
function certificateAt(port: number) {
  return new Promise<{ certificate: string; socket: ReturnType<typeof connect> }>(
    (resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
        resolve({
          certificate: new Uint8Array(socket.getPeerCertificate().raw).toBase64(),
          socket,
        });
      });
      socket.on("error", reject);
    },
  );
}

const pemBody = async (name: string) =>
  /-----BEGIN CERTIFICATE-----([^-]+)/.exec(await Deno.readTextFile(pkiFile(name)))![1]
    .replace(/\s/g, "");

Deno.test({
  name: "a certificate that changes is used at once, a bad one is refused and the old one kept",
  ...needed,
  async fn() {
    const folder = await Deno.makeTempDir();
    const copy = async (cert: string, key: string) => {
      await Deno.copyFile(pkiFile(key), `${folder}/server-key.pem`);
      await Deno.copyFile(pkiFile(cert), `${folder}/server-cert.pem`);
    };
    await copy("v3-cert.pem", "server-key.pem");
    const [tlsPort] = freePorts(1);
    const config = `${folder}/spice.cfg`;
    await Deno.writeTextFile(
      config,
      `[spice]\ntls-port = "${tlsPort}"\nx509-dir = "${folder}"\ndisable-ticketing = "on"\n` +
        `[web]\nenabled = "off"\n`,
    );
    await using program = await startOn(
      config,
      () => Deno.remove(folder, { recursive: true }),
    );
    const first = await certificateAt(tlsPort);
    assertEquals(first.certificate, await pemBody("v3-cert.pem"));

    await Deno.writeTextFile(`${folder}/server-cert.pem`, "no certificate");
    program.child.kill("SIGHUP");
    const refused = await program.logged("certificate-refused");
    assert(refused.error.includes("holds no certificate in PEM"), refused.error);
    const second = await certificateAt(tlsPort);
    assertEquals(second.certificate, first.certificate);

    // by itself, without a signal
    await copy("ec-cert.pem", "ec-key.pem");
    await program.logged("certificate-replaced");
    const third = await certificateAt(tlsPort);
    assertEquals(third.certificate, await pemBody("ec-cert.pem"));
    for (const { socket } of [first, second, third]) socket.destroy();
  },
});

Deno.test({
  name: "SIGHUP takes over a new password, tells what needs a restart, and refuses a bad file",
  ...needed,
  async fn() {
    const folder = await Deno.makeTempDir();
    const [port, other] = freePorts(2);
    const config = `${folder}/spice.cfg`, secret = `${folder}/password`;
    const write = (port: number) =>
      Deno.writeTextFile(
        config,
        `[object "pw"]\nqom-type = "secret"\nfile = "${secret}"\n` +
          `[spice]\nport = "${port}"\npassword-secret = "pw"\n[web]\nenabled = "off"\n`,
      );
    await write(port);
    await Deno.writeTextFile(secret, "old\n");
    await using program = await startOn(
      config,
      () => Deno.remove(folder, { recursive: true }),
    );
    const link = async (password: string) => (await linkChannel(port, Main, { password })).close();
    await link("old");

    await Deno.writeTextFile(secret, "new\n");
    program.child.kill("SIGHUP");
    assertEquals((await program.logged("reloaded")).changed, ["tickets"]);
    await link("new");
    await assertRejects(() => link("old"), LinkRefused);

    await write(other);
    program.child.kill("SIGHUP");
    assertEquals((await program.logged("needs-restart")).changed, ["listen"]);

    await Deno.writeTextFile(config, "[spice]\nprot = 1\n");
    program.child.kill("SIGHUP");
    const { problem } = await program.logged("reload-refused");
    assert(problem.startsWith(`${config}:2: `), problem);
    await link("new");
  },
});

Deno.test("what waits for a restart stays as it is when another part is taken over", async () => {
  const secret = { password: "sesame" };
  const options = {
    tickets: { disabled: true, password: null, expires: null },
    web: { ...defaultWeb, port: 0 },
    sasl: { users: [{ name: "ann", secret }] },
  };
  await using served = await startAppliance(options);
  const link = async () => (await linkChannel(served.port, Main)).close();
  await assertRejects(link, LinkRefused);
  const key = new Uint8Array(32);
  const scram = { iterations: 4096, salt: key, storedKey: key, serverKey: key };
  const web = { ...options.web, users: [{ name: "bob", role: "viewer" as const, scram }] };
  const listen = { ...defaultOptions.listen, port: 0 };
  served.appliance.reload({ ...defaultOptions, ...options, listen, web, sasl: null });
  const said = served.log.map((line) => JSON.parse(line));
  const changed = (what: string) => said.find(({ event }) => event === what).changed;
  assertEquals(changed("reloaded"), ["web"]);
  assertEquals(changed("needs-restart"), ["sasl"]);
  await assertRejects(link, LinkRefused);
});

/** spice.proto: BaseChannel's server messages. */
const DISCONNECTING = 6, NOTIFY = 7;

Deno.test({
  name: "SIGTERM says why, then goodbye, then closes, and the program ends with 0",
  ...needed,
  async fn() {
    const folder = await Deno.makeTempDir();
    const [port] = freePorts(1);
    const config = `${folder}/spice.cfg`;
    await Deno.writeTextFile(
      config,
      `[spice]\nport = "${port}"\ndisable-ticketing = "on"\n[web]\nenabled = "off"\n`,
    );
    await using program = await startOn(
      config,
      () => Deno.remove(folder, { recursive: true }),
    );
    const stream = await linkChannel(port, Main);
    const bytes: number[] = [];
    const part = new Uint8Array(4096);
    const first = await stream.read(part);
    bytes.push(...part.subarray(0, first ?? 0));
    program.child.kill("SIGTERM");
    for (let n; (n = await stream.read(part)) !== null;) bytes.push(...part.subarray(0, n));
    stream.close();
    assertEquals(messageTypes(Uint8Array.from(bytes)).slice(-2), [NOTIFY, DISCONNECTING]);
    assertEquals((await program.child.status).code, 0);
  },
});

/** Of mini headers: u16 type, u32 size. */
function messageTypes(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer);
  const types = [];
  for (let at = 0; at + 6 <= bytes.length; at += 6 + view.getUint32(at + 2, true)) {
    types.push(view.getUint16(at, true));
  }
  return types;
}

Deno.test({
  name: "the log's level is read again at SIGHUP",
  ...needed,
  async fn() {
    const folder = await Deno.makeTempDir();
    const [port] = freePorts(1);
    const config = `${folder}/spice.cfg`;
    const write = (level: string) =>
      Deno.writeTextFile(
        config,
        `[spice]\nport = "${port}"\ndisable-ticketing = "on"\n[web]\nenabled = "off"\n` +
          `[log]\nlevel = "${level}"\n`,
      );
    await write("info");
    await using program = await startOn(config, () => Deno.remove(folder, { recursive: true }));
    (await linkChannel(port, Main)).close();
    await program.logged("client-gone");
    assertEquals(program.log.filter(({ level }) => level === "debug"), []);
    await write("debug");
    program.child.kill("SIGHUP");
    await program.logged("reloaded");
    (await linkChannel(port, Main)).close();
    await program.logged("channel-closed");
  },
});

Deno.test({
  name: "a client gets as many bits a second as [limits] gives it",
  ...needed,
  async fn() {
    const folder = await Deno.makeTempDir();
    const [port] = freePorts(1);
    const config = `${folder}/spice.cfg`;
    await Deno.writeTextFile(
      config,
      `[spice]\nport = "${port}"\ndisable-ticketing = "on"\n[web]\nenabled = "off"\n` +
        `[limits]\nclient-kbits = "4000"\n`,
    );
    await using program = await startOn(config, () => Deno.remove(folder, { recursive: true }));
    await using client = await SpiceClient.connect(port);
    // what the server itself measures with 250 KiB that go there and are answered; a busy machine only makes it longer
    const { bitsPerSecond, latencyMs } = await program.logged("net-test");
    const bits = 250 * 1024 * 8, ms = bits * 1000 / bitsPerSecond + latencyMs;
    // 100 ms are the most that a quiet client is ahead
    const leastMs = bits * 1000 / 4e6 - 100;
    assert(ms > leastMs - 1, `${ms} ms, ${leastMs} at least`);
    assertEquals(client.errors, []);
  },
});
