import { type System, systems } from "../infra/systems.ts";
import { type AcceptedMiss, acceptedOn } from "./accepted.ts";
import { judgeFailback } from "./failback-verdict.ts";
import type { Clocks, Measurement } from "./measure.ts";
import { type Part, partsFor, partsOf, project, projectLoss } from "./parts.ts";
import { type Ruling, ruleData, ruleRpo, ruleRto, type Verdict, worst } from "./ruling.ts";
import { type ScenarioName, type Scenario, scenarios } from "./scenarios.ts";

export interface Judgement extends Ruling {
  scenario: ScenarioName;
  /** Each judged apart; the scenario's verdict is the worst of them. Null where nothing is promised, or looked at. */
  rulings: { rto: Ruling; rpo: Ruling | null; data: Ruling | null };
  /** Under the plan's minimum. */
  early: boolean;
  measured: Measurement;
  projected: Clocks & { rpoSeconds: number | null };
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
  const promised = promisedOf(scenario);
  const parts = partsOf(scenario, measured);
  const projected = projectAll(measured, parts);
  const clock = scenario.clock === "declared" ? "rtoDeclaredSeconds" : "rtoOutageSeconds";
  const rulings = ruleAll(name, { measured, parts, projected, promised }, today);
  const overall = summarise(rulings);
  const margin = promised.rtoSeconds - (projected[clock] ?? 0);
  const acts = scenario.topology !== null && projected.rtoDeclaredSeconds !== null;
  return {
    scenario: name,
    ...overall,
    rulings,
    early: overall.verdict === "kept" && (projected[clock] ?? 0) < minimumOf(scenario),
    measured,
    projected,
    promised,
    timeToDecideSeconds: acts ? promised.rtoSeconds - (projected.rtoDeclaredSeconds ?? 0) : null,
    parts,
    condition: overall.verdict === "kept" ? conditionOf(partsFor("rto", parts), margin) : null,
    failbackVerdict: judgeFailback(measured),
  };
}

function promisedOf({ system, clock }: Scenario): Judgement["promised"] {
  const { rto, rpo }: System = systems[system];
  return {
    rtoSeconds: (rto?.maximumMinutes ?? 0) * 60,
    rpoSeconds: rpo ? rpo.maximumMinutes * 60 : null,
    clock,
  };
}

function minimumOf({ system }: Scenario): number {
  const { rto }: System = systems[system];
  return (rto?.minimumMinutes ?? 0) * 60;
}

function projectAll(measured: Measurement, parts: readonly Part[]): Judgement["projected"] {
  const rto = partsFor("rto", parts);
  return {
    rtoOutageSeconds: project(measured.rtoOutageSeconds, rto),
    rtoDeclaredSeconds: project(measured.rtoDeclaredSeconds, rto),
    rpoSeconds: projectLoss(measured.rpoSeconds, partsFor("rpo", parts)),
  };
}

type Facts = Pick<Judgement, "measured" | "parts" | "projected" | "promised">;

function ruleAll(name: ScenarioName, facts: Facts, today: string): Judgement["rulings"] {
  const { measured, parts, projected, promised } = facts;
  const { topology }: Scenario = scenarios[name];
  const clock = promised.clock === "declared" ? "rtoDeclaredSeconds" : "rtoOutageSeconds";
  const accept = (promise: AcceptedMiss["promise"], ruling: Omit<Ruling, "accepted">): Ruling => {
    const row = ruling.verdict === "missed" ? acceptedOn(today, { scenario: name, promise }) : undefined;
    return { ...ruling, accepted: row ? { reason: row.reason, until: row.until } : null };
  };
  const rto = ruleRto({
    measured,
    parts: partsFor("rto", parts),
    switched: topology !== null,
    seconds: measured[clock],
    projected: projected[clock],
    maximum: promised.rtoSeconds,
  });
  const loss = { measured, parts: partsFor("rpo", parts), seconds: measured.rpoSeconds };
  const rpo = (maximum: number) =>
    accept("rpo", ruleRpo({ ...loss, projected: projected.rpoSeconds, maximum }));
  return {
    rto: accept("rto", rto),
    rpo: promised.rpoSeconds === null ? null : rpo(promised.rpoSeconds),
    data: ruleData(measured),
  };
}

/** The worst of all, and everything that is not plainly kept. A miss is accepted when each of the misses is. */
function summarise(rulings: Judgement["rulings"]): Ruling {
  const all = rulingsOf(rulings);
  const verdict = worst(all.map((ruling) => ruling.verdict));
  const misses = all.filter((ruling) => ruling.verdict === "missed");
  const rows = misses.flatMap(({ accepted }) => (accepted ? [accepted] : []));
  const reasons = all.flatMap(({ reason }) => (reason === null ? [] : [reason]));
  return {
    verdict,
    reason: reasons.length > 0 ? reasons.join("; ") : null,
    accepted:
      rows.length > 0 && rows.length === misses.length
        ? {
            reason: rows.map(({ reason }) => reason).join("; "),
            until: rows.map(({ until }) => until).toSorted()[0] ?? "",
          }
        : null,
  };
}

function rulingsOf({ rto, rpo, data }: Judgement["rulings"]): Ruling[] {
  return [rto, rpo, data].filter((ruling) => ruling !== null);
}

/** How much the largest assumed figure may grow before the promise breaks. */
function conditionOf(parts: readonly Part[], margin: number): string | null {
  const assumed = parts.filter(({ basis }) => basis === "assumed");
  const [largest] = assumed.toSorted((a, b) => (b.realSeconds ?? 0) - (a.realSeconds ?? 0));
  if (!largest) return null;
  return `${largest.name} ≤ ${Math.floor((largest.realSeconds ?? 0) + margin)} s`;
}

/** The worst of several, ways back included: a miss, then a lack of proof. Accepted misses do not count. */
export function exitCodeOf(judgements: readonly Judgement[]): 0 | 1 | 3 {
  const counted = judgements.flatMap(({ rulings, failbackVerdict }) => [
    ...rulingsOf(rulings).flatMap(({ verdict, accepted }) => (accepted ? [] : [verdict])),
    failbackVerdict,
  ]);
  if (counted.includes("missed")) return 1;
  return counted.includes("unproven") ? 3 : 0;
}
