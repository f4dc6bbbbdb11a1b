/**
 * What clients cost in memory: the program with an X display of 1920×1080, on which a film and a
 * terminal that scrolls move, as pictures and as a stream, and 1 to 16 clients that take everything. Peaks
 * of the resident memory of its process; the X server has its own.
 */
import { encodeJpeg } from "../../core/codecs/jpeg/mod.ts";
import { installed, peer, run } from "../kit/peers.ts";
import { freePorts, v8Flags, watchProgram } from "../kit/program.ts";
import { film, pictures } from "../kit/video360.ts";

const CLIENTS = [1, 2, 4, 8, 16];
const SETTLE_MS = 8000;

/** MiB of a process at most so far. */
async function peakOf(pid: number): Promise<number> {
  // SPEC: Deno itself reads these only when all is allowed
  const { out } = await run("cat", [`/proc/${pid}/status`]);
  return Number(/VmHWM:\s*(\d+) kB/.exec(out)![1]) / 1024;
}

const settled = () => new Promise((wake) => setTimeout(wake, SETTLE_MS));

async function measure(streaming: string, folder: string): Promise<void> {
  const [port] = freePorts(1);
  const player = `gst-launch-1.0 multifilesrc location=${folder}/%03d.jpg ` +
    "caps=image/jpeg,framerate=20/1 loop=true ! jpegdec ! videoconvert ! ximagesink";
  const terminal =
    "xterm -geometry 80x24+1000+600 -e sh -c 'while :; do ls -la /usr/bin; sleep 0.3; done'";
  const config = `${folder}/bench.cfg`;
  await Deno.writeTextFile(
    config,
    `[spice]\nport = "${port}"\ndisable-ticketing = "on"\nstreaming-video = "${streaming}"\n` +
      `[web]\nenabled = "off"\n` +
      `[guest]\ndriver = "x11"\nsize = "1920x1080"\ncommand = "${terminal} & ${player}"\n`,
  );
  const main = new URL("../../main.ts", import.meta.url).pathname;
  await using program = await watchProgram(
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", ...v8Flags, "-NRWSE", "--allow-run=Xvfb,/bin/sh", main]
        .concat(["--config", config, "--log-format", "json"]),
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }),
  );
  await settled();
  const idle = await peakOf(program.child.pid);
  console.log(`streaming-video=${streaming}: ${idle.toFixed(0)} MiB before anybody came`);
  const clients: Deno.ChildProcess[] = [];
  let one = 0;
  for (const count of CLIENTS) {
    while (clients.length < count) {
      const args = ["-p", `${port}`, "-i", "60000"];
      clients.push(
        new Deno.Command(peer("consumer")!, { args, stdout: "null", stderr: "null" }).spawn(),
      );
    }
    await settled();
    const peak = await peakOf(program.child.pid);
    if (count === 1) one = peak;
    const each = count > 1 ? `, ${((peak - one) / (count - 1)).toFixed(1)} for each further` : "";
    console.log(`${String(count).padStart(2)} clients: ${peak.toFixed(0)} MiB at most${each}`);
  }
  for (const client of clients) client.kill("SIGKILL");
  for (const client of clients) await client.status;
}

const missing = ["Xvfb", "xterm", "gst-launch-1.0"].filter((name) => !installed(name));
if (peer("consumer") === null || missing.length > 0) console.log(`not here: ${missing.join(", ")}`);
else {
  const folder = await Deno.makeTempDir();
  try {
    const width = film.right - film.left, height = film.bottom - film.top;
    for (const [i, data] of pictures(60).entries()) {
      const rows = { format: "bit32", width, height, stride: width * 4, topDown: true } as const;
      const file = `${folder}/${String(i).padStart(3, "0")}.jpg`;
      await Deno.writeFile(file, encodeJpeg({ ...rows, data }, 90));
    }
    for (const streaming of ["off", "all"]) await measure(streaming, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
