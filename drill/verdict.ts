import { type System, systems } from "../infra/systems.ts";
import { acceptedOn } from "./accepted.ts";
import { type Clocks, type Measurement, tolerableUnusableShare } from "./measure.ts";
import { type Part, partsOf, project } from "./parts.ts";
import { type ScenarioName, type Scenario, scenarios } from "./scenarios.ts";

export type Verdict = "kept" | "missed" | "unproven";

export interface Judgement {
  scenario: ScenarioName;
  verdict: Verdict;
  /** Why, when it is not plainly kept. */
  reason: string | null;
  /** Under the plan's minimum. */
  early: boolean;
  /** Reason and last day of the committed row that accepts a miss. */
  accepted: { reason: string; until: string } | null;
  measured: Measurement;
  projected: Clocks;
  promised: { rtoSeconds: number; rpoSeconds: number | null; clock: Scenario["clock"] };
  /** What may pass between the first failed request and the decision. Null where nobody acts or nothing recovers. */
  timeToDecideSeconds: number | null;
  parts: Part[];
  /** What must hold for a kept verdict that rests on an assumed figure. */
  condition: string | null;
  failbackVerdict: Verdict | null;
}

/** Judges one run. A pure function of what was measured, the committed promise and the date. */
export function judge(name: ScenarioName, measured: Measurement, today: string): Judgement {
  const scenario: Scenario = scenarios[name];
  const system: System = systems[scenario.system];
  const maximum = (system.rto?.maximumMinutes ?? 0) * 60;
  const parts = partsOf(scenario, measured);
  const projected = {
    rtoOutageSeconds: project(measured.rtoOutageSeconds, parts),
    rtoDeclaredSeconds: project(measured.rtoDeclaredSeconds, parts),
  };
  const clock = scenario.clock === "declared" ? "rtoDeclaredSeconds" : "rtoOutageSeconds";
  const { verdict, reason } = decide({
    measured,
    parts,
    switched: scenario.topology !== null,
    seconds: measured[clock],
    projected: projected[clock],
    maximum,
  });
  const acts = scenario.topology !== null && projected.rtoDeclaredSeconds !== null;
  const row = verdict === "missed" ? acceptedOn(today, { scenario: name, promise: "rto" }) : undefined;
  return {
    scenario: name,
    verdict,
    reason,
    early: verdict === "kept" && (projected[clock] ?? 0) < (system.rto?.minimumMinutes ?? 0) * 60,
    accepted: row ? { reason: row.reason, until: row.until } : null,
    measured,
    projected,
    promised: { rtoSeconds: maximum, rpoSeconds: null, clock: scenario.clock },
    timeToDecideSeconds: acts ? maximum - (projected.rtoDeclaredSeconds ?? 0) : null,
    parts,
    condition: verdict === "kept" ? conditionOf(parts, maximum - (projected[clock] ?? 0)) : null,
    failbackVerdict: judgeFailback(measured.failback),
  };
}

interface Evidence {
  measured: Measurement;
  parts: readonly Part[];
  /** A switch is what was to bring service back. */
  switched: boolean;
  seconds: number | null;
  projected: number | null;
  maximum: number;
}

/** A miss outweighs a lack of proof, and a lack of proof outweighs a promise kept. */
function decide({ measured, parts, switched, seconds, projected, maximum }: Evidence): {
  verdict: Verdict;
  reason: string | null;
} {
  const doubts = doubtsOf(measured, parts, switched);
  if (seconds === null && doubts.length === 0)
    return { verdict: "missed", reason: "service came back only when the fault was lifted" };
  if (projected !== null && projected > maximum)
    return { verdict: "missed", reason: `${Math.round(projected - maximum)} s over` };
  if (doubts.length > 0) return { verdict: "unproven", reason: doubts.join("; ") };
  return { verdict: "kept", reason: null };
}

function doubtsOf(measured: Measurement, parts: readonly Part[], switched: boolean): string[] {
  const { proven, unusableShare, switchHelped } = measured;
  const doubts = [];
  if (!proven) doubts.push("the fault was not seen by direct evidence");
  if (switched && !switchHelped) doubts.push("service was not out when the switch began");
  if (unusableShare > tolerableUnusableShare) {
    doubts.push(
      `${Math.round(unusableShare * 100)} % of a phase's samples are missing or were sent too late: the machine was too busy`,
    );
  }
  for (const { name, realSeconds } of parts) if (realSeconds === null) doubts.push(`no figure for ${name}`);
  return doubts;
}

/** How much the largest assumed figure may grow before the promise breaks. */
function conditionOf(parts: readonly Part[], margin: number): string | null {
  const assumed = parts.filter(({ basis }) => basis === "assumed");
  const [largest] = assumed.toSorted((a, b) => (b.realSeconds ?? 0) - (a.realSeconds ?? 0));
  if (!largest) return null;
  return `${largest.name} ≤ ${Math.floor((largest.realSeconds ?? 0) + margin)} s`;
}

/** A way back is planned and has no disaster to excuse it: samples of more than this that fail in all, and it is missed. */
export const tolerableFailbackSeconds = 1;

function judgeFailback(failback: Measurement["failback"]): Verdict | null {
  if (!failback) return null;
  if (!failback.held || failback.outageSeconds > tolerableFailbackSeconds) return "missed";
  return failback.unusableShare > tolerableUnusableShare ? "unproven" : "kept";
}

/** The worst of several, ways back included: a miss, then a lack of proof. Accepted misses do not count. */
export function exitCodeOf(judgements: readonly Judgement[]): 0 | 1 | 3 {
  const counted = judgements.flatMap(({ verdict, accepted, failbackVerdict }) => [
    ...(accepted ? [] : [verdict]),
    failbackVerdict,
  ]);
  if (counted.includes("missed")) return 1;
  return counted.includes("unproven") ? 3 : 0;
}
