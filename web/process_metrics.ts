/** What the program itself costs. Names as Prometheus' own client libraries have them. */
import process from "node:process";
import { type Metric, single } from "../core/metrics.ts";

export function processMetrics(
  logins: number,
  memory: { readonly rss: number; readonly heapUsed: number; readonly external: number },
): Metric[] {
  const { user, system } = process.cpuUsage();
  const started = Date.now() / 1000 - performance.now() / 1000;
  return [
    single("spice_console_logins", "gauge", "Logins of the console that stand", logins),
    single(
      "process_cpu_seconds_total",
      "counter",
      "User and system CPU time, all threads",
      (user + system) / 1e6,
    ),
    single("process_resident_memory_bytes", "gauge", "Resident memory", memory.rss),
    single("process_heap_bytes", "gauge", "JavaScript heap in use", memory.heapUsed),
    single(
      "process_external_memory_bytes",
      "gauge",
      "Memory of buffers outside of the heap, card memory among it",
      memory.external,
    ),
    single("process_start_time_seconds", "gauge", "Start, in seconds since 1970", started),
  ];
}
