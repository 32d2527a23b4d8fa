import type { Finding } from "../../engine/guard-finding.ts";
import { formatDuration } from "../duration.ts";
import {
  findingsOf,
  gapsOf,
  isChanged,
  type PreviewReport,
  stateOf,
  switchSecondsOf,
  type TopologyPreview,
  type TopologyState,
} from "./report.ts";
import { capital, code, count, plain, shortened } from "../markdown.ts";

/** The verdict for a terminal. */
export function verdictTextOf(report: PreviewReport): string {
  return verdictOf(report)
    .replaceAll(/\*\*|`|\\(?=[^\w\s])/g, "")
    .replaceAll("\u200B", "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

/** The line that a reviewer who reads one line reads, as Markdown. */
export function verdictOf(report: PreviewReport): string {
  if (report.irrelevant) {
    const files = count(report.irrelevant.length, "file");
    return `**No change to disaster recovery:** no deployment, switch or drill reads ${
      report.irrelevant.length === 0 ? "anything that differs; nothing does" : `what differs (${files})`
    }.`;
  }
  const findings = findingsOf(report);
  const blocking = findings.filter(({ severity }) => severity === "blocks");
  const rest = sentences(report, findings).join("; ");
  const [first] = blocking;
  if (!first) return `**${rest}.**`;
  const more =
    blocking.length > 1
      ? `, and ${count(blocking.length - 1, "more finding")} that ${blocking.length > 2 ? "block" : "blocks"}`
      : "";
  return `**Blocked: ${plain(shortened(first.what, 300))}${more}.** ${rest}.`;
}

function sentences(report: PreviewReport, findings: readonly Finding[]): string[] {
  const { topologies, merging } = report;
  const touched = merging.reduce((sum, { plan }) => sum + (plan?.changes.length ?? 0), 0);
  const states = topologies.map((topology) => stateOf(topology));
  const changed = topologies.filter((topology) => isChanged(topology)).length;
  const skipped = states.filter((state) => state === "not previewed").length;
  const of = (detector: Finding["detector"]) => findings.filter((finding) => finding.detector === detector);
  const lost = new Set(of("stateful").map(({ resource }) => resource)).size;
  const gaps = new Set(gapsOf(findings)).size;
  const warnings = findings.filter(({ severity }) => severity === "warns").length;
  if (changed + skipped + touched + findings.length === 0) {
    return [
      `No change to disaster recovery: merging changes nothing, and all ${count(topologies.length, "switch")} do what they did`,
    ];
  }
  return [
    ...of("switch").map(({ what }) => plain(shortened(what, 120))),
    touched === 0 ? "merging changes nothing" : `merging changes ${count(touched, "resource")}`,
    switchesSentence(states),
    lost === 0 ? "nothing stateful is deleted or replaced" : `${count(lost, "stateful resource")} in danger`,
    gaps === 0 ? "" : `${count(gaps, "name")} with a gap in DNS`,
    budgets(topologies),
    warnings === 0 ? "" : count(warnings, "warning"),
  ]
    .filter((sentence) => sentence !== "")
    .map((sentence, index) => (index === 0 ? capital(sentence) : sentence));
}

function switchesSentence(states: readonly TopologyState[]): string {
  const of = (state: TopologyState): number => states.filter((each) => each === state).length;
  const [all, changed, skipped] = [states.length, of("changed"), of("not previewed")];
  if (all === 0) return "";
  if (skipped === all) return "no switch was previewed";
  const others = (["new", "removed", "fails", "not previewed"] as const)
    .filter((state) => of(state) > 0)
    .map((state) => `, ${of(state)} ${state}`)
    .join("");
  if (changed === 0) return `no switch changes (${count(all, "topology")}${others})`;
  return `${changed} of ${count(all, "topology")} ${changed === 1 ? "changes" : "change"}${others}`;
}

/** The budget that grows most, or that none does. */
function budgets(topologies: readonly TopologyPreview[]): string {
  const grown = topologies
    .flatMap((topology) => growthOf(topology))
    .filter(({ seconds }) => seconds > 0)
    .toSorted((a, b) => b.seconds - a.seconds);
  const [worst] = grown;
  if (!worst) return topologies.length > 0 ? "no RTO budget grows" : "";
  const names = new Set(grown.map(({ name }) => name)).size;
  const others = names > 1 ? ` (and ${count(names - 1, "more topology")})` : "";
  return `${code(worst.name)} ${worst.verb} ${formatDuration(worst.seconds)} slower${others}`;
}

function growthOf({ name, base, head }: TopologyPreview): { name: string; verb: string; seconds: number }[] {
  if (!base || !head) return [];
  const difference = (now: number | null, was: number | null): number =>
    now === null || was === null ? 0 : now - was;
  return [
    { name, verb: "gets", seconds: difference(switchSecondsOf(head), switchSecondsOf(base)) },
    {
      name,
      verb: "is left",
      seconds: difference(head.figures.nextSwitchSeconds, base.figures.nextSwitchSeconds),
    },
  ];
}
