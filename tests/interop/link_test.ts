/** spice-gtk on the way in: what it makes of our link, and what we make of its. */
import { assert, assertEquals } from "@std/assert";
import { startAppliance } from "../kit/appliance.ts";
import { needs, run } from "../kit/peers.ts";
import { pkiFile } from "../kit/pki.ts";
import { type ChannelEvent, spiceGtk, spiceGtkInstalled } from "../kit/spice_gtk.ts";

const ignore = !spiceGtkInstalled();
const ticket = { disabled: false, password: "sesame", expires: null };
const certificate = (name: string) => ({
  certFile: pkiFile(`${name}-cert.pem`),
  keyFile: pkiFile("encrypted-key.pem"),
  keyPassword: "hello",
  caFile: null,
  ciphers: null,
});
const tls = certificate("v3");
const caFile = pkiFile("ca-cert.pem");
const anyChannel = { default: "any", channels: {} } as const;

/** Every channel, and what was last heard of it. */
function ends(events: ChannelEvent[]): Record<string, string> {
  return Object.fromEntries(events.map(({ type, id, event }) => [`${type}-${id}`, event]));
}

const allOpen = { "1-0": "opened", "2-0": "opened", "3-0": "opened", "4-0": "opened" };

Deno.test({
  name:
    "spice-gtk: the right password opens every channel; a wrong one, none and an expired one do not",
  ignore,
  async fn() {
    await using served = await startAppliance({ tickets: ticket });
    const at = { host: "127.0.0.1", port: String(served.port) };
    assertEquals(ends(await spiceGtk({ ...at, password: "sesame" })), allOpen);
    const refused = { "1-0": "authentication error" };
    assertEquals(ends(await spiceGtk({ ...at, password: "wrong" })), refused);
    assertEquals(ends(await spiceGtk(at)), refused);
    await using expired = await startAppliance({
      tickets: { ...ticket, expires: new Date(Date.now() - 1000) },
    });
    const there = { host: "127.0.0.1", port: String(expired.port), password: "sesame" };
    assertEquals(ends(await spiceGtk(there)), refused);
  },
});

Deno.test({
  name: "spice-gtk: without ticketing any password opens every channel, on a Unix socket too",
  ignore,
  async fn() {
    const unix = `${await Deno.makeTempDir()}/spice.sock`;
    await using served = await startAppliance({ listen: { unix } });
    const at = { host: "127.0.0.1", port: String(served.port) };
    assertEquals(ends(await spiceGtk(at)), allOpen);
    assertEquals(ends(await spiceGtk({ ...at, password: "anything" })), allOpen);
    assertEquals(ends(await spiceGtk({ "unix-path": unix })), allOpen);
  },
});

for (const version of ["v3", "v1"]) {
  Deno.test({
    name:
      `spice-gtk: TLS with a certificate of X.509 ${version}; another CA is the client's to refuse`,
    ignore,
    async fn() {
      await using served = await startAppliance({
        tickets: ticket,
        tls: certificate(version),
        listen: { port: null, tlsPort: 0 },
      });
      const at = { host: "localhost", "tls-port": String(served.tlsPort), password: "sesame" };
      assertEquals(ends(await spiceGtk({ ...at, "ca-file": caFile })), allOpen);
      const other = await spiceGtk({ ...at, "ca-file": pkiFile("other-ca-cert.pem") });
      assertEquals(ends(other), { "1-0": "TLS error" });
      const wrong = await spiceGtk({ ...at, "ca-file": caFile, password: "wrong" });
      assertEquals(ends(wrong), { "1-0": "authentication error" });
    },
  });
}

Deno.test({
  name: "spice-gtk: tls-channel moves that channel to TLS, plaintext-channel keeps it out",
  ignore,
  async fn() {
    const cases = [
      { channelSecurity: { default: "any", channels: { main: "secure" } }, secure: ["main-0"] },
      { channelSecurity: { default: "any", channels: { inputs: "secure" } }, secure: ["inputs-0"] },
      {
        channelSecurity: { default: "secure", channels: { display: "plaintext" } },
        secure: ["cursor-0", "inputs-0", "main-0"],
      },
    ] as const;
    for (const { channelSecurity, secure } of cases) {
      await using served = await startAppliance(
        { tickets: ticket, tls, channelSecurity, listen: { tlsPort: 0 } },
        "debug",
      );
      const events = await spiceGtk({
        host: "localhost",
        port: String(served.port),
        "tls-port": String(served.tlsPort),
        password: "sesame",
        "ca-file": caFile,
      });
      assertEquals(ends(events), allOpen);
      const opened = served.log.map((line) => JSON.parse(line))
        .filter(({ event }) => event === "channel-opened");
      assertEquals(opened.length, 4);
      const inside = opened.filter((line) => line.secure).map(({ channel }) => channel);
      assertEquals(inside.sort(), [...secure]);
    }
  },
});

Deno.test({
  name: "spice-gtk: a channel that must be secure, without a TLS port, cannot connect",
  ignore,
  async fn() {
    await using served = await startAppliance({
      channelSecurity: { default: "secure", channels: {} },
      tls,
      listen: { tlsPort: 0 },
    });
    const events = await spiceGtk({ host: "127.0.0.1", port: String(served.port) });
    assertEquals(ends(events), { "1-0": "connect error" });
  },
});

Deno.test({
  name:
    "spice-gtk: SASL lets users in by name and password, inside TLS; from the plain port it goes there",
  ignore,
  async fn() {
    const users = [{ name: "ann", secret: { password: "sesame" } }];
    await using served = await startAppliance({
      sasl: { users },
      tls,
      channelSecurity: anyChannel,
      listen: { tlsPort: 0 },
    }, "debug");
    const at = {
      host: "localhost",
      port: String(served.port),
      "tls-port": String(served.tlsPort),
      "ca-file": caFile,
    };
    assertEquals(ends(await spiceGtk({ ...at, username: "ann", password: "sesame" })), allOpen);
    const connected = served.log.map((line) => JSON.parse(line))
      .find(({ event }) => event === "client-connected");
    assertEquals(connected.identity, "ann");
    // a client whose only mechanism is PLAIN
    const library = await find("libplain.so");
    if (library !== null) {
      const folder = await Deno.makeTempDir();
      await Deno.symlink(library, `${folder}/libplain.so`);
      const ann = { ...at, username: "ann", password: "sesame" };
      const env = { SASL_PATH: folder };
      assertEquals(ends(await spiceGtk(ann, { env })), allOpen);
      const wrong = await spiceGtk({ ...ann, password: "wrong" }, { env });
      assertEquals(ends(wrong), { "1-0": "authentication error" });
    }
    for (const [username, password] of [["ann", "wrong"], ["eve", "sesame"]]) {
      assertEquals(ends(await spiceGtk({ ...at, username, password })), {
        "1-0": "authentication error",
      });
    }
  },
});

/** Where a shared library stands; null, with the reason: it is not there. */
async function find(name: string): Promise<string | null> {
  const { out } = await run("find", ["/usr/lib", "-path", `*/sasl2/${name}`], { fails: true });
  if (out === "") console.log(`not installed: ${name}`);
  return out.split("\n")[0] || null;
}

const screenshot = needs("spicy-screenshot");
Deno.test({
  name: "spicy-screenshot takes a picture with the right password, and says so when it is wrong",
  ...screenshot,
  async fn() {
    await using served = await startAppliance({ tickets: ticket });
    const out = await Deno.makeTempFile({ suffix: ".ppm" });
    const args = ["-h", "127.0.0.1", "-p", String(served.port), "-o", out];
    await run("spicy-screenshot", [...args, "-w", "sesame"], { seconds: 20 });
    assert((await Deno.stat(out)).size > 1000);
    const { err, code } = await run("spicy-screenshot", [...args, "-w", "wrong"], { fails: true });
    assert(code !== 0 && err.includes("main channel event: 23"), err);
    await Deno.remove(out);
  },
});
