/** Code injected into each part of the running program may do nothing that the configuration does not name. */
import { assert, assertEquals } from "@std/assert";
import { startIntruded } from "../kit/intruded.ts";
import { freePorts, startProgram } from "../kit/program.ts";

/** All that the intruder tries in each of these parts from now on is refused. */
async function nothingAllowed(
  program: Awaited<ReturnType<typeof startIntruded>>,
  parts: readonly string[],
): Promise<void> {
  const from = program.log.length;
  for (const part of parts) {
    // the attempts that were under way when all was open may have seen the start
    const lines = await program.again(`tried-${part}`, 2, from);
    const { results } = lines.at(-1);
    const allowed = Object.entries<string>(results).filter(([, outcome]) =>
      outcome !== "NotCapable"
    );
    assertEquals([part, allowed], [part, []]);
    assert(Object.keys(results).length > 20);
  }
}

Deno.test("an adversary in each part of the program gets NotCapable for all that is not named", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/secret.txt`;
  await Deno.writeTextFile(file, "secret");
  using canary = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [port, web] = freePorts(2);
  await Deno.writeTextFile(
    `${folder}/spice.cfg`,
    `[spice]\nport = "${port}"\ndisable-ticketing = "on"\nstreaming-video = "all"\n` +
      `video-codecs = "ffmpeg:vp8;spice:mjpeg"\n[web]\nport = "${web}"\n`,
  );
  try {
    const decoy = { file, port: canary.addr.port };
    await using program = await startIntruded(decoy, ["--config", `${folder}/spice.cfg`]);
    await nothingAllowed(program, ["main", "serving", "helper", "coding"]);
    assertEquals(await Deno.readTextFile(file), "secret");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an adversary in what carries tunnels reaches the server and the targets, and nothing else of that network", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/secret.txt`;
  await Deno.writeTextFile(file, "secret");
  using canary = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [port, tunnel, target] = freePorts(3);
  const config = `[spice]\nport = "${port}"\ndisable-ticketing = "on"\n[web]\nenabled = "off"\n` +
    `[tunnel "printer"]\nlisten = "127.0.0.1:${tunnel}"\ntarget = "127.0.0.1:${target}"\n`;
  try {
    await using _server = await startProgram(config);
    const decoy = { file, port: canary.addr.port };
    const args = ["connect", `spice://127.0.0.1:${port}`, "--yes", "--tunnel"]
      .concat(`printer=127.0.0.1:${target}`);
    await using program = await startIntruded(decoy, args, "tunnel-carried");
    await nothingAllowed(program, ["main", "carrying"]);
    assertEquals(await Deno.readTextFile(file), "secret");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
