import type { Finding } from "../../engine/guard-finding.ts";
import { formatDuration } from "../duration.ts";
import { switchSecondsOf, type TopologyPreview, type Version } from "./report.ts";

/** A figure that a promise has to have room for, by how a sentence names it. */
const figures = {
  "a switch to it": (version: Version | null) => switchSecondsOf(version),
  "the next switch from it": (version: Version | null) => version?.figures.nextSwitchSeconds ?? null,
} as const;

/**
 * Promises that a change takes away: what the cloud alone takes fills the plan's time, nothing of it left for the
 * engine and for people. One that had no room before the change is not the change's doing, unless it gets worse.
 */
export function promiseFindings({ name, base, head }: TopologyPreview): Finding[] {
  const promised = head?.figures.promisedSeconds ?? null;
  if (head === null || promised === null) return [];
  return Object.entries(figures).flatMap(([what, of]) => {
    const [now, was] = [of(head), of(base)];
    if (now === null && was !== null) return [unknown(name, what)];
    if (now === null || now < promised || (was !== null && now <= was)) return [];
    const before = was === null ? "" : `, ${formatDuration(was)} before`;
    return [
      {
        severity: was !== null && was >= promised ? ("warns" as const) : ("blocks" as const),
        detector: "promise" as const,
        resource: name,
        what: `${name}: ${what} takes ${formatDuration(now)} by itself${before}; the plan promises ${formatDuration(promised)} for ${head.figures.recovers}`,
        why: "nothing of the promise is left for noticing, deciding and the engine",
        next: "take the figure back, or have the plan changed first (infra/systems.ts)",
      },
    ];
  });
}

/** Where a figure was, its absence is no improvement. */
function unknown(name: string, what: string): Finding {
  return {
    severity: "warns",
    detector: "promise",
    resource: name,
    what: `${name}: how long ${what} takes has no figure any more`,
    why: "the promise cannot be held against it",
    next: "give the part a figure, or leave the rule that had one (drill/part-rules.ts)",
  };
}
