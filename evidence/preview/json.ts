import { findingsOf, isBlocked, type PreviewReport, stateOf, type Version } from "./report.ts";
import { verdictTextOf } from "./verdict.ts";

/** The machine-readable result of a preview, schema version 1. Times in seconds. */
export function previewJson(report: PreviewReport, files: { comment: string; fullText: string }): object {
  const { base, head, engine, seconds, irrelevant, merging, topologies, notes } = report;
  return {
    schemaVersion: 1,
    verdict: verdictTextOf(report),
    blocked: isBlocked(report),
    base,
    head,
    engine,
    seconds,
    irrelevant,
    merging: merging.map(({ stack, plan, findings }) => ({ stack, ...plan, findings })),
    topologies: topologies.map((topology) => ({
      name: topology.name,
      state: stateOf(topology),
      base: versionOf(topology.base),
      head: versionOf(topology.head),
      findings: topology.findings,
    })),
    findings: findingsOf(report),
    notes,
    files,
  };
}

function versionOf(version: Version | null): object | null {
  if (!version) return null;
  const { axes, recovers, because, nextSwitchSeconds } = version.figures;
  return {
    recovers,
    because,
    axes,
    rto: version.budget,
    nextSwitchSeconds,
    counts: version.plan?.counts ?? null,
    changes: version.plan?.changes ?? null,
  };
}
