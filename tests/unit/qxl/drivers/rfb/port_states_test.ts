import { assertEquals } from "@std/assert";
import { originsOf } from "../../../../../qxl/drivers/rfb/origins.ts";
import { PortStates } from "../../../../../qxl/drivers/rfb/port_states.ts";
import type { Monitor, QmpEvent } from "../../../../../qxl/drivers/rfb/qmp.ts";
import { until } from "../../../../kit/linked.ts";

/** A QEMU 7.2 as it answers. */
class FakeMonitor implements Monitor {
  connected = true;
  readonly asked: string[] = [];
  readonly #listeners: ((event: QmpEvent) => void)[] = [];
  constructor(readonly answers: Readonly<Record<string, unknown>>) {}
  execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    this.asked.push(["path" in args ? `${command} ${args.path}` : command].join());
    const answer = this.answers[command];
    return answer === undefined ? Promise.reject(new Error("no")) : Promise.resolve(answer);
  }
  onEvent(listener: (event: QmpEvent) => void): void {
    this.#listeners.push(listener);
  }
  say(event: string, data: QmpEvent["data"] = {}): void {
    for (const listener of this.#listeners) listener({ event, data });
  }
}

const chardevs = [
  { "frontend-open": true, filename: "stdio", label: "serial0" },
  {
    "frontend-open": false,
    filename: "disconnected:unix:/run/vm/agent.sock,server=on",
    label: "vda",
  },
  {
    "frontend-open": true,
    filename: "tcp:127.0.0.1:4000,server=on <-> 127.0.0.1:53012",
    label: "dav",
  },
];

Deno.test("whether a port is open inside the guest is known from QEMU's monitor, and told as it changes", async () => {
  const monitor = new FakeMonitor({ "query-chardev": chardevs, "qom-get": "vda" });
  const states = new PortStates(monitor);
  const agent: (boolean | null)[] = [], dav: (boolean | null)[] = [];
  states.watch("unix:/run/vm/agent.sock", (open) => agent.push(open));
  const stop = states.watch("tcp:127.0.0.1:4000", (open) => dav.push(open));
  monitor.say("CONNECTED");
  await until(() => dav.length === 2);
  stop();
  // an agent that is started anew is open twice
  for (const open of [true, true, false]) {
    monitor.say("VSERPORT_CHANGE", { id: "agentport", open });
  }
  monitor.say("DISCONNECTED");
  await until(() => agent.at(-1) === null && agent.length > 2);
  assertEquals(agent, [null, null, true, true, false, null]);
  assertEquals(dav, [null, true]);
  assertEquals(monitor.asked, ["query-chardev", "qom-get /machine/peripheral/agentport"]);
});

Deno.test("nothing is known of ports where the monitor refuses or talks nonsense", async () => {
  for (const answer of [undefined, {}, [{}], [{ label: 3, filename: null }]]) {
    const monitor = new FakeMonitor({ "query-chardev": answer });
    const states = new PortStates(monitor);
    const told: (boolean | null)[] = [];
    states.watch("unix:/run/vm/agent.sock", (open) => told.push(open));
    monitor.say("CONNECTED");
    monitor.say("VSERPORT_CHANGE", { id: "agentport", open: true });
    monitor.say("VSERPORT_CHANGE", { id: 7 });
    monitor.say("DISCONNECTED");
    await until(() => told.length === 2);
    assertEquals(told, [null, null]);
  }
});

Deno.test("a display's device is told by the VNC server that shows it, behind bridges too", async () => {
  const unix = (path: string, display?: string) => ({
    display,
    server: [{ family: "unix", service: path, host: "" }],
  });
  const monitor = new FakeMonitor({
    "query-vnc-servers": [
      { display: "far", server: [{ family: "ipv4", service: "5977", host: "127.0.0.1" }] },
      unix("/run/vm/vnc1.sock", "video0"),
      unix("/run/vm/vnc0.sock", "video0"),
      unix("/run/vm/other.sock"),
    ],
    "query-pci": [{
      bus: 0,
      devices: [
        { slot: 2, function: 0, qdev_id: "video0" },
        {
          slot: 3,
          function: 0,
          qdev_id: "bridge",
          pci_bridge: { devices: [{ slot: 31, function: 1, qdev_id: "far" }] },
        },
      ],
    }],
  });
  const addresses = [
    { path: "/run/vm/vnc0.sock" },
    { path: "/run/vm/vnc1.sock" },
    { host: "127.0.0.1", port: 5977 },
    { path: "/run/vm/other.sock" },
  ];
  assertEquals(await originsOf(monitor, addresses), [
    { deviceAddress: "pci/0000/02.0", output: 0 },
    { deviceAddress: "pci/0000/02.0", output: 1 },
    { deviceAddress: "pci/0000/03.0/1f.1", output: 0 },
    null,
  ]);
});
