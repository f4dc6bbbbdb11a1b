/** Numbers about a running appliance. Source of truth for their text: Prometheus exposition format 0.0.4. */

/** counter: only rises while the program runs. gauge: as it is now. */
export interface Metric {
  /** With its unit: `spice_channel_sent_bytes_total`. */
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** One number, and what tells it apart from the others of its name. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric of one sample without labels. */
export function single(
  name: string,
  type: Metric["type"],
  help: string,
  value: number,
): Metric {
  return { name, type, help, samples: [{ value }] };
}

/** A metric with a sample for each entry, which `label` tells apart. */
export function each(
  name: string,
  type: Metric["type"],
  help: string,
  label: string,
  entries: Iterable<readonly [string, number]>,
): Metric {
  const samples = [...entries].map(([of, value]) => ({ labels: { [label]: of }, value }));
  return { name, type, help, samples };
}

/** The text that Prometheus reads. */
export function metricsText(metrics: readonly Metric[]): string {
  return metrics.map(({ name, type, help, samples }) =>
    `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n` +
    samples.map(({ labels = {}, value }) => `${name}${labelText(labels)} ${value}\n`).join("")
  ).join("");
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const all = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return all.length === 0 ? "" : `{${all.join(",")}}`;
}

const escaped = (value: string) =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
