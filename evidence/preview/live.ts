import { join } from "node:path";
import type { Finding } from "../../engine/guard-finding.ts";
import { readStackFile } from "../../engine/stack-file.ts";
import { composeTopology, isRefusal } from "../../infra/compose.ts";
import { project as projectName } from "../../infra/config.ts";
import { FailoverError } from "../../infra/errors.ts";
import type { Figures } from "./figures.ts";

/** What a committed stack file says of the plant as it is. */
export interface Live {
  /** Names of what is switched to, none in `normal`. */
  degraded: string[];
  /** Restore points, in the file's order. */
  restores: string[];
  /** As written, "" where they are not. */
  liveDatabase: string;
  acceptedLoss: string;
}

export async function liveIn(folder: string): Promise<Live> {
  const { config } = await readStackFile(join(folder, "Pulumi.failover.yaml"));
  const valueOf = (key: string): string => config[`${projectName}:${key}`] ?? "";
  const names = valueOf("topology")
    .split("+")
    .map((name) => name.trim());
  return {
    degraded: names.filter((name) => name !== "" && name !== "normal"),
    restores: pointsIn(valueOf("restores")),
    liveDatabase: valueOf("liveDatabase"),
    acceptedLoss: valueOf("acceptedLoss"),
  };
}

/** What is no list of restore points is none; the program refuses it. */
function pointsIn(text: string): string[] {
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    return [];
  }
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: { at?: unknown } | null) =>
    typeof entry?.at === "string" ? [entry.at] : [],
  );
}

export function topologyOf({ degraded }: Live): string {
  return degraded.join("+") || "normal";
}

/**
 * What stack files say of the plant's state is taken off a local plant, so nothing of it is seen in a plan: merging
 * such a change is an act of recovery, or undoes one.
 */
export function switchedByMerging(base: Live, head: Live): Finding[] {
  const values: [key: string, before: string, after: string, why: string][] = [
    ["topology", topologyOf(base), topologyOf(head), "the next up of stack failover makes that switch"],
    [
      "liveDatabase",
      base.liveDatabase || "the first database",
      head.liveDatabase || "the first database",
      "normal means that database, and hosts follow it with the next up of stack failover",
    ],
    [
      "acceptedLoss",
      base.acceptedLoss || "nothing",
      head.acceptedLoss || "nothing",
      "a forced promotion may lose what was committed after that time",
    ],
  ];
  return values
    .filter(([, before, after]) => before !== after)
    .map(([key, before, after, why]) => ({
      severity: "warns",
      detector: "switch",
      resource: key,
      what: `merging sets ${key} to ${after}, ${before} before (Pulumi.failover.yaml)`,
      why,
      next: "be sure that it is meant; what a switch does stands in the line of its topology",
    }));
}

/**
 * A topology that is live cannot go: until somebody is back in `normal`, every `up` would be refused, in the middle of
 * a recovery.
 * @throws FailoverError UNKNOWN_TOPOLOGY
 */
export function refuseLiveRemoved(live: Live, head: Figures, where: string): void {
  const known = head.topologies.map(({ name }) => name);
  const gone = live.degraded.filter((name) => !known.includes(name));
  if (gone.length === 0) return;
  throw new FailoverError("UNKNOWN_TOPOLOGY", {
    problems: gone.flatMap((name) => [
      `topology "${name}" is live, and infra/topologies.ts of the head does not have it.`,
      `after merging, every up of stack failover would be refused until it is switched to another one.`,
    ]),
    where: `Pulumi.failover.yaml of ${where}, key ${projectName}:topology`,
    fix: "go back to normal first (docs/runbook.md) and commit that, or keep the entry until then",
  });
}

/** What the program would refuse of a real plant's file; a local plant is deployed in `normal` whatever the file says. */
export function refusedTopology(live: Live): Finding[] {
  const axes = composeTopology(topologyOf(live));
  if (!isRefusal(axes)) return [];
  return [
    {
      severity: "blocks",
      detector: "topology",
      resource: "topology",
      what: `Pulumi.failover.yaml would ask for what is refused: ${axes.problem.replace(/\.$/, "")}`,
      why: "every up of stack failover would end so, in the middle of a recovery",
      next: axes.fix,
    },
  ];
}

/** Each entry of `restores` is a database for ever: one that goes takes its database out of the stack. */
export function restoreFindings(base: Live, head: Live): Finding[] {
  const lost = base.restores.filter((at) => !head.restores.includes(at));
  const added = head.restores.filter((at) => !base.restores.includes(at));
  return [
    ...lost.map((at) => ({
      severity: "blocks" as const,
      detector: "stateful" as const,
      resource: `restore point ${at}`,
      what: `the restore point ${at} would be taken out of restores`,
      why: "the list is only ever added to: the database that it made would be forgotten by the stack, or deleted",
      next: "leave the entry where it was (Pulumi.failover.yaml)",
    })),
    ...added.map((at) => ({
      severity: "warns" as const,
      detector: "switch" as const,
      resource: `restore point ${at}`,
      what: `merging adds the restore point ${at} (Pulumi.failover.yaml)`,
      why: "the next up of stack failover makes a database of it, for ever",
      next: "be sure that it is meant",
    })),
  ];
}

export function removedTopologies(base: Figures, head: Figures): Map<string, Finding[]> {
  const known = new Set(head.topologies.map(({ name }) => name));
  const removed = base.topologies.filter(({ name }) => !known.has(name));
  return new Map(
    removed.map(({ name, recovers }) => [
      name,
      [
        {
          severity: "warns",
          detector: "topology",
          resource: name,
          what: `topology ${name} would be gone`,
          why: `who recovers ${recovers} by it finds it refused`,
          next: "be sure that no runbook and no scenario names it",
        },
      ],
    ]),
  );
}
