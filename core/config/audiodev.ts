/**
 * `[audiodev "name"]`: sound that does not come with the guest's screen.
 * Source of truth: qemu qapi/audio.json, AudiodevPerDirectionOptions and AudiodevPaOptions, whose words
 * these are, seen from the other side: `out.name` is what the guest plays into.
 */
import type {
  AudioDeviceOptions,
  CharacterDevice,
  PcmAudioOptions,
  PulseAudioOptions,
} from "./options.ts";
import type { Problems } from "./problems.ts";
import type { Section } from "./readconfig.ts";
import { key, Settings } from "./settings.ts";
import { filled, oneOf, oneOfWorking, onOff, socketAddress } from "./values.ts";

const frequency = oneOf(
  "8000",
  "11025",
  "16000",
  "22050",
  "24000",
  "32000",
  "44100",
  "48000",
  "96000",
);
const channels = oneOf("1", "2");
const format = oneOfWorking(["s16"], ["u8", "s8", "u16", "u32", "s32", "f32"]);

export const audioKeys = {
  "id": key(filled),
  "driver": key(oneOf("pcm", "pa")),
  "chardev": key(filled),
  "server": key(socketAddress),
  "cookie": key(filled),
  "out.name": key(filled),
  "out.frequency": key(frequency),
  "out.channels": key(channels),
  "out.format": key(format),
  "microphone": key(onOff),
  "in.name": key(filled),
  "in.frequency": key(frequency),
  "in.channels": key(channels),
  "in.format": key(format),
} as const;

const INPUT = ["in.frequency", "in.channels", "in.format"] as const;
const PCM = ["chardev", "out.frequency", "out.channels", "out.format", ...INPUT] as const;
const PA = ["server", "cookie", "out.name", "in.name"] as const;

type AudioSettings = Settings<typeof audioKeys>;

/** Reads the devices, of which there may be one; null: there is none, or what is wrong with it has been told. */
export function readAudio(
  devices: readonly (readonly Section[])[],
  chardevs: readonly CharacterDevice[],
  readable: (path: string) => boolean,
  problems: Problems,
): AudioDeviceOptions | null {
  const [sections, second] = devices;
  if (second) problems.error(second[0].place, "a guest has one [audiodev]; this is a second one");
  if (!sections) return null;
  const device = new Settings(sections, audioKeys, problems);
  const said = (key: string) => sections.some(({ entries }) => entries.some((e) => e.key === key));
  const driver = device.get("driver");
  if (!said("driver")) {
    problems.error(device.place, `an audiodev needs driver = "pcm" or "pa"`);
  }
  if (driver === "pa") {
    device.unused(PCM, `PulseAudio converts; it belongs to driver = "pcm"`, problems);
    return readPulse(device, said, readable, problems);
  }
  device.unused(PA, `it belongs to driver = "pa"`, problems);
  return readPcm(device, said, chardevs, problems);
}

function readPcm(
  device: AudioSettings,
  said: (key: string) => boolean,
  chardevs: readonly CharacterDevice[],
  problems: Problems,
): PcmAudioOptions {
  const chardev = device.get("chardev");
  const stream = chardevs.find(({ id }) => id === chardev);
  if (chardev === undefined) {
    if (!said("chardev")) {
      const text =
        `an audiodev needs chardev = "…", the name of a [chardev] that is a socket or a pipe`;
      problems.error(device.place, text);
    }
  } else if (!stream) {
    problems.error(device.placeOf("chardev"), `there is no [chardev "${chardev}"]`);
  } else if (stream.backend !== "socket" && stream.backend !== "pipe") {
    const text = `[chardev "${chardev}"] is neither a socket nor a pipe, and sound needs one`;
    problems.error(device.placeOf("chardev"), text);
  }
  const microphone = device.get("microphone") ?? false;
  if (!microphone) device.unused(INPUT, `microphone is "off"`, problems);
  else if (stream?.backend === "pipe") {
    const text = "a microphone needs a [chardev] that is a socket: a pipe goes one way";
    problems.error(device.placeOf("microphone"), text);
  }
  const pcm = (direction: "out" | "in") => ({
    frequency: Number(device.get(`${direction}.frequency`) ?? 48000),
    channels: Number(device.get(`${direction}.channels`) ?? 2) as 1 | 2,
  });
  return {
    id: idOf(device),
    driver: "pcm",
    chardev: chardev ?? "",
    output: pcm("out"),
    input: microphone ? pcm("in") : null,
  };
}

function readPulse(
  device: AudioSettings,
  said: (key: string) => boolean,
  readable: (path: string) => boolean,
  problems: Problems,
): PulseAudioOptions {
  const server = device.get("server"), cookieFile = device.get("cookie") ?? null;
  const sink = device.get("out.name") ?? null, ear = device.get("in.name") ?? null;
  if (server === undefined && !said("server")) {
    const text = `driver = "pa" needs server = "unix:/run/user/1000/pulse/native"`;
    problems.error(device.place, text);
  }
  if (cookieFile !== null && !readable(cookieFile)) {
    problems.error(device.placeOf("cookie"), `${cookieFile} cannot be read`);
  }
  const microphone = device.get("microphone") ?? false;
  if (!microphone) device.unused(["in.name"], `microphone is "off"`, problems);
  else if (ear === null && !said("in.name")) {
    const text = `a microphone needs in.name = "…", the sink that it is played into`;
    problems.error(device.placeOf("microphone"), text);
  } else if (ear !== null && ear === sink) {
    const text = `"${ear}" is out.name, too; a microphone needs another sink than what is heard`;
    problems.error(device.placeOf("in.name"), text);
  }
  return {
    id: idOf(device),
    driver: "pa",
    server: server ?? { path: "" },
    cookieFile,
    sink,
    ear: microphone ? ear : null,
  };
}

const idOf = (device: AudioSettings) => device.id ?? device.get("id") ?? "audiodev0";
