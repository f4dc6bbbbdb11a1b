/** A Linux guest's virtio ports behind SPICE: its agent's messages, a folder's stream and a console, both ways, through a real QEMU. */
import { assert, assertEquals } from "@std/assert";
import { encode } from "../../core/binary/codec.ts";
import { bytesOfText, textOf } from "../../core/binary/text.ts";
import { pump } from "../../core/link/pump.ts";
import { AgentCap, AgentChunk } from "../../core/protocol/agent.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import type { Channel, Table } from "../../core/protocol/channel.ts";
import { Main } from "../../core/protocol/main.ts";
import { Port } from "../../core/protocol/port.ts";
import { Webdav } from "../../core/protocol/webdav.ts";
import type { PortOptions } from "../../mod.ts";
import { agentWords } from "../kit/agent_talk.ts";
import { startAppliance } from "../kit/appliance.ts";
import { concat } from "../kit/concat.ts";
import { eventually } from "../kit/desk.ts";
import { needsLinux } from "../kit/initramfs.ts";
import { FarEnd, gtkMainCaps } from "../kit/linked.ts";
import { needs } from "../kit/peers.ts";
import { chardev, QemuGuest } from "../kit/qemu_guest.ts";
import { linkChannel } from "../kit/spice_client.ts";

const words = agentWords({ selection: true, grabSerial: false });
const chunk = (data: Uint8Array) => encode(AgentChunk, { port: 1, data });
const caps = Capabilities.of(AgentCap.clipboardByDemand, AgentCap.clipboardSelection);

/** An agent in shell: says what it can, tells its line what it hears, and copies something when it has heard enough. */
const init = `
for p in /sys/class/virtio-ports/*; do ln -s /dev/$(basename $p) "/dev/$(cat $p/name)"; done
( exec 3<>/dev/tty.0; while true; do read -r line <&3 && echo "heard $line" >&3 || sleep 0.1; done ) &
( exec 4<>/dev/org.spice-space.webdav.0; while true; do cat <&4 >&4; sleep 0.1; done ) &
( exec 5<>/dev/com.redhat.spice.0; cat /announce >&5; echo announced
  while true; do
    dd bs=4096 count=1 <&5 2>/dev/null > /heard
    [ -s /heard ] && { echo "agent-heard $(xxd -p /heard | tr -d '\\n') ."; } || sleep 0.1
    grep -q paste-me /heard && cat /grab >&5
  done ) &
echo guest-up
`;

const names: readonly [PortOptions["kind"], string][] = [
  ["agent", "com.redhat.spice.0"],
  ["webdav", "org.spice-space.webdav.0"],
  ["port", "tty.0"],
];

async function link<C extends Table, S extends Table>(
  port: number,
  channel: Channel<C, S>,
  options: Parameters<typeof linkChannel>[2],
) {
  const stream = await linkChannel(port, channel, options);
  const end = new FarEnd(channel);
  const over = pump(stream, end.peer).catch(() => {});
  return {
    end,
    async [Symbol.asyncDispose]() {
      stream.close();
      await over;
    },
  };
}

Deno.test({
  name: "a Linux guest's agent, shared folder and console are reached through QEMU's sockets",
  ignore: needs("qemu-system-x86_64").ignore || needsLinux().ignore,
  async fn() {
    await using qemu = await QemuGuest.start({
      linux: {
        modules: ["virtio_pci", "virtio_console"],
        init,
        files: {
          announce: chunk(
            words.message("announceCapabilities", { request: 1, caps: [...caps.words] }),
          ),
          grab: chunk(words.message("clipboardGrab", { selection: "primary", types: [1] })),
        },
      },
      args: (folder) => [
        ...["-device", "virtio-serial"],
        ...names.flatMap(([kind, name]) => [
          ...chardev(folder, kind),
          ...["-device", `virtserialport,chardev=${kind},name=${name}`],
        ]),
      ],
    });
    await using served = await startAppliance({
      characterDevices: names.map(([kind]) => ({
        id: kind,
        backend: "socket" as const,
        address: { path: qemu.socket(kind) },
        server: false,
        reconnectSeconds: 1,
      })),
      ports: names.map(([kind, name]) => ({ kind, name, chardev: kind, filter: null })),
    });
    await eventually(
      () => served.log.some((line) => line.includes("agent-connected")),
      "the guest's agent has said what it can",
      240,
    );
    const heard = async (bytes: Uint8Array) =>
      await qemu.says(new RegExp(`agent-heard [0-9a-f]*${bytes.toHex()}`));
    {
      await using main = await link(served.port, Main, { caps: gtkMainCaps });
      await eventually(() => main.end.heard.some(({ name }) => name === "init"), "main greets");
      const { body: { sessionId, agentConnected } } = main.end.heard.find(({ name }) =>
        name === "init"
      )!;
      assertEquals(agentConnected, 1);
      const { send } = main.end.peer;
      send.agentStart({ numTokens: 0xffffffff });
      const announce = words.message("announceCapabilities", { request: 1, caps: [...caps.words] });
      send.agentData({ data: announce });
      await heard(chunk(announce));
      main.end.take();
      send.agentData({
        data: words.message("clipboard", {
          selection: "secondary",
          type: 1,
          data: bytesOfText("nobody asked"),
        }),
      });
      const volume = words.message("fileXferStart", { id: 9, data: bytesOfText("paste-me") });
      send.agentData({ data: volume });
      await eventually(
        () => main.end.heard.some(({ name }) => name === "agentData"),
        "the guest has copied something",
      );
      const { body: { data } } = main.end.heard.find(({ name }) => name === "agentData")!;
      assertEquals(words.read(data).map(([name, { selection }]) => [name, selection]), [
        ["clipboardGrab", "primary"],
      ]);
      assert(!qemu.serial.includes(bytesOfText("nobody asked").toHex()), "and nothing else");

      const options = { connectionId: sessionId, caps: Capabilities.of() };
      await using tty = await link(served.port, Port, options);
      await eventually(() => tty.end.heard.some(({ name }) => name === "event"), "it is open");
      tty.end.peer.send.data({ data: bytesOfText("hello console\n") });
      const said = (end: typeof tty.end) =>
        end.heard.filter(({ name }) => name === "data").map(({ body }) => body.data);
      await eventually(
        () => textOf(concat(said(tty.end))).includes("heard hello console"),
        "the console answers",
      );

      await using dav = await link(served.port, Webdav, options);
      await eventually(() => dav.end.heard.some(({ name }) => name === "event"), "it is open");
      const much = new Uint8Array(300_000).map((_, i) => i * 31 ^ i >> 8);
      for (let at = 0; at < much.length; at += 10_000) {
        dav.end.peer.send.data({ data: much.subarray(at, at + 10_000) });
      }
      const back = () =>
        concat(dav.end.heard.flatMap(({ name, body }) => name === "data" ? [body.data] : []));
      await eventually(() => back().length >= much.length, "all comes back", 120);
      assertEquals(back(), much);
    }
    const gone = encode(AgentChunk, {
      port: 2,
      data: agentWords({ selection: false, grabSerial: false }).message("clientDisconnected", {}),
    });
    await qemu.says(new RegExp(`agent-heard [0-9a-f]*${gone.toHex()}`), {
      from: qemu.serial.lastIndexOf(bytesOfText("paste-me").toHex()),
    });
  },
});
