/**
 * A Linux with a desktop of Debian's own programs: Xorg, xterm and spice-vdagent, in a QEMU that knows
 * nothing of SPICE. Its /usr is this machine's, shared read-only by 9p, so that nothing is installed or
 * copied; all else is in memory. No systemd: a script starts udevd, Xorg and the agent.
 */
import { defaultCard } from "../../mod.ts";
import { startAppliance, type TestAppliance } from "./appliance.ts";
import { linuxFiles } from "./initramfs.ts";
import { installed } from "./peers.ts";
import { chardev, QemuGuest } from "./qemu_guest.ts";
import { remoteOptions } from "./remote.ts";

const PROGRAMS = [
  ...["qemu-system-x86_64", "Xorg", "spice-vdagent", "spice-vdagentd", "udevadm"],
  ...["xterm", "xclip", "xrandr", "xev", "setxkbmap", "xsetroot"],
];

/** Options for Deno.test: ignored, with the reason printed, unless the guest can be had. */
export function needsDesktop(...more: string[]): { ignore: boolean } {
  const missing = [...PROGRAMS, ...more].filter((program) => !installed(program));
  if (missing.length > 0) console.log(`not installed: ${missing.join(", ")}`);
  return { ignore: missing.length > 0 || linuxFiles() === null };
}

export interface DesktopOptions {
  /** Its graphics card and displays: QEMU's arguments, made of the folder that the sockets are in. */
  readonly screens: (folder: string) => readonly string[];
  /** The names of QEMU's outputs of the card, as X has them. */
  readonly outputs?: readonly string[];
  /** Its first screen is heard. */
  readonly audio?: boolean;
  /** Has a tablet; otherwise a mouse, and the agent's pointer. */
  readonly tablet?: boolean;
  /** The appliance's own, or `-spice` with its port of the agent. */
  readonly agent?: (folder: string) => readonly string[];
  readonly more?: (folder: string) => readonly string[];
  /** Further files: path in the guest → contents. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

/** One card that takes any size, shown by one VNC server. */
export const oneScreen = (folder: string): string[] => [
  ...["-device", "virtio-vga,id=video0,edid=on"],
  ...["-vnc", `unix:${folder}/vnc0.sock,display=video0`],
];

/** The agent's socket is `agent.sock`, the monitor's `qmp.sock`. */
const agentSocket = (folder: string) => [
  ...chardev(folder, "agent"),
  ...["-device", "virtserialport,chardev=agent,name=com.redhat.spice.0,id=agentport"],
];

const MODULES = [
  ...["virtio_pci", "9p", "9pnet_virtio", "virtio_console", "virtio_gpu", "bochs"],
  ...["virtio_input", "evdev", "uinput", "psmouse", "snd-hda-codec-generic", "snd-hda-intel"],
];

/** What is not in /usr and wanted all the same. */
const ETC = ["passwd", "group", "nsswitch.conf", "ld.so.cache", "fonts", "alternatives", "X11"];

const xorgConf = `
Section "ServerFlags"
  Option "DontZap" "true"
  Option "BlankTime" "0"
  Option "StandbyTime" "0"
  Option "OffTime" "0"
EndSection
Section "InputClass"
  Identifier "all"
  MatchDevicePath "/dev/input/event*"
  Driver "evdev"
EndSection
Section "Device"
  Identifier "card"
  Driver "modesetting"
  Option "AccelMethod" "none"
EndSection
`;

/** Every line that the serial line brings is run in a shell; what it said comes back. */
const init = (outputs: readonly string[]) => `
dmesg -n 1; mkdir -p /usr /run /dev/shm
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 usr /usr || echo no /usr
mount -t tmpfs run /run; mount -t tmpfs shm /dev/shm
mkdir -p /var/log /var/lib/xkb /var/lib/dbus /run/udev /run/spice-vdagentd /root/files /tmp/.X11-unix
chmod 1777 /tmp /tmp/.X11-unix; ln -s /run /var/run; ip link set lo up
export PATH=/usr/bin:/usr/sbin:/bin HOME=/root LANG=C.UTF-8 DISPLAY=:0
echo booted
/lib/systemd/systemd-udevd --daemon
udevadm trigger -s input -s drm -s misc -s virtio-ports -s sound; udevadm settle
Xorg :0 vt1 -config /etc/xorg.conf -noreset -ac -nolisten tcp -extension GLX -retro > /tmp/xorg.out 2>&1 &
while ! xset q > /dev/null 2>&1; do sleep 0.2; done
echo X is up
# what a desktop's own settings daemon does: every output that is there is on, in its preferred size
arrange() {
  before=
  for out in ${outputs.join(" ")}; do
    xrandr --output $out --auto \${before:+--right-of $before}
    before=$out
  done
}
watch() {
  xev -root -event randr -event property | while read line; do
    case $line in RR*) arrange;; Property*) touch /tmp/arranges;; esac
  done
}
while [ ! -e /tmp/arranges ]; do watch; sleep 1; done > /tmp/arrange.out 2>&1 &
mkdir -p /dev/virtio-ports
for p in /sys/class/virtio-ports/*; do ln -sf /dev/$(basename $p) "/dev/virtio-ports/$(cat $p/name)"; done 2>/dev/null
start_agent() {
  spice-vdagentd -X -x -d > /tmp/vdagentd.out 2>&1 &
  while [ ! -S /run/spice-vdagentd/spice-vdagent-sock ]; do sleep 0.1; done
  spice-vdagent -x -d -f /root/files -o 0 > /tmp/vdagent.out 2>&1 &
}
start_agent
# a change before xev listens would be lost
for i in $(seq 300); do [ -e /tmp/arranges ] && break; xsetroot -name desktop; sleep 0.1; done
arrange
stty -F /dev/ttyS0 -echo
echo desktop is up
while read -r n line; do
  ( eval "$line" ) > /tmp/out 2>&1 < /dev/null
  echo "<$n $? $(base64 -w 0 /tmp/out)>"
done < /dev/ttyS0
`;

/** Such a machine, and a shell in it. */
export class DesktopGuest implements AsyncDisposable {
  #next = 0;

  private constructor(
    readonly qemu: QemuGuest,
    readonly outputs: readonly string[],
    readonly audio: boolean,
  ) {}

  /** All but switched on. */
  static async prepare(options: DesktopOptions): Promise<DesktopGuest> {
    const { screens, outputs = ["Virtual-1"], tablet = true, agent = agentSocket, more } = options;
    const links: Record<string, string> = {
      lib64: "/usr/lib64",
      "lib/x86_64-linux-gnu": "/usr/lib/x86_64-linux-gnu",
      "lib/udev": "/usr/lib/udev",
      "lib/systemd": "/usr/lib/systemd",
      "bin/bash": "/usr/bin/bash",
      "bin/udevadm": "/usr/bin/udevadm",
    };
    const files: Record<string, Uint8Array> = {};
    for (const name of ETC) await collect(`/etc/${name}`, files, links);
    Object.assign(files, options.files);
    files["etc/xorg.conf"] = new TextEncoder().encode(xorgConf);
    const qemu = await QemuGuest.prepare({
      memoryMiB: 768,
      args: (folder) => [
        ...["-name", "guest,debug-threads=on"],
        ...["-fsdev", "local,id=usr,path=/usr,security_model=none,readonly=on"],
        ...["-device", "virtio-9p-pci,fsdev=usr,mount_tag=usr"],
        ...["-device", "virtio-serial", ...agent(folder)],
        ...["-qmp", `unix:${folder}/qmp.sock,server=on,wait=off`],
        ...tablet ? ["-device", "virtio-tablet-pci"] : [],
        ...screens(folder),
        ...options.audio
          ? ["-audiodev", "none,id=snd0,out.frequency=48000", "-device", "ich9-intel-hda"]
          : [],
        ...options.audio ? ["-device", "hda-output,audiodev=snd0,mixer=off"] : [],
        ...more?.(folder) ?? [],
      ],
      linux: { modules: MODULES, init: init(outputs), files, links },
    });
    return new DesktopGuest(qemu, outputs, options.audio ?? false);
  }

  socket(id: string): string {
    return this.qemu.socket(id);
  }

  /** Waits until X and the agent run. from: characters of the serial line to pass over. */
  async up(from = 0): Promise<void> {
    await this.qemu.says("desktop is up", { seconds: 400, from });
  }

  /** Such an appliance as a person would put in front of it. */
  async serve(changes: Parameters<typeof startAppliance>[0] = {}): Promise<TestAppliance> {
    const vnc = this.outputs.map((_, head) => ({ path: this.socket(`vnc${head}`) }));
    const qmp = { path: this.socket("qmp") };
    return await startAppliance({
      guest: remoteOptions(vnc, { driver: "qemu", qmp, audio: this.audio }),
      cards: vnc.map((_, i) => ({ ...defaultCard, id: `card${i}` })),
      characterDevices: [{
        id: "vda",
        backend: "socket",
        address: { path: this.socket("agent") },
        server: false,
        reconnectSeconds: 1,
      }],
      ports: [{ kind: "agent", name: "com.redhat.spice.0", chardev: "vda", filter: null }],
      ...changes,
    });
  }

  /** Runs a line of shell in the guest; what it said. Rejects when it fails. */
  async run(line: string, seconds = 120): Promise<string> {
    const { code, said } = await this.try(line, seconds);
    if (code !== 0) throw new Error(`In the guest, ${line} ended with ${code}: ${said}`);
    return said;
  }

  async try(line: string, seconds = 120): Promise<{ code: number; said: string }> {
    const n = ++this.#next;
    const from = this.qemu.serial.length;
    await this.qemu.tell(`${n} ${line}\n`);
    const [, code, out] = await this.qemu.says(new RegExp(`<${n} (\\d+) ([\\w+/=]*)>`), {
      seconds,
      from,
    });
    return { code: Number(code), said: new TextDecoder().decode(Uint8Array.fromBase64(out)) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.qemu[Symbol.asyncDispose]();
  }
}

/** A file, a link, or all in a folder. */
async function collect(
  path: string,
  files: Record<string, Uint8Array>,
  links: Record<string, string>,
): Promise<void> {
  const { isSymlink, isDirectory, isFile } = await Deno.lstat(path).catch(() => ({
    isSymlink: false,
    isDirectory: false,
    isFile: false,
  }));
  if (isSymlink) links[path] = await Deno.readLink(path);
  else if (isFile) files[path] = await Deno.readFile(path);
  else if (isDirectory) {
    for await (const { name } of Deno.readDir(path)) await collect(`${path}/${name}`, files, links);
  }
}
