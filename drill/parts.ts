import { axesOf } from "../infra/compose.ts";
import { normal } from "../infra/topologies.ts";
import type { Measurement } from "./measure.ts";
import { partRules } from "./part-rules.ts";
import type { Scenario } from "./scenarios.ts";

/** A slice of the way to recovery that the local plant does faster than the cloud, with the cloud's upper figure. */
export interface Part {
  name: string;
  promise: "rto" | "rpo";
  measuredSeconds: number;
  /** Null: nobody published one and we assume none; the verdict is unproven. */
  realSeconds: number | null;
  /** `published` by the vendor, `ours` where we set it, or `assumed`, which makes the verdict conditional. */
  basis: "published" | "ours" | "assumed";
  source: string;
}

/** The parts of one scenario's run. A scenario in which nothing of ours acts runs on the same software as for real. */
export function partsOf(scenario: Scenario, measured: Measurement): Part[] {
  const topology = scenario.topology ?? scenario.tries;
  if (!topology) return [];
  const from = scenario.during ? axesOf(scenario.during.topology) : normal;
  const change = { from, to: axesOf(topology) };
  return partRules
    .filter(({ applies }) => applies(change, measured))
    .map(({ applies: _applies, slice, promise = "rto", ...part }) => ({
      ...part,
      promise,
      measuredSeconds: slice?.(measured) ?? 0,
    }));
}

/** Those of one promise. */
export function partsFor(promise: Part["promise"], parts: readonly Part[]): Part[] {
  return parts.filter((part) => part.promise === promise);
}

/** As run, with each part's slice replaced by the cloud's figure. Null where a part has none or nothing was measured. */
export function project(measuredSeconds: number | null, parts: readonly Part[]): number | null {
  if (measuredSeconds === null) return null;
  let total = measuredSeconds;
  for (const part of parts) {
    if (part.realSeconds === null) return null;
    total += part.realSeconds - part.measuredSeconds;
  }
  return total;
}

/** No figure makes a loss smaller than it was. */
export function projectLoss(measuredSeconds: number | null, parts: readonly Part[]): number | null {
  const projected = project(measuredSeconds, parts);
  return projected === null || measuredSeconds === null ? null : Math.max(measuredSeconds, projected);
}
