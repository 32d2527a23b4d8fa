import type { DrillResult } from "../drill/drill.ts";
import type { Judgement } from "../drill/verdict.ts";
import { type Scenario, scenarios } from "../drill/scenarios.ts";

/** The machine-readable result of a drill, schema version 1. Times in seconds. */
export function reportOf({ facts, judgements, stopped }: Omit<DrillResult, "evidence">): object {
  return {
    schemaVersion: 1,
    run: facts,
    stopped: stopped && { scenario: stopped.scenario, reason: stopped.error.code },
    scenarios: judgements.map((judgement) => scenarioOf(judgement)),
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
    measured: {
      rtoOutageSeconds: measured.rtoOutageSeconds,
      rtoDeclaredSeconds: measured.rtoDeclaredSeconds,
      rpoSeconds: null,
    },
    projected: { ...projected, rpoSeconds: null },
    promised: rest.promised,
    timeToDecideSeconds: rest.timeToDecideSeconds,
    parts: rest.parts,
    condition: rest.condition,
    classes: measured.classes,
    samples: measured.samples,
    resolutionSeconds: measured.resolutionSeconds,
    failback: {
      verdict: rest.failbackVerdict,
      outageSeconds: failback?.outageSeconds ?? null,
      seconds: failback?.seconds ?? null,
    },
  };
}
