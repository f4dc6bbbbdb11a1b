/** The child's half of apart.ts: serves, and tells at every line of its input what it holds. */
import { DisplayHub } from "../../channels/display/hub.ts";
import type { Conversation } from "../../channels/service.ts";
import { Sessions } from "../../channels/session.ts";
import { createAppliance, createLog, defaultOptions } from "../../mod.ts";
import type { ApartOptions, Look } from "./apart.ts";

const options: ApartOptions = JSON.parse(Deno.args[0]);
const hubs = new Set<DisplayHub>();
const displays = new Map<Conversation, number>();
const open = new Set<Conversation>();
let draws = 0;

// what the appliance keeps to itself is seen where it is handed over
const { add } = Sessions.prototype;
Sessions.prototype.add = function (service) {
  if (service instanceof DisplayHub) hubs.add(service);
  const begin = service.open.bind(service);
  service.open = (client, linked) => {
    const conversation = begin(client, linked);
    const { closed } = conversation;
    open.add(conversation);
    if (service instanceof DisplayHub) displays.set(conversation, client.connectionId);
    conversation.closed = () => {
      open.delete(conversation);
      displays.delete(conversation);
      closed.call(conversation);
    };
    return conversation;
  };
  add.call(this, service);
};
const { draw } = DisplayHub.prototype;
DisplayHub.prototype.draw = function (command) {
  draws++;
  draw.call(this, command);
};

const failures: string[] = [];
let report: Look["report"] = null;
const appliance = await createAppliance(
  {
    ...defaultOptions,
    web: null,
    ...options,
    listen: { ...defaultOptions.listen, ...options.listen, port: 0 },
  },
  createLog({
    format: "json",
    level: "error",
    sink(line) {
      const said = JSON.parse(line);
      if (said.event === "replay-done") report = said;
      else failures.push(line);
    },
    now: () => new Date(),
  }),
);

function look(): Look {
  const waiting = [...open].map(({ outbox }) => outbox.waitingBytes);
  const { rss, heapUsed, external } = Deno.memoryUsage();
  return {
    clients: appliance.clients,
    borrowed: [...hubs].reduce((sum, hub) => sum + hub.borrowedBytes, 0),
    fullest: Math.max(0, ...waiting),
    waiting: waiting.reduce((sum, bytes) => sum + bytes, 0),
    resident: rss,
    heap: heapUsed + external,
    sockets: openSockets(),
    cpu: cpuSeconds(),
    serials: Object.fromEntries([...displays].map(([c, id]) => [id, String(c.serial)])),
    drained: [...displays.keys()].every((c) => (c as unknown as { drained: boolean }).drained),
    draws,
    report,
    failures,
  };
}

/** proc(5): sockets of ours that are in the kernel's tables of TCP; those that the runtime keeps for its threads are in none. */
function openSockets(): number {
  const tcp = new Set(
    ["tcp", "tcp6"].flatMap((table) =>
      Deno.readTextFileSync(`/proc/self/net/${table}`).split("\n").slice(1)
        .map((line) => `socket:[${line.trim().split(/\s+/)[9]}]`)
    ),
  );
  let count = 0;
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      if (tcp.has(Deno.readLinkSync(`/proc/self/fd/${name}`))) count++;
    } catch { /* it was the directory's own */ }
  }
  return count;
}

/** proc(5): utime and stime of /proc/self/stat, in hundredths of a second. */
function cpuSeconds(): number {
  const fields = Deno.readTextFileSync("/proc/self/stat").replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

console.log(new URL(appliance.addresses[0]).port);
let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop()!;
  for (const line of lines) {
    // buffers are given back some time after the objects that hold them
    for (let i = 0; i < 3 && line === "collect"; i++) {
      (globalThis as unknown as { gc(): void }).gc();
      await new Promise((wake) => setTimeout(wake, 100));
    }
    console.log(JSON.stringify(look()));
  }
}
await appliance.close();
Deno.exit(0);
