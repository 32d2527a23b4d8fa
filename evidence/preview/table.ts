import type { Finding } from "../../engine/guard-finding.ts";
import type { Plan } from "../../engine/preview-plan.ts";
import { formatDuration } from "../duration.ts";
import {
  type BrokenSwitch,
  gapsOf,
  isChanged,
  isTold,
  type Merging,
  type PreviewReport,
  stateOf,
  switchSecondsOf,
  type TopologyPreview,
} from "./report.ts";
import { code, collapsed, count, table } from "../markdown.ts";

const head = ["", "create", "update", "replace", "delete", "DNS gap", "guard", "RTO budget", "next switch"];

/** Merging first, then the switches that are not what they were, or about which there is something to say. */
export function tableOf(report: PreviewReport): string {
  return table(head, rowsOf(report));
}

/** The same for a terminal, in columns and without markup. */
export function textTableOf(report: PreviewReport): string {
  const rows = [head, ...rowsOf(report)].map((row) => row.map((cell) => cell.replaceAll(/[`*]/g, "")));
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function rowsOf({ merging, topologies, broken }: PreviewReport): string[][] {
  const told = topologies.filter((topology) => isTold(topology));
  return [...merging.map((each) => mergingRow(each)), ...told.map((each) => topologyRow(each, broken))];
}

/** The others, of which it is enough to know that there are any. */
export function unchangedOf({ topologies, broken }: PreviewReport): string {
  const others = topologies.filter((topology) => !isTold(topology));
  if (others.length === 0) return "";
  const rows = others.map((topology) => topologyRow(topology, broken));
  const states = [...new Set(others.map((topology) => stateOf(topology)))].join(", ");
  return collapsed(`${count(others.length, "topology")} ${states}`, table(head, rows));
}

function mergingRow({ stack, plan, findings }: Merging): string[] {
  return [
    `merging: stack ${code(stack)}`,
    ...planCells(plan),
    gapCell(findings, plan),
    guardCell(findings, plan),
    "",
    "",
  ];
}

function topologyRow(topology: TopologyPreview, broken: readonly BrokenSwitch[]): string[] {
  const { name, base, head: after, findings } = topology;
  const plan = after?.plan ?? null;
  return [
    `${code(name)}${isChanged(topology) ? ` (${stateOf(topology)})` : ""}`,
    ...planCells(plan),
    gapCell(findings, plan),
    guardCell(findings, plan),
    marked(
      budgetCell(topology),
      broken.some(({ from, to }) => from === null && to === name),
    ),
    marked(
      figureCell(after?.figures.nextSwitchSeconds ?? null, base?.figures.nextSwitchSeconds ?? null),
      broken.some(({ from }) => from === name),
    ),
  ];
}

function planCells(plan: Plan | null): string[] {
  if (!plan) return ["–", "–", "–", "–"];
  const { create, update, replace, delete: deleted } = plan.counts;
  return [create, update, replace, deleted].map((n) => (n === 0 ? "·" : String(n)));
}

function gapCell(findings: readonly Finding[], plan: Plan | null): string {
  const names = [...new Set(gapsOf(findings))];
  if (names.length > 0)
    return (
      names
        .slice(0, 3)
        .map((name) => code(name))
        .join(" ") + (names.length > 3 ? " …" : "")
    );
  return plan ? "none" : "–";
}

function guardCell(findings: readonly Finding[], plan: Plan | null): string {
  const blocking = findings.filter(({ severity }) => severity === "blocks").length;
  const warning = findings.length - blocking;
  const told = [
    ...(blocking > 0 ? [`**${blocking} blocking**`] : []),
    ...(warning > 0 ? [count(warning, "warning")] : []),
  ];
  if (told.length > 0) return told.join(", ");
  return plan ? "nothing" : "–";
}

/** Where it is read, too, that a promise cannot hold. */
function marked(cell: string, isBroken: boolean): string {
  return isBroken ? `${cell}, **cannot hold**` : cell;
}

function budgetCell({ base, head: after }: TopologyPreview): string {
  const cell = figureCell(switchSecondsOf(after), switchSecondsOf(base));
  const budget = after?.budget;
  if (!budget) return after ? "none" : cell;
  return `${cell} of ${formatDuration(budget.maximumSeconds)}${budget.accepted ? ", accepted" : ""}`;
}

function figureCell(now: number | null, was: number | null): string {
  if (now === null) return "–";
  return was === null || was === now
    ? formatDuration(now)
    : `**${formatDuration(now)}** (was ${formatDuration(was)})`;
}
