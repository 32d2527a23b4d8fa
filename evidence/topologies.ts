import { type Axes, type Degraded, degraded, normal } from "../infra/topologies.ts";

const columns = ["topology", "recovers", "other than in `normal`", "because"];

/** The plan's topologies as a Markdown table: of each the axes that are not as in `normal`. */
export function renderTopologies(): string {
  const rows = Object.entries<Degraded>(degraded).map(([name, topology]) => [
    `\`${name}\``,
    topology.recovers,
    axisNames()
      .flatMap((axis) => differing(axis, topology))
      .join(", "),
    topology.because,
  ]);
  const all = axisNames().map((axis) => `${axis} ${normal[axis]}`);
  return [columns, columns.map(() => "---"), ["`normal`", "", all.join(", "), ""], ...rows]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

function axisNames(): (keyof Axes)[] {
  return Object.keys(normal) as (keyof Axes)[];
}

function differing(axis: keyof Axes, topology: Degraded): string[] {
  const value = topology[axis];
  return value === undefined || value === normal[axis] ? [] : [`${axis} ${value}`];
}

/** A page with the table between its markers brought up to date; other pages stay as they are. */
export function replaceTopologies(page: string): string {
  const [start, end] = ["<!-- topologies -->", "<!-- /topologies -->"];
  const between = new RegExp(`${start}[^]*${end}`);
  return page.replace(between, () => `${start}\n${renderTopologies().trim()}\n${end}`);
}
