import { asWritten } from "../drill/as-written.ts";
import type { DrillResult } from "../drill/drill.ts";
import { allowedFailbackSeconds } from "../drill/failback-verdict.ts";
import type { Judgement } from "../drill/verdict.ts";
import { type Scenario, scenarios } from "../drill/scenarios.ts";

/** The machine-readable result of a drill, schema version 1. Times in seconds. */
export function reportOf({ facts, judgements, stopped }: Omit<DrillResult, "evidence">): object {
  return {
    schemaVersion: 1,
    run: facts,
    stopped: stopped && { scenario: stopped.scenario, reason: stopped.error.code },
    scenarios: judgements.map((judgement) => scenarioOf(judgement)),
    asWritten: asWritten.filter(({ beside }) => judgements.some(({ scenario }) => scenario === beside)),
  };
}

function scenarioOf(judgement: Judgement): object {
  const { scenario, measured, projected, ...rest } = judgement;
  const { system, faults, topology }: Scenario = scenarios[scenario];
  const { failback } = measured;
  return {
    name: scenario,
    system,
    fault: faults.join("+"),
    topology,
    verdict: rest.verdict,
    reason: rest.reason,
    early: rest.early,
    accepted: rest.accepted,
    ...rest.rulings,
    judgedClass: measured.judged,
    measured: {
      rtoOutageSeconds: measured.rtoOutageSeconds,
      rtoDeclaredSeconds: measured.rtoDeclaredSeconds,
      rpoSeconds: measured.rpoSeconds,
    },
    projected,
    promised: rest.promised,
    timeToDecideSeconds: rest.timeToDecideSeconds,
    parts: rest.parts,
    condition: rest.condition,
    ledger: measured.ledger,
    expectedLoss: measured.expectedLoss,
    restore: measured.restore,
    backlogSeconds: measured.backlogSeconds,
    classes: measured.classes,
    samples: measured.samples,
    resolutionSeconds: measured.resolutionSeconds,
    failback: {
      verdict: rest.failbackVerdict,
      outageSeconds: failback?.outageSeconds ?? null,
      allowedSeconds: allowedFailbackSeconds(measured),
      seconds: failback?.seconds ?? null,
    },
  };
}
