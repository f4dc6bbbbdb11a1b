/** The console inside TLS and at the SPICE ports, as programs that nobody here wrote see it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { hashPassword, makeToken } from "../../core/link/hashed.ts";
import { eventually } from "../kit/desk.ts";
import { Desk } from "../kit/desk.ts";
import { needs, run } from "../kit/peers.ts";
import { pkiFile } from "../kit/pki.ts";
import { freePorts, type Program, startProgram } from "../kit/program.ts";

const caFile = pkiFile("ca-cert.pem");

interface Stage extends AsyncDisposable {
  readonly program: Program;
  readonly port: number;
  readonly tlsPort: number;
  readonly webPort: number;
  readonly webTlsPort: number;
  readonly token: string;
}

/** The program with a password, a user, a token and a certificate of X.509 version 1, everywhere. */
async function start(): Promise<Stage> {
  const [port, tlsPort, webPort, webTlsPort] = freePorts(4);
  const { token, hash } = await makeToken();
  const program = await startProgram(`[spice]
  port = "${port}"
  tls-port = "${tlsPort}"
  password = "secret"
  x509-key-file = "${pkiFile("server-key.pem")}"
  x509-cert-file = "${pkiFile("v1-cert.pem")}"
  x509-cacert-file = "${caFile}"
[web]
  port = "${webPort}"
  tls-port = "${webTlsPort}"
  user = "ann:admin:${await hashPassword("sesame", 4096)}"
  token = "robot:viewer:${hash}"
`);
  await program.logged("console");
  return {
    program,
    port,
    tlsPort,
    webPort,
    webTlsPort,
    token,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

async function curl(...args: string[]): Promise<string> {
  const { out } = await run("curl", ["-sS", "--max-time", "30", "--cacert", caFile, ...args]);
  return out;
}

Deno.test({
  name: "curl finds the console on four ports, logs in inside TLS, and uses the API",
  ...needs("curl"),
  async fn() {
    await using stage = await start();
    const urls = [
      `http://127.0.0.1:${stage.webPort}/`,
      `https://localhost:${stage.webTlsPort}/`,
      `http://127.0.0.1:${stage.port}/`,
      `https://localhost:${stage.tlsPort}/`,
    ];
    const folder = await Deno.makeTempDir();
    for (const [i, url] of urls.entries()) {
      assertMatch(await curl(url), /<title>Console<\/title>/);
      const jar = ["-c", `${folder}/${i}`, "-b", `${folder}/${i}`];
      const said = await curl(
        ...jar,
        "--json",
        `{"user":"ann","password":"sesame"}`,
        `${url}api/session`,
      );
      assertEquals(JSON.parse(said).role, "admin");
      const secure = url.startsWith("https:") ? "TRUE" : "FALSE";
      const cookies = await Deno.readTextFile(`${folder}/${i}`);
      assertMatch(
        cookies,
        new RegExp(`^#HttpOnly_\\S+\\tFALSE\\t/\\t${secure}\\t0\\tspice-${stage.webPort}\\t`, "m"),
      );
      const [guest] = JSON.parse(await curl(...jar, `${url}api/guests`));
      assertEquals(guest.driver, "demo");
    }
    const authorization = `Authorization: Bearer ${stage.token}`;
    const metrics = await curl("-H", authorization, `${urls[1]}metrics`);
    assertMatch(metrics, /^spice_clients 0$/m);
    assertMatch(metrics, /^spice_display_draws_total\{display="0"\} [1-9]/m);
    assertMatch(metrics, /^process_resident_memory_bytes [1-9]\d{6,}$/m);
    const picture = `${folder}/now.png`;
    await curl("-H", authorization, "-o", picture, `${urls[1]}api/displays/0/screenshot.png`);
    assertEquals([...(await Deno.readFile(picture)).subarray(1, 4)], [80, 78, 71]);
    const log = JSON.stringify(stage.program.log);
    assert(!log.includes("sesame") && !log.includes(stage.token) && !log.includes('secret"'));
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "openssl finds TLS 1.2 and 1.3 at the console, and nothing older",
  ...needs("openssl"),
  async fn() {
    await using stage = await start();
    const at = ["s_client", "-connect", `localhost:${stage.webTlsPort}`, "-CAfile", caFile];
    const with_ = async (...version: string[]) => {
      const shell = `openssl "$@" </dev/null 2>&1`;
      const { out } = await run("sh", ["-c", shell, "sh", ...at, ...version], { fails: true });
      return out;
    };
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const said = await with_(version);
      assertMatch(said, /Verify return code: 0 \(ok\)/, said);
    }
    const old = await with_("-tls1_1", "-cipher", "ALL:@SECLEVEL=0");
    assertMatch(old, /Cipher is \(NONE\)/);
    assertEquals(await (await fetch(`http://127.0.0.1:${stage.webPort}/healthz`)).text(), "ok\n");
  },
});

Deno.test({
  name: "remote-viewer comes in with the .vv file that a viewer's token gets, once, and only looks",
  ...needs("remote-viewer", "Xvfb", "xdotool", "curl"),
  async fn() {
    await using stage = await start();
    await using desk = await Desk.open("1100x900");
    const file = await Deno.makeTempFile({ suffix: ".vv" });
    const url = `https://localhost:${stage.webTlsPort}/api/viewer.vv`;
    await curl("-H", `Authorization: Bearer ${stage.token}`, "-o", file, url);
    desk.start("remote-viewer", file);
    const opened = () =>
      stage.program.log.filter(({ event }) => event === "channel-opened")
        .map(({ channel }) => `${channel}`);
    const usual = ["main-0", "display-0", "inputs-0", "cursor-0"];
    await eventually(() => usual.every((name) => opened().includes(name)), "its channels are open");
    await eventually(async () => await desk.colours() > 1000, "it shows the desktop");
    const connected = stage.program.log.find(({ event }) => event === "client-connected");
    assertEquals([connected.identity, connected.viewOnly], ["robot", true]);
    assertEquals(opened().includes("record-0"), false, "a viewer speaks to nobody");
    await assertGone(file);
  },
});

/** remote-viewer removes the file, as it is told in it. */
async function assertGone(file: string): Promise<void> {
  await eventually(async () => {
    try {
      await Deno.stat(file);
      return false;
    } catch {
      return true;
    }
  }, "remote-viewer has removed the file");
}
