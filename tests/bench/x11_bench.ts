/**
 * driver = "x11" beside Xspice (auto_glz): the same X programs, the same spice-gtk without a window.
 * Bytes to the client, and the time from a key to a changed pixel; what TigerVNC's Xvnc sends
 * without loss for the burst of lines. Names of scripts as arguments run these alone.
 *
 * Bars: 0.85 of the bytes on scrolled lines, no more than Xvnc on the burst, 1.0 on the others; 3 ms.
 */
import { eventually } from "../kit/desk.ts";
import { Hand, handProgram } from "../kit/hand.ts";
import { needs } from "../kit/peers.ts";
import { freePorts, startProgram } from "../kit/program.ts";
import { type Counted, counting } from "./counting.ts";
import { film, page, reading } from "./x11_pages.ts";
import { median } from "./side_by_side.ts";
import { xspice } from "./xspice.ts";
import { xvnc } from "./xvnc.ts";

const ROUNDS = Number(Deno.env.get("ROUNDS") ?? 3), KEYS = 60;
const terminal = "xterm -b 0 +sb -geometry 213x61+0+0 -e sh -c";
const lines = "i=0; while [ $i -lt 300 ]; do i=$((i+1)); " +
  'echo "$i: the quick brown fox $((i*i*7919)) jumps over the lazy dog $((i*104729))"; ';

/** What runs on each screen of 1280 × 800. */
const scripts: Readonly<Record<string, string>> = {
  lines: `${terminal} '${lines} sleep 0.02; done; sleep 2'`,
  burst: `${terminal} '(${lines} done) > "$FOLDER/lines"; sleep 2; cat "$FOLDER/lines"; sleep 2'`,
  windows: "xterm -b 0 -geometry 80x24+0+0 -e sh -c 'seq 1 60; sleep 60' & a=$!; " +
    "xterm -b 0 -geometry 90x30+300+200 -e sh -c 'seq 1000 1060; sleep 60' & b=$!; sleep 2; " +
    "w=$(xdotool search --onlyvisible --class xterm | head -n 1); " +
    "i=0; while [ $i -lt 80 ]; do i=$((i+1)); xdotool windowmove $w $((i*8)) $((i*4)); sleep 0.03; done; kill $a $b",
  page: page(reading),
  film: page(film),
};

export interface Screen extends AsyncDisposable {
  /** Where clients connect. */
  readonly port: number;
  readonly env: Record<string, string>;
}

async function ours(): Promise<Screen> {
  const [port] = freePorts(1);
  const program = await startProgram(
    `
[spice]
  port = "${port}"
  disable-ticketing = "on"
  image-compression = "auto_glz"
  streaming-video = "filter"
[web]
  enabled = "off"
[guest]
  driver = "x11"
  size = "1280x800"
`,
    "--allow-run=Xvfb,/bin/sh",
  );
  const { DISPLAY, XAUTHORITY } = await program.logged("x11-display");
  return {
    port,
    env: { DISPLAY, XAUTHORITY },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** Bytes until nothing comes for a second. */
async function calm(way: Pick<Counted, "bytes">): Promise<number> {
  for (let before = -1; before !== way.bytes;) {
    before = way.bytes;
    await new Promise((wake) => setTimeout(wake, 1000));
  }
  return way.bytes;
}

async function play(screen: Screen, script: string): Promise<void> {
  const folder = await Deno.makeTempDir();
  const env = { ...screen.env, FOLDER: folder, HOME: folder };
  await new Deno.Command("sh", { args: ["-c", script], env, stdout: "null", stderr: "null" })
    .output();
  await Deno.remove(folder, { recursive: true });
}

interface Found {
  readonly bytes: Record<string, number>;
  readonly delay: readonly number[];
}

async function measure(open: () => Promise<Screen>, names: readonly string[]): Promise<Found> {
  await using screen = await open();
  const way = counting(screen.port);
  const bytes: Record<string, number> = {}, delay: number[] = [];
  await using hand = new Hand(way.port);
  try {
    await hand.says(({ event }) => event === "primary", "a picture");
    for (const name of names.filter((name) => name in scripts)) {
      const before = await calm(way);
      await play(screen, scripts[name]);
      bytes[name] = await calm(way) - before;
    }
    if (!names.includes("keys")) return { bytes, delay };
    const typed = new Deno.Command("xterm", {
      args: ["+bc", "-b", "0", "-geometry", "100x40+20+20", "-e", "cat"],
      env: screen.env,
    }).spawn();
    await hand.tell("point", 300, 300, 0);
    await calm(way);
    for (let i = 0; i < KEYS; i++) {
      const known = hand.said.length;
      await hand.tell("delay", 0x1e + i % 9);
      const seen = () => hand.said.slice(known).find(({ event }) => event === "delay");
      await eventually(() => seen() !== undefined, "the key is seen");
      delay.push(seen()!.ms);
      await new Promise((wake) => setTimeout(wake, 50 + Math.random() * 100));
    }
    typed.kill();
    await typed.status;
    return { bytes, delay };
  } finally {
    way.close();
  }
}

const programs = ["Xorg", "Xvfb", "xterm", "xdotool", "chromium"];
if (!needs(...programs).ignore && handProgram !== null) {
  const names = Deno.args.length > 0 ? Deno.args : [...Object.keys(scripts), "keys"];
  const [mine, other] = [[], []] as Found[][];
  for (let round = 0; round < ROUNDS; round++) {
    mine.push(await measure(ours, names));
    other.push(await measure(xspice, names));
  }
  const load = Deno.loadavg()[0].toFixed(0);
  console.log(`kB to the client, of ${ROUNDS} rounds; load ${load}`);
  console.log("             here    Xspice   ratio of medians");
  for (const name of names.filter((name) => name in scripts)) {
    const [a, b] = [mine, other].map((all) => all.map(({ bytes }) => bytes[name] / 1000));
    const kB = (n: number) => n.toFixed(0).padStart(9);
    const each = `[${a.map(kB).map((t) => t.trim())}] [${b.map(kB).map((t) => t.trim())}]`;
    const ratio = (median(a) / median(b)).toFixed(2);
    console.log(name.padEnd(8) + kB(median(a)) + kB(median(b)) + `   ${ratio}   ${each}`);
  }
  if (names.includes("burst") && !needs("Xtigervnc").ignore) {
    const sent: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await using screen = await xvnc();
      const before = await calm(screen.way);
      await play(screen, scripts.burst);
      sent.push((await calm(screen.way) - before) / 1000);
    }
    console.log(`burst, Xvnc without loss: ${median(sent).toFixed(0)} [${sent.map(Math.round)}]`);
  }
  if (names.includes("keys")) {
    const [a, b] = [mine, other].map((all) => all.flatMap(({ delay }) => delay));
    const least = (all: number[]) =>
      `${median(all).toFixed(2)} (least ${Math.min(...all).toFixed(2)})`;
    console.log(`ms from key to changed pixel, medians: ${least(a)}, Xspice ${least(b)}`);
  }
  // what was started beside must not hold the program
  Deno.exit(0);
}
