import { createAppliance, createLog, defaultOptions } from "../../mod.ts";
import type { Appliance, ApplianceOptions, LogLevel } from "../../mod.ts";

/** An appliance in this process, on a free port of this machine. */
export interface TestAppliance extends AsyncDisposable {
  readonly appliance: Appliance;
  readonly port: number;
  readonly tlsPort: number | null;
  /** Lines of the log, as they come. */
  readonly log: string[];
}

/** What differs from the default: the demo desktop, without tickets. */
export async function startAppliance(
  changes: Partial<Omit<ApplianceOptions, "listen" | "images">> & {
    listen?: Partial<ApplianceOptions["listen"]>;
    images?: Partial<ApplianceOptions["images"]>;
  } = {},
  level: LogLevel = "info",
): Promise<TestAppliance> {
  const lines: string[] = [];
  const log = createLog({
    format: "json",
    level,
    sink: (line) => lines.push(line),
    now: () => new Date(),
  });
  const listen = { ...defaultOptions.listen, port: 0, ...changes.listen };
  const images = { ...defaultOptions.images, ...changes.images };
  const appliance = await createAppliance(
    { ...defaultOptions, web: null, ...changes, listen, images },
    log,
  );
  const portOf = (scheme: string) => {
    const address = appliance.addresses.find((a) => a.startsWith(scheme));
    return address === undefined ? null : Number(/:(\d+)$/.exec(address)![1]);
  };
  return {
    appliance,
    port: portOf("spice://") ?? 0,
    tlsPort: portOf("spice+tls://"),
    log: lines,
    [Symbol.asyncDispose]: () => appliance.close(),
  };
}

/** A recording that stands in tests/data, by name. */
export const recording = (name: string): string =>
  new URL(`../data/recordings/${name}.rec.zst`, import.meta.url).pathname;
