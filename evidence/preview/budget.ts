import type { Finding } from "../../engine/guard-finding.ts";
import type { PromiseReport } from "../promises/promises.ts";
import type { Budget, TopologyPreview } from "./report.ts";

/** Of the scenarios from which a topology recovers, the one in which the cloud takes most. */
export function budgetOf(promises: PromiseReport | null, name: string): Budget | null {
  const budgets = (promises?.proofs ?? []).flatMap(
    ({ scenario, topology, drilled, from, promise, bounds, totalSeconds, maximumSeconds, accepted }) =>
      topology === name && drilled && !from && promise === "rto" && totalSeconds !== null
        ? [{ scenario, bounds, totalSeconds, maximumSeconds, accepted: accepted !== null }]
        : [],
  );
  return budgets.toSorted((a, b) => b.totalSeconds - a.totalSeconds)[0] ?? null;
}

/** The linter believes infra/topologies.ts; what is written into the record is what clients hold. */
export function ttlFindings({ name, head }: Pick<TopologyPreview, "name" | "head">): Finding[] {
  const stated = head?.figures.nextSwitchSeconds ?? null;
  if (!head?.plan || stated === null) return [];
  const record = head.plan.changes.find(({ resource }) => resource === "DnsRecord client");
  if (!record) return [];
  const written = record.inputs.find(({ path }) => path === "ttl")?.to;
  if (written === String(stated)) return [];
  const ttl = written === undefined ? "the TTL that it has in normal" : `a TTL of ${written} s`;
  return [
    {
      severity: "blocks",
      detector: "promise",
      resource: "DnsRecord client",
      what: `${name}: the record would be written with ${ttl}, and promises are held against ${stated} s`,
      why: "the next switch waits for what clients hold",
      next: "write the record with clientTtlSeconds (infra/topologies.ts)",
    },
  ];
}
