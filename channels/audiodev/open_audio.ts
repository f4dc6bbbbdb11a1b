/** The `[audiodev]` of a configuration: sound that does not come with the guest's screen. */
import type { Clock } from "../../core/clock.ts";
import type {
  AudioDeviceOptions,
  CharacterDevice,
  PcmAudioOptions,
  PulseAudioOptions,
} from "../../core/config/options.ts";
import type { GuestMicrophone, GuestSound } from "../../core/guest.ts";
import type { Log } from "../../core/log.ts";
import { COOKIE_BYTES } from "../../core/pulse/commands.ts";
import { dial, firstBytes } from "../dial.ts";
import { openSocket, type PortFacts } from "../ports/open_ports.ts";
import { SocketPort } from "../ports/socket_port.ts";
import { PcmMicrophone, PcmSound, pcmUser } from "./pcm.ts";
import { Pulse } from "./pulse.ts";

/** A server that is not there is looked for again at least so often. */
const SERVER_PAUSE_MS = 5000;

export interface OpenAudio {
  readonly sound: GuestSound;
  /** null: the guest does not listen. */
  readonly microphone: GuestMicrophone | null;
  facts(): PortFacts;
  /** May be called again. */
  close(): void;
}

/** Rejects when a socket that listens cannot be had. null: there is no such device. */
export async function openAudio(
  device: AudioDeviceOptions | null,
  characterDevices: readonly CharacterDevice[],
  clock: Clock,
  log: Log,
): Promise<OpenAudio | null> {
  if (device === null) return null;
  if (device.driver === "pa") return openPulse(device, clock, log);
  return await openPcm(device, characterDevices, clock, log);
}

async function openPcm(
  device: PcmAudioOptions,
  characterDevices: readonly CharacterDevice[],
  clock: Clock,
  log: Log,
): Promise<OpenAudio | null> {
  const stream = characterDevices.find(({ id }) => id === device.chardev);
  if (stream?.backend !== "socket" && stream?.backend !== "pipe") return null;
  const { id: name, output, input } = device;
  const port = await openSocket(stream, { kind: "port", name, lazy: false, clock, log });
  const sound = new PcmSound(output, clock, (on) => port.flow(on));
  const microphone = input && new PcmMicrophone(input, port);
  port.attach(pcmUser(sound, microphone));
  return {
    sound,
    microphone,
    facts: () => ({ name, kind: "sound", open: port.open, used: sound.heard, from: [] }),
    close() {
      port.close();
      sound.reset();
    },
  };
}

function openPulse(device: PulseAudioOptions, clock: Clock, log: Log): OpenAudio {
  const { id: name, server, cookieFile, sink, ear } = device;
  const source = {
    async next() {
      if (cookieFile !== null) pulse.cookie = await firstBytes(cookieFile, COOKIE_BYTES);
      return await dial(server);
    },
    close() {},
  };
  const port = new SocketPort({
    kind: "port",
    name,
    source,
    lazy: true,
    longestPauseMs: SERVER_PAUSE_MS,
    clock,
    log,
  });
  const pulse = new Pulse({ sink, ear }, port, clock, log);
  port.attach(pulse);
  return {
    sound: pulse.sound,
    microphone: pulse.microphone,
    facts: () => ({ name, kind: "sound", open: pulse.open, used: pulse.used, from: [] }),
    close() {
      port.close();
      pulse.reset();
    },
  };
}
