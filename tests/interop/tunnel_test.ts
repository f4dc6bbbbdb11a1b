/** Tunnels between the program, its `connect`, and a printer in another network. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { needs, run } from "../kit/peers.ts";
import { SpiceClient } from "../kit/spice_client.ts";
import { connectCommand, print, startConnect, startTunnelled } from "../kit/tunnelled.ts";

const onLinux = { ignore: Deno.build.os !== "linux" };

const someBytes = (n: number) => {
  const bytes = new Uint8Array(n);
  for (let at = 0; at < n; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
};
const sha256 = async (bytes: Uint8Array<ArrayBuffer>) =>
  `${bytes.length} ${new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex()}`;

async function until(is: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !is(); tries++) {
    if (tries === 1200) throw new Error(`It did not come to ${what} within two minutes`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

Deno.test({
  name:
    "print jobs reach a printer in another network byte for byte, fifty at once, beside a client that keeps its picture while a target does not read",
  ...onLinux,
  async fn() {
    await using stage = await startTunnelled();
    const { server, printer, stuck, nobody } = stage;
    // nobody carries it yet
    const early = print(printer, new Uint8Array(1)).catch(() => "");
    await server.logged("tunnel-refused");
    assertEquals(await early, "");
    await using viewer = await SpiceClient.connect(stage.port, {
      host: stage.network.here,
      password: "secret",
    });
    {
      await using _carrier = startConnect(stage);
      await server.again("tunnel-consent", 3, 0);

      // one large job, and what comes back when its own direction is closed
      const job = someBytes(20_000_000);
      assertEquals(await print(printer, job), await sha256(job));
      const [closed] = await server.again("tunnel-close", 1, 0);
      assertEquals([closed.reason, closed.sentBytes], ["ok", job.length]);

      // a target that does not read: three of its hosts push until nothing more goes
      const pushes = await Promise.all(
        [1, 2, 3].map(() => Deno.connect({ hostname: "127.0.0.1", port: stuck })),
      );
      let pushed = 0;
      const pushing = pushes.map(async (conn) => {
        const piece = new Uint8Array(1 << 18);
        for (;;) pushed += await conn.write(piece);
      });
      const stopped = Promise.allSettled(pushing);
      let before = -1;
      await until(() => {
        const still = pushed > 0 && pushed === before;
        before = pushed;
        return still;
      }, "a standstill of what is pushed");

      // meanwhile fifty others are served
      const jobs = Array.from({ length: 50 }, (_, i) => someBytes(10_000 + 997 * i));
      const answers = await Promise.all(jobs.map((job) => print(printer, job)));
      assertEquals(answers, await Promise.all(jobs.map(sha256)));

      // and whoever types sees it
      await until(() => viewer.viewer.surfaces.has(0), "a picture");
      const { inputs } = viewer;
      for (let i = 0; i < 5; i++) {
        const { pixels } = viewer.picture;
        const shown = pixels.slice();
        inputs.peer.send.keyDown({ code: 0x1e + i });
        inputs.peer.send.keyUp({ code: 0x9e + i });
        await until(
          () => viewer.picture.pixels.some((pixel, at) => pixel !== shown[at]),
          "a letter",
        );
      }
      assertEquals(viewer.errors, []);

      // where nobody listens the host hears it at once, and the log says why
      assertEquals(await print(nobody, new Uint8Array(0)).catch(() => ""), "");
      await until(
        () => server.log.some((line) => line.event === "tunnel-close" && line.reason === "refused"),
        "a refusal",
      );
      for (const conn of pushes) conn.close();
      await stopped;
    }
    // the carrier is gone: what it carried ends, and the viewer is as before
    await server.again("tunnel-consent-over", 3, 0);
    assertEquals(await print(printer, new Uint8Array(1)).catch(() => ""), "");
    assertEquals(viewer.errors, []);
    assert(server.log.every(({ level }) => level !== "error"));
  },
});

Deno.test({
  name: "connect asks at the terminal, takes no for an answer, and needs --yes where there is none",
  ignore: onLinux.ignore || needs("script", "pgrep").ignore,
  async fn() {
    await using stage = await startTunnelled();
    const { network, connect, server } = stage;
    const env = { SPICE_PASSWORD: "secret" };
    const [first, ...args] = connectCommand(network, connect);
    const mute = await run(first, args, { env, fails: true });
    assertEquals(mute.code, 1);
    assertStringIncludes(mute.err, "no: there is no terminal to ask at; --yes agrees beforehand");
    assertStringIncludes(mute.err, "cannot-carry");

    const quoted = [first, ...args].map((word) => `'${word}'`).join(" ");
    const typed = (
      answer: string,
    ) => ["-c", `yes ${answer} | head -20 | exec script -qec "${quoted}" /dev/null`];
    const from = server.log.length;
    const refused = await run("sh", typed("n"), { env, fails: true });
    assertStringIncludes(refused.out, "Allow it? [y/N]");
    assertStringIncludes(refused.out, `${network.there}:`);
    assertEquals(server.log.slice(from).filter(({ event }) => event === "tunnel-consent"), []);

    const agreeing = new Deno.Command("sh", {
      args: typed("y"),
      env,
      stdin: "null",
      stdout: "null",
    }).spawn();
    await server.again("tunnel-consent", 3, from);
    // whoever holds the terminal goes, and takes with it what runs there
    const over = server.again("tunnel-consent-over", 3, from);
    const { out } = await run("pgrep", ["-P", `${agreeing.pid}`, "script"], { fails: true });
    for (const pid of [...out.split("\n").filter(Boolean).map(Number), agreeing.pid]) {
      try {
        Deno.kill(pid, "SIGTERM");
      } catch { /* it went with the other */ }
    }
    await agreeing.status;
    await over;
  },
});

Deno.test({
  name: "a carrier with a wrong password is refused, and says so",
  ...onLinux,
  async fn() {
    await using stage = await startTunnelled();
    const [first, ...args] = connectCommand(stage.network, [...stage.connect, "--yes"]);
    const { code, err } = await run(first, args, { env: { SPICE_PASSWORD: "no" }, fails: true });
    assertEquals(code, 1);
    assertStringIncludes(err, "permissionDenied");
    assert(!err.includes("secret"));
  },
});
