import type { Part } from "../../drill/parts.ts";
import type { Scenario } from "../../drill/scenarios.ts";
import type { Bound } from "./figures.ts";

export interface Conclusion {
  /** Sum of the bounds: what passes even when nobody hesitates. Null where one has no figure, or nothing recovers. */
  totalSeconds: number | null;
  finding: "can hold" | "cannot hold" | "no figure";
  /** Why it cannot; null where it can. */
  why: string | null;
  /** What may pass between the first failed request and the switch. Null where nobody acts or nothing recovers. */
  decideWithinSeconds: number | null;
}

interface Sum {
  promise: Part["promise"];
  bounds: readonly Bound[];
  maximumSeconds: number;
}

export function conclude(scenario: Scenario, sum: Sum): Conclusion {
  const { promise, bounds, maximumSeconds } = sum;
  const [finding, why] = findingOf(scenario, sum);
  const totalSeconds = recoversNever(scenario) ? null : sumOf(bounds);
  const acts = promise === "rto" && scenario.topology !== null && totalSeconds !== null;
  const decideWithinSeconds = acts ? Math.max(0, maximumSeconds - totalSeconds) : null;
  return { totalSeconds, finding, why, decideWithinSeconds };
}

/** Something would have to be switched, and it is known that nothing lets it. */
export function recoversNever({ topology, tries }: Scenario): boolean {
  return topology === null && tries !== undefined;
}

type Found = [Conclusion["finding"], Conclusion["why"]];

/** What vendors publish outweighs what is not known, and that outweighs what we assume. */
function findingOf(scenario: Scenario, { promise, bounds, maximumSeconds }: Sum): Found {
  // Of a time that is filled to the last second nothing is left for the engine; of a loss it may be that much.
  const fills = (seconds: number): boolean =>
    promise === "rto" ? seconds >= maximumSeconds : seconds > maximumSeconds;
  if (recoversNever(scenario))
    return ["cannot hold", `no topology recovers from it: ${scenario.tries} is tried, and refused`];
  if (fills(sumOf(bounds.filter((bound) => isKnown(bound) && bound.basis !== "assumed")) ?? 0))
    return ["cannot hold", "published figures and our own take all of it"];
  const unknown = bounds.filter((bound) => !isKnown(bound)).map(({ name }) => name);
  if (unknown.length > 0) return ["no figure", `for ${unknown.join(", ")}`];
  if (promise === "rto" && bounds.length === 0) return ["no figure", "for anything that recovers from it"];
  if (fills(sumOf(bounds) ?? 0))
    return ["cannot hold", "published, our own and assumed figures together take all of it"];
  return ["can hold", null];
}

function isKnown({ seconds }: Bound): boolean {
  return seconds !== null;
}

function sumOf(bounds: readonly Bound[]): number | null {
  let sum = 0;
  for (const { seconds } of bounds) {
    if (seconds === null) return null;
    sum += seconds;
  }
  return sum;
}
