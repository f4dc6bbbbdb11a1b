/** What PulseAudio plays beside a screen, heard by spice-gtk; and what spice-gtk says, heard there. */
import { assertEquals } from "@std/assert";
import { eventually } from "../kit/desk.ts";
import { installed, peer } from "../kit/peers.ts";
import { freePorts } from "../kit/program.ts";
import { Pulse } from "../kit/pulse.ts";
import { serveSounds, SoundClient } from "../kit/sounding.ts";
import { loudest, tone } from "../kit/tones.ts";

const program = peer("sounds");
const missing = program === null || !installed("pulseaudio") || !installed("paplay");
if (missing) console.log("without PulseAudio's sound: it is not installed, or spice-gtk is not");

const pipewire = ["pipewire", "pipewire-pulse", "wireplumber", "dbus-daemon"];
const missingPipeWire = missing || !pipewire.every(installed);
if (missingPipeWire) console.log(`without PipeWire's sound: one of ${pipewire} is not installed`);

const STEREO = { frequency: 48_000, channels: 2 } as const;

/** Two seconds in which no two places are alike. */
function melody(): Int16Array {
  const a = tone(440, 2, 0.3), b = tone(617.3, 2, 0.2);
  return a.map((sample, i) => sample + b[i] + (i % 7) + 1);
}

/** Where `part` begins in `all`; -1: nowhere. */
function find(part: Int16Array, all: Int16Array): number {
  for (let at = 0; at + part.length <= all.length; at += 2) {
    let i = 0;
    while (i < part.length && part[i] === all[at + i]) i++;
    if (i === part.length) return at;
  }
  return -1;
}

/** What is played into the sink "out" is heard, sample by sample. */
async function hearAll(server: Pulse, client: SoundClient): Promise<void> {
  const played = melody();
  const heard = async () => find(played, await client.heard()) >= 0;
  // on a busy machine paplay itself may come too late for its sink
  for (let tries = 0; tries < 3 && !await heard(); tries++) {
    await server.play(played, "out");
    await eventually(() => client.has("stop"), "it is heard to its end");
    client.forget("stop");
  }
  assertEquals(await heard(), true, "every sample is heard, in their order");
}

Deno.test({
  name: "every sample that PulseAudio writes into a pipe is heard by spice-gtk",
  ignore: missing,
  async fn() {
    await using pulse = await Pulse.start((folder) => [
      `module-pipe-sink sink_name=pipe file=${folder}/sound format=s16le rate=48000 channels=2`,
    ]);
    await using served = await serveSounds({
      sound: { playbackCompression: false },
      characterDevices: [{ id: "sound", backend: "pipe", path: `${pulse.folder}/sound` }],
      audio: { id: "snd0", driver: "pcm", chardev: "sound", output: STEREO, input: null },
    });
    await using client = new SoundClient(program!, served.port);
    await eventually(() => client.has("playback"), "the channel is there");
    // the pipe's sink is silent for ever, and that is no sound
    assertEquals(client.has("start"), false);
    const played = melody();
    await pulse.play(played, "pipe");
    // how long before the first sample PulseAudio is silent is its affair
    await eventually(
      async () => find(played, await client.heard()) >= 0,
      "every sample is heard, in their order",
      60,
    );
    await client.end();
    assertEquals(served.log.lines.filter(({ level }) => level === "error"), []);
  },
});

Deno.test({
  name: "PulseAudio's TCP protocol brings its sound at another rate, and takes the microphone",
  ignore: missing,
  async fn() {
    const [port] = await freePorts(1);
    await using pulse = await Pulse.start(() => [
      "module-null-sink sink_name=out rate=44100 channels=2 format=s16le",
      "module-null-sink sink_name=ear rate=16000 channels=1 format=s16le",
      `module-simple-protocol-tcp listen=127.0.0.1 port=${port} source=out.monitor sink=ear ` +
      "record=true playback=true rate=44100 channels=2 format=s16le",
    ]);
    await using served = await serveSounds({
      characterDevices: [{
        id: "sound",
        backend: "socket",
        address: { host: "127.0.0.1", port },
        server: false,
        reconnectSeconds: 1,
      }],
      audio: {
        id: "snd0",
        driver: "pcm",
        chardev: "sound",
        output: { frequency: 44_100, channels: 2 },
        input: { frequency: 44_100, channels: 2 },
      },
    });
    await using client = new SoundClient(program!, served.port, 660);
    await eventually(() => client.has("playback"), "the channel is there");
    await eventually(() => client.has("record-start"), "the microphone is asked for", 60);
    await pulse.play(tone(440, 2), "out");
    await eventually(() => client.has("stop"), "it is heard to its end");
    assertEquals(loudest((await client.heard()).subarray(24_000, 120_000)), 440);

    await using recorded = new Recorded(pulse.record("ear.monitor"));
    await eventually(() => recorded.loud > 96_000, "a second of the microphone arrives", 120);
    assertEquals(loudest(recorded.take().subarray(-96_000)), 660);
    assertEquals(served.log.lines.filter(({ level }) => level === "error"), []);
  },
});

/** PulseAudio's monitors leave out the beginning of what a sink takes back to mix something in: parec hears so, too. */
const NULL_SINK = "module-null-sink norewinds=1 rate=48000 channels=2 format=s16le sink_name=";

Deno.test({
  name: "every sample that is played into a PulseAudio sink is heard by its native protocol",
  ignore: missing,
  async fn() {
    await using pulse = await Pulse.start(() => [`${NULL_SINK}out`]);
    await using served = await serveSounds({
      sound: { playbackCompression: false },
      audio: {
        id: "snd0",
        driver: "pa",
        server: { path: `${pulse.folder}/native` },
        cookieFile: null,
        sink: "out",
        ear: null,
      },
    });
    await using client = new SoundClient(program!, served.port);
    await eventually(() => client.has("playback"), "the channel is there");
    await eventually(() => served.log.of("sound-found").length === 1, "the sink is found");
    assertEquals(client.has("start"), false);
    await hearAll(pulse, client);
    assertEquals(served.log.of("sound-found"), [{ port: "snd0", source: "out.monitor" }]);

    // a sink that goes takes its stream with it; one that comes again is heard again
    await pulse.control("unload-module", "module-null-sink");
    await eventually(() => served.log.of("sound-failed").length > 0, "its end is told");
    await pulse.control("load-module", ...`${NULL_SINK}out`.split(" "));
    await eventually(() => served.log.of("sound-found").length === 2, "it is found again", 60);
    const before = (await client.heard()).length;
    await pulse.play(tone(440, 2), "out");
    await eventually(
      async () => (await client.heard()).length > before + 96_000,
      "a second is heard",
    );
    assertEquals(served.log.lines.filter(({ level }) => level === "error"), []);
  },
});

Deno.test({
  name:
    "every sample that is played into a sink of PipeWire is heard, and a recorder gets the microphone",
  ignore: missingPipeWire,
  async fn() {
    await using pipewire = await Pulse.startPipeWire();
    for (const name of ["out", "ear"]) {
      await pipewire.control("load-module", "module-null-sink", `sink_name=${name}`);
    }
    await pipewire.control("set-default-sink", "out");
    await using served = await serveSounds({
      sound: { playbackCompression: false },
      audio: {
        id: "snd0",
        driver: "pa",
        server: { path: `${pipewire.folder}/pulse/native` },
        cookieFile: null,
        sink: null,
        ear: "ear",
      },
    });
    await using client = new SoundClient(program!, served.port, 660);
    await eventually(() => served.log.of("sound-found").length === 1, "the sink is found");
    assertEquals(served.log.of("sound-found"), [{ port: "snd0", source: "out.monitor" }]);
    await hearAll(pipewire, client);

    assertEquals(client.has("record-start"), false);
    await using recorded = new Recorded(pipewire.record("ear.monitor"));
    await eventually(() => client.has("record-start"), "the microphone is asked for", 60);
    await eventually(() => recorded.loud > 96_000, "a second of the microphone arrives", 120);
    assertEquals(loudest(recorded.take().subarray(-96_000)), 660);
    assertEquals(served.log.lines.filter(({ level }) => level === "error"), []);
  },
});

Deno.test({
  name:
    "by TCP and its cookie the default sink is heard at another rate, and a recorder gets the microphone",
  ignore: missing,
  async fn() {
    const [port] = await freePorts(1);
    await using pulse = await Pulse.start((folder) => {
      const cookie = Uint8Array.from({ length: 256 }, (_, i) => i);
      Deno.writeFileSync(`${folder}/cookie`, cookie);
      return [
        "module-null-sink sink_name=out rate=44100 channels=2 format=s16le",
        `${NULL_SINK}ear`,
        `module-native-protocol-tcp listen=127.0.0.1 port=${port} auth-cookie=${folder}/cookie`,
      ];
    });
    await pulse.control("set-default-sink", "out");
    await using served = await serveSounds({
      audio: {
        id: "snd0",
        driver: "pa",
        server: { host: "127.0.0.1", port },
        cookieFile: `${pulse.folder}/cookie`,
        sink: null,
        ear: "ear",
      },
    });
    await using client = new SoundClient(program!, served.port, 660);
    await eventually(() => client.has("playback"), "the channel is there");
    await eventually(() => served.log.of("sound-found").length === 1, "the sink is found");
    await pulse.play(tone(440, 2), "out");
    await eventually(() => client.has("stop"), "it is heard to its end");
    assertEquals(loudest((await client.heard()).subarray(24_000, 120_000)), 440);

    assertEquals(client.has("record-start"), false);
    await using recorded = new Recorded(pulse.record("ear.monitor"));
    await eventually(() => client.has("record-start"), "the microphone is asked for", 60);
    await eventually(() => recorded.loud > 96_000, "a second of the microphone arrives", 120);
    assertEquals(loudest(recorded.take().subarray(-96_000)), 660);
    await recorded[Symbol.asyncDispose]();
    await eventually(() => client.has("record-stop"), "nobody records any more");
    assertEquals(served.log.lines.filter(({ level }) => level === "error"), []);
  },
});

Deno.test({
  name: "without its cookie a PulseAudio refuses, which is told once",
  ignore: missing,
  async fn() {
    const [port] = await freePorts(1);
    await using _pulse = await Pulse.start((folder) => {
      Deno.writeFileSync(`${folder}/cookie`, new Uint8Array(256).fill(1));
      const module = `module-native-protocol-tcp listen=127.0.0.1 port=${port}`;
      return [`${module} auth-cookie=${folder}/cookie`, `${NULL_SINK}out`];
    });
    await using served = await serveSounds({
      audio: {
        id: "snd0",
        driver: "pa",
        server: { host: "127.0.0.1", port },
        cookieFile: null,
        sink: "out",
        ear: null,
      },
    });
    await eventually(() => served.log.of("port-opened").length > 2, "it is tried again");
    assertEquals(
      served.log.of("sound-failed").map(({ error }) => (error as Error).message),
      ["The sound server refuses the login; it may want its cookie: access denied"],
    );
  },
});

/** What parec writes. */
class Recorded implements AsyncDisposable {
  #over = false;
  /** Samples that are not silent. */
  loud = 0;
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  #bytes = new Uint8Array();

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#reading = this.#read();
  }

  take(): Int16Array {
    return new Int16Array(this.#bytes.buffer, 0, this.#bytes.length >> 1);
  }

  async #read(): Promise<void> {
    for await (const chunk of this.#child.stdout) {
      const all = new Uint8Array(this.#bytes.length + chunk.length);
      all.set(this.#bytes);
      all.set(chunk, this.#bytes.length);
      this.#bytes = all;
      this.loud = this.take().filter((sample) => Math.abs(sample) > 500).length;
    }
  }

  async [Symbol.asyncDispose]() {
    if (this.#over) return;
    this.#over = true;
    this.#child.kill("SIGTERM");
    await this.#reading;
    await this.#child.status;
  }
}
