import { blocks } from "../../engine/guard.ts";
import type { Finding } from "../../engine/guard-finding.ts";
import { isSamePlan, type Plan } from "../../engine/preview-plan.ts";
import type { Axes } from "../../infra/topologies.ts";
import type { Bound } from "../promises/figures.ts";
import type { TopologyFigures } from "./figures.ts";

/** What merging does to one stack, in `normal`. */
export interface Merging {
  stack: "primary" | "failover";
  /** Null where the engine's events were not understood. */
  plan: Plan | null;
  findings: Finding[];
}

/** What the cloud takes of a switch from `normal`, in the scenario where it takes most. */
export interface Budget {
  scenario: string;
  bounds: Bound[];
  totalSeconds: number;
  /** The plan's promise. */
  maximumSeconds: number;
  /** Whether a miss of it is accepted. */
  accepted: boolean;
}

/** One version of a topology: what a switch to it does, and what its code promises by. */
export interface Version {
  figures: TopologyFigures;
  /** Null where nothing is promised, or a part of it has no figure. */
  budget: Budget | null;
  /** Null where it could not be previewed; a finding says why. */
  plan: Plan | null;
}

export interface TopologyPreview {
  name: string;
  /** Null where it does not exist there. */
  base: Version | null;
  head: Version | null;
  findings: Finding[];
}

export interface BrokenSwitch {
  /** Null: from `normal`. */
  from: string | null;
  to: string | null;
}

/** Everything that a preview found out. What people read is rendered from it alone. */
export interface PreviewReport {
  base: { ref: string; commit: string };
  head: string;
  /** What ran: the engine and its plugins. Null where nothing had to. */
  engine: string | null;
  seconds: number;
  /** Paths that changed, where none of them can matter to a recovery; then nothing was previewed. */
  irrelevant: string[] | null;
  /** `normal` before and after merging, for the pictures. */
  normal: { base: Axes; head: Axes };
  merging: Merging[];
  topologies: TopologyPreview[];
  /** What is about neither a stack nor a topology alone: promises, restore points. */
  findings: Finding[];
  /** Switches to a topology, or on from one, for which a promise cannot hold any more. */
  broken: BrokenSwitch[];
  /** What is true of the whole preview and a reader must know. */
  notes: string[];
}

export type TopologyState = "unchanged" | "changed" | "new" | "removed" | "fails" | "not previewed";

/** Compares what the switch does and what it promises by, not how the code is written. */
export function stateOf({ base, head, findings }: TopologyPreview): TopologyState {
  if (!head) return "removed";
  if (!head.plan) return findings.length > 0 ? "fails" : "not previewed";
  if (!base) return "new";
  const same =
    JSON.stringify(base.figures.axes) === JSON.stringify(head.figures.axes) &&
    switchSecondsOf(base) === switchSecondsOf(head) &&
    base.figures.nextSwitchSeconds === head.figures.nextSwitchSeconds &&
    base.plan !== null &&
    isSamePlan(base.plan, head.plan);
  return same ? "unchanged" : "changed";
}

/** Those of which a reader should see more than that they are there. */
export function isTold(topology: TopologyPreview): boolean {
  return topology.findings.length > 0 || !["unchanged", "not previewed"].includes(stateOf(topology));
}

/** Those whose switch is another one than before. */
export function isChanged(topology: TopologyPreview): boolean {
  return ["changed", "new", "removed", "fails"].includes(stateOf(topology));
}

export function switchSecondsOf(version: Version | null): number | null {
  return version?.budget?.totalSeconds ?? null;
}

/** Each once, those that block first; in the same order whatever the engine did first. */
export function findingsOf(report: PreviewReport): Finding[] {
  const all = [report, ...report.merging, ...report.topologies].flatMap(({ findings }) => findings);
  const texts = all.map((finding) => JSON.stringify(finding));
  const detectors = all.map(({ detector }) => detector);
  return all
    .filter((_, index) => texts.indexOf(texts[index] ?? "") === index)
    .toSorted(
      (a, b) =>
        a.severity.localeCompare(b.severity) ||
        detectors.indexOf(a.detector) - detectors.indexOf(b.detector) ||
        a.what.localeCompare(b.what, "en", { numeric: true }),
    );
}

export function isBlocked(report: PreviewReport): boolean {
  return blocks(findingsOf(report));
}

/** Names whose records have a gap, of the findings. */
export function gapsOf(findings: readonly Finding[]): string[] {
  return findings
    .filter(({ detector }) => detector === "dns-gap")
    .map(({ resource }) => /\((.*)\)$/.exec(resource ?? "")?.[1] ?? resource ?? "a name");
}
