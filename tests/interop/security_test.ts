/** The program, configured as the talk of 2011 does it, and the clients that it names: who comes in, and through which door. */
import { assertEquals, assertMatch } from "@std/assert";
import { recording, startAppliance } from "../kit/appliance.ts";
import { Desk, eventually } from "../kit/desk.ts";
import { needs, run } from "../kit/peers.ts";
import { pkiFile } from "../kit/pki.ts";
import { assertSamePixels, decodePng } from "../kit/png.ts";
import { decodePpm } from "../kit/ppm.ts";
import { freePorts, type Program, startProgram } from "../kit/program.ts";

const caFile = pkiFile("ca-cert.pem");

interface Door {
  readonly port: number;
  readonly tlsPort: number;
  readonly config: string;
}

/** A spice.cfg with both ports, a password and a certificate of the mini-CA recipe. */
function door(more = "", certificate: "v1" | "v3" = "v3"): Door {
  const [port, tlsPort] = freePorts(2);
  const config = `[spice]
  port = "${port}"
  tls-port = "${tlsPort}"
  password = "secret"
  x509-key-file = "${pkiFile("server-key.pem")}"
  x509-cert-file = "${pkiFile(`${certificate}-cert.pem`)}"
  x509-cacert-file = "${caFile}"
  ${more}
`;
  return { port, tlsPort, config };
}

const both = ({ port, tlsPort }: Door) => ["-h", "localhost", "-p", `${port}`, "-s", `${tlsPort}`];

/** Those that every guest has; a guest may have sound and ports besides. */
const COMMON = ["main-0", "display-0", "inputs-0", "cursor-0"];

/** Which of the common channels are open, and which of them inside TLS. */
function openChannels({ log }: Program): Record<string, boolean> {
  const opened = log.filter(({ event, channel }) =>
    event === "channel-opened" && COMMON.includes(channel)
  );
  return Object.fromEntries(opened.map(({ channel, secure }) => [channel, secure]));
}

const cases = [
  { more: `tls-channel = "main"`, secure: ["main-0"], certificate: "v1" },
  { more: `tls-channel = "inputs"`, secure: ["inputs-0"], certificate: "v3" },
  {
    more: `tls-channel = "main"\n  tls-channel = "inputs"\n  plaintext-channel = "display"`,
    secure: ["inputs-0", "main-0"],
    certificate: "v1",
  },
  {
    more: `tls-channel = "default"`,
    secure: ["cursor-0", "display-0", "inputs-0", "main-0"],
    certificate: "v3",
  },
] as const;

for (const { more, secure, certificate } of cases) {
  Deno.test({
    name: `spicy with ${more.replaceAll(/\s+/g, " ")}: inside TLS are ${
      secure.join(", ")
    }; X.509 ${certificate}`,
    ...needs("spicy", "Xvfb", "xdotool", "import"),
    async fn() {
      const at = door(more, certificate);
      await using program = await startProgram(at.config);
      await using desk = await Desk.open("1024x800");
      desk.start("spicy", ...both(at), "-w", "secret", `--spice-ca-file=${caFile}`);
      await eventually(() => Object.keys(openChannels(program)).length === 4, "all are open");
      const inside = Object.entries(openChannels(program)).filter(([, tls]) => tls);
      assertEquals(inside.map(([channel]) => channel).sort(), [...secure]);
      await eventually(async () => await desk.colours() > 1000, "it shows the desktop");
    },
  });
}

const screenshot = needs("spicy-screenshot");

/** What spicy-screenshot says on its way to failing. */
async function refused(...args: string[]): Promise<string> {
  const { code, err } = await run("spicy-screenshot", args, { fails: true, seconds: 20 });
  assertEquals(code === 0, false);
  return err;
}

/** spice-gtk: SPICE_CHANNEL_ERROR_… */
const connectError = /event: 20\b/,
  tlsError = /certificate verification: unable to get local issuer/,
  authError = /event: 23\b/;

/** With which code the program turned clients away. */
const codes = ({ log }: Program) =>
  log.filter(({ event }) => event === "link-refused").map(({ code }) => code);

/** The program's log comes by a way of its own, maybe after the client ended. */
async function assertCodes(program: Program, ...expected: string[]): Promise<void> {
  await eventually(() => codes(program).length >= expected.length, "the log says so");
  assertEquals(codes(program), expected);
}

Deno.test({
  name: "spicy-screenshot with a wrong password or without one does not come in",
  ...screenshot,
  async fn() {
    const at = door();
    await using program = await startProgram(at.config);
    const plain = ["-h", "localhost", "-p", `${at.port}`];
    assertMatch(await refused(...plain, "-w", "wrong"), authError);
    assertMatch(await refused(...plain), authError);
    await assertCodes(program, "permissionDenied", "permissionDenied");
  },
});

Deno.test({
  name: "spicy with another CA does not trust the server, and says so",
  ...needs("spicy", "Xvfb"),
  async fn() {
    const at = door();
    await using program = await startProgram(at.config);
    await using desk = await Desk.open("1024x800");
    const said = await Deno.makeTempFile();
    const args = ["-h", "localhost", "-s", `${at.tlsPort}`, "-w", "secret"];
    const ca = `--spice-ca-file=${pkiFile("other-ca-cert.pem")}`;
    desk.start("sh", "-c", `exec 2>"$0" spicy "$@"`, said, ...args, ca);
    await eventually(
      async () => tlsError.test(await Deno.readTextFile(said)),
      "spicy speaks of the certificate",
    );
    assertEquals(openChannels(program), {});
    assertEquals(program.log.some(({ event }) => event === "link-refused"), false);
    await Deno.remove(said);
  },
});

Deno.test({
  name: "spicy-screenshot with an expired password does not come in",
  ...screenshot,
  async fn() {
    const at = door(`\n[ticket]\n  expires = "2011-02-05T12:00:00Z"`);
    await using program = await startProgram(at.config);
    const args = ["-h", "localhost", "-p", `${at.port}`, "-w", "secret"];
    assertMatch(await refused(...args), authError);
    await assertCodes(program, "permissionDenied");
  },
});

Deno.test({
  name: "spicy-screenshot that knows no TLS port is told that it needs one",
  ...screenshot,
  async fn() {
    const at = door(`tls-channel = "main"`);
    await using program = await startProgram(at.config);
    const args = ["-h", "localhost", "-p", `${at.port}`, "-w", "secret"];
    assertMatch(await refused(...args), connectError);
    await assertCodes(program, "needSecured");
  },
});

for (const [secret, comesIn] of [["sesame", true], ["wrong", false]] as const) {
  Deno.test({
    name: `remote-viewer with a .vv file, by SASL with ${
      comesIn ? "the right" : "a wrong"
    } password`,
    ...needs("remote-viewer", "Xvfb", "xdotool"),
    async fn() {
      const at = door(`sasl = "on"\n[sasl]\n  user = "ann:sesame"`, "v1");
      await using program = await startProgram(at.config.replace(/ *password = .*\n/, ""));
      await using desk = await Desk.open("1100x900");
      const file = await Deno.makeTempFile({ suffix: ".vv" });
      const authority = (await Deno.readTextFile(caFile)).trim().replaceAll("\n", "\\n");
      const lines = ["type=spice", "host=localhost", `port=${at.port}`, `tls-port=${at.tlsPort}`]
        .concat("username=ann", `password=${secret}`, `ca=${authority}`, "delete-this-file=0");
      await Deno.writeTextFile(file, `[virt-viewer]\n${lines.join("\n")}\n`);
      desk.start("remote-viewer", file);
      if (comesIn) {
        await eventually(() => Object.keys(openChannels(program)).length === 4, "all are open");
        assertEquals(Object.values(openChannels(program)), [true, true, true, true]);
        const connected = program.log.find(({ event }) => event === "client-connected");
        assertEquals(connected.identity, "ann");
      } else {
        await eventually(() => codes(program).includes("permissionDenied"), "it is refused");
        assertEquals(openChannels(program), {});
      }
      await Deno.remove(file);
    },
  });
}

for (const [name, where] of [["over IPv6", "::1"], ["over a Unix socket", null]] as const) {
  Deno.test({
    name: `spicy-screenshot shows a recording's last frame ${name}`,
    ...screenshot,
    async fn() {
      const folder = await Deno.makeTempDir();
      const unix = where === null ? `${folder}/spice.sock` : null;
      const listen = where === null ? { port: null, unix } : { host: where };
      await using served = await startAppliance({
        listen,
        guest: {
          driver: "replay",
          name: null,
          uuid: null,
          file: recording("office"),
          pace: "max",
          waitClients: 0,
          loop: false,
          after: "stay",
        },
      });
      await served.appliance.guestDone;
      const uri = where === null ? `spice+unix://${unix}` : `spice://[${where}]:${served.port}`;
      const file = `${folder}/shot.ppm`;
      await run("spicy-screenshot", [`--uri=${uri}`, "-o", file], { seconds: 20 });
      const shot = decodePpm(await Deno.readFile(file));
      assertSamePixels(shot, await decodePng(await served.appliance.screenshot(0)));
      await Deno.remove(folder, { recursive: true });
    },
  });
}
