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

/**
 * The linter believes infra/topologies.ts; what is written into the record is what clients hold.
 * @returns topologies by the TTL that they write, where that is another one
 */
export function ttlFindings(topologies: readonly Pick<TopologyPreview, "name" | "head">[]): Finding[] {
  const wrong = topologies.flatMap(({ name, head }) => {
    const stated = head?.figures.nextSwitchSeconds ?? null;
    const record = head?.plan?.changes.find(({ resource }) => resource === "DnsRecord client");
    if (stated === null || !record) return [];
    const written = record.inputs.find(({ path }) => path === "ttl")?.to;
    if (written === String(stated)) return [];
    return [{ name, stated, ttl: written === undefined ? "the TTL of normal" : `a TTL of ${written} s` }];
  });
  const groups = Map.groupBy(wrong, ({ stated, ttl }) => `${ttl}, and promises are held against ${stated} s`);
  return [...groups].map(([what, of]) => ({
    severity: "blocks",
    detector: "promise",
    resource: "DnsRecord client",
    what: `in ${of.map(({ name }) => name).join(", ")} the record would be written with ${what}`,
    why: "the next switch waits for what clients hold; the figures of next switches below are those of the promises",
    next: "write the record with clientTtlSeconds (infra/topologies.ts)",
  }));
}
