/** The `[audiodev]` of a configuration: sound that does not come with the guest's screen. */
import type { Clock } from "../../core/clock.ts";
import type { AudioDeviceOptions, CharacterDevice } from "../../core/config/options.ts";
import type { GuestMicrophone, GuestSound } from "../../core/guest.ts";
import type { Log } from "../../core/log.ts";
import { openSocket, type PortFacts } from "../ports/open_ports.ts";
import { PcmMicrophone, PcmSound, pcmUser } from "./pcm.ts";

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
  const stream = characterDevices.find(({ id }) => id === device?.chardev);
  if (device === null || (stream?.backend !== "socket" && stream?.backend !== "pipe")) return null;
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
