/** Reports of previews as a run would have found them: the plans and figures are those of real ones. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type EventLog, isRefused, readEventLog } from "../../engine/event-log.ts";
import { guard } from "../../engine/guard.ts";
import type { Plan, ResourceChange } from "../../engine/preview-plan.ts";
import { planOf } from "../../engine/preview-plan.ts";
import { budgetOf } from "../../evidence/preview/budget.ts";
import { promiseChanges } from "../../evidence/preview/promises.ts";
import type { Merging, PreviewReport, TopologyPreview, Version } from "../../evidence/preview/report.ts";
import { committedFigures } from "../../evidence/promises/figures.ts";
import { lintPromises, type PromiseReport } from "../../evidence/promises/promises.ts";
import { normal } from "../../infra/topologies.ts";
import { recorded, replacedDeleteFirst, withStep } from "./streams.ts";

const figures = await committedFigures(join(import.meta.dirname, "../.."));

/** The promises as they are, and as they were with another TTL of the clients' name. */
function promisesBy(clientTtl = figures.clientTtlSeconds["dns-only"]): PromiseReport {
  const clientTtlSeconds = { ...figures.clientTtlSeconds, "dns-only": clientTtl };
  return lintPromises({ ...figures, clientTtlSeconds }, "2026-12-01");
}

const recordedVersions = JSON.parse(
  readFileSync(join(import.meta.dirname, "recorded", "topologies.json"), "utf8"),
) as Omit<Version, "budget">[];

/** What the 12 switches of one commit did, and by what figures. */
export const versions = recordedVersions.map((version): Version => ({
  ...version,
  budget: budgetOf(promisesBy(), version.figures.name),
}));

/** A change of what head's switch to a topology does, or of its figures. */
type Turn = (version: Version) => Version;

export function topologies(turn: Turn = (version) => version): TopologyPreview[] {
  return versions.map((base) => ({
    name: base.figures.name,
    base,
    head: turn(structuredClone(base)),
    findings: [],
  }));
}

export function logOf(stream: string): EventLog {
  const log = readEventLog(stream);
  if (isRefused(log)) throw new Error(log.refused);
  return log;
}

export function mergingOf(stack: Merging["stack"], stream: string): Merging {
  return { stack, plan: planOf(logOf(stream)), findings: guard(stream, { stack, moves: null }) };
}

const unchanged = {
  primary: mergingOf("primary", recorded("preview-primary")),
  failover: mergingOf("failover", recorded("preview-normal")),
};

export function reportOf(changes: Partial<PreviewReport>): PreviewReport {
  return {
    base: { ref: "merge-base with origin/main", commit: "0d257238b0d1c5a4f1f2a5f0a2ab6ab1c2a8d9e0" },
    head: "1f3c2aa",
    engine: "pulumi 3.274.1, cloudflare stand-in, azure-native stand-in, command stand-in",
    seconds: 48.2,
    irrelevant: null,
    normal: { base: normal, head: normal },
    merging: [unchanged.primary, unchanged.failover],
    topologies: topologies(),
    findings: [],
    broken: [],
    notes: [],
    ...changes,
  };
}

function withInput(version: Version, path: string, to: string): Version {
  for (const { inputs } of version.plan?.changes ?? []) {
    for (const input of inputs) if (input.path === path) input.to = to;
  }
  return version;
}

const longerTtl: Turn = (version) => {
  if (version.figures.nextSwitchSeconds === null) return version;
  version.figures.nextSwitchSeconds = 600;
  return withInput(version, "ttl", "600");
};

function longerAliasTtl(): string {
  return withStep(recorded("preview-normal"), ":DnsRecord::alias-app", (step) => ({
    ...step,
    op: "update",
    new: { ...step.new, inputs: { ...(step.new?.["inputs"] as object), ttl: 600 } },
    detailedDiff: { ttl: { diffKind: "update", inputDiff: false } },
  }));
}

function manyChanges(n: number): Plan {
  const changes = Array.from({ length: n }, (_, index): ResourceChange => {
    const path = "virtualMachineProfile.osProfile.linuxConfiguration.provisionVMAgent";
    return {
      resource: `VirtualMachineScaleSet workers-${index}`,
      kind: "replace",
      inputs: [{ path, from: "false", to: "true" }],
    };
  });
  return { changes, counts: { create: 0, update: 0, replace: n, delete: 0, other: 0 } };
}

export function manyFindings(n: number): Merging["findings"] {
  return Array.from({ length: n }, (_, index) => ({
    severity: index === 0 ? "blocks" : "warns",
    detector: index === 0 ? "stateful" : "replacement",
    resource: `VirtualMachineScaleSet workers-${index}`,
    what: `VirtualMachineScaleSet workers-${index} would be replaced, because virtualMachineProfile differs`,
    why: "what depends on it is without it meanwhile",
    next: "merge it when stack failover may be without it",
  }));
}

/** Everything at once, so many times. */
export function hugeReport(n: number): PreviewReport {
  return reportOf({
    merging: [unchanged.primary, { stack: "failover", plan: manyChanges(n), findings: manyFindings(n) }],
    topologies: topologies((version) => ({ ...version, plan: manyChanges(n) })),
  });
}

/** So many scale sets beside the one that was recorded, each replaced for an input that allows nothing else. */
function withReplaced(n: number): string {
  const path = "virtualMachineProfile.osProfile.linuxConfiguration.provisionVMAgent";
  return withStep(recorded("preview-normal"), ":VirtualMachineScaleSet::workers-secondary", (step) => [
    step,
    ...Array.from({ length: n }, (_, index) => ({
      ...step,
      urn: `${step.urn}-${index}`,
      detailedDiff: { [path]: { diffKind: "update-replace", inputDiff: false } },
    })).flatMap((each) => replacedDeleteFirst(each)),
  ]);
}

export const cases: Record<string, PreviewReport> = {
  "nothing-changes": reportOf({}),
  "docs-only": reportOf({
    engine: null,
    seconds: 0.4,
    irrelevant: ["README.md", "docs/runbook.md"],
    merging: [],
    topologies: [],
  }),
  "one-topology-changes": reportOf({
    topologies: topologies((version) => withInput(version, "sku.capacity", "6")),
  }),
  "ttl-600": reportOf({
    merging: [unchanged.primary, mergingOf("failover", longerAliasTtl())],
    topologies: topologies(longerTtl),
    ...promiseChanges(promisesBy(), promisesBy(600)),
  }),
  "database-renamed": reportOf({
    merging: [mergingOf("primary", recorded("preview-renamed-database")), unchanged.failover],
    topologies: topologies((version) => ({ ...version, plan: null })),
    notes: ["The switches after merging were not previewed: merging itself is stopped."],
  }),
  "200-resources": reportOf({
    merging: [unchanged.primary, mergingOf("failover", withReplaced(200))],
  }),
};
