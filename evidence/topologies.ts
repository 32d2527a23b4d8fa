import { type Axes, type Degraded, degraded, normal } from "../infra/topologies.ts";

const columns = ["topology", "recovers", ...axisNames(), "because"];

/** The plan's topologies as a Markdown table; a dot where an axis is as in `normal`. */
export function renderTopologies(): string {
  const rows = [
    ["`normal`", "", ...axisNames().map((axis) => normal[axis]), ""],
    ...Object.entries<Degraded>(degraded).map(([name, topology]) => [
      `\`${name}\``,
      topology.recovers,
      ...axisNames().map((axis) => differing(axis, topology)),
      topology.because,
    ]),
  ];
  return [columns, columns.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function axisNames(): (keyof Axes)[] {
  return Object.keys(normal) as (keyof Axes)[];
}

function differing(axis: keyof Axes, topology: Degraded): string {
  const value = topology[axis];
  return value === undefined || value === normal[axis] ? "·" : value;
}
