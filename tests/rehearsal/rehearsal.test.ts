import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { drill } from "../../drill/drill.ts";
import { measure } from "../../drill/measure.ts";
import { type Scenario, type ScenarioName, scenarioNames, scenarios } from "../../drill/scenarios.ts";
import { rehearsal } from "../../drill/stage.ts";
import { exitCodeOf, judge, type Verdict } from "../../drill/verdict.ts";
import { headingOf } from "../../evidence/lines.ts";
import { renderTable } from "../../evidence/table.ts";
import { parseJournal } from "../../watch/journal.ts";

const project = join(import.meta.dirname, "../..");

/** What each scenario of the plan is expected to come to. A change here is a change of what we promise. */
const expected: Record<ScenarioName, Verdict> = {
  "edge-down": "kept",
  "edge-down-reset": "kept",
  "cloudflare-down": "missed",
  "edge-and-load-balancer-main-down": "kept",
  "edge-and-api-main-down": "kept",
  "edge-and-primary-control-plane-down": "missed",
  "edge-down-and-api-main-poisoned": "kept",
  "load-balancer-down": "kept",
  "load-balancers-down": "kept",
  "load-balancers-and-edge-down": "kept",
  "load-balancer-misconfigured": "kept",
  "load-balancers-misconfigured": "kept",
  "api-main-down": "kept",
  "api-main-poisoned": "kept",
  "api-backup-poisoned": "kept",
  "settings-store-down": "kept",
  "primary-region-control-plane-down": "kept",
};

test("a rehearsal of every scenario comes to the expected verdicts, and each journal says the same again", async (t) => {
  t.timeout(900_000, "seventeen scenarios with failback");
  const { judgements, stopped, evidence } = await drill({
    project,
    names: [],
    timing: rehearsal,
    today: "2026-12-01",
    signal: new AbortController().signal,
    listener: {
      setUp: (line) => t.log(line),
      ready: () => {},
      control: () => {},
      begin: (name) => t.log(headingOf(name)),
      entry: () => {},
      end: () => {},
    },
  });
  t.is(stopped, null);
  t.log(renderTable(judgements, { ttlDivisor: rehearsal.ttlDivisor }));
  t.deepEqual(Object.fromEntries(judgements.map(({ scenario, verdict }) => [scenario, verdict])), expected);
  t.is(exitCodeOf(judgements), 0);
  for (const judgement of judgements) {
    const { scenario, measured, failbackVerdict, timeToDecideSeconds, verdict, condition } = judgement;
    const { topology }: Scenario = scenarios[scenario];
    t.is(failbackVerdict, "kept", `${scenario}: failback`);
    t.is(measured.failback?.outageSeconds, 0, `${scenario}: failed samples on the way back`);
    t.is(timeToDecideSeconds !== null, topology !== null, `${scenario}: time to decide`);
    const again = measure(
      parseJournal(readFileSync(join(evidence, `${scenario}.jsonl`), "utf8")),
      rehearsal.rule,
    );
    t.like(judge(scenario, again, "2026-12-01"), { verdict, condition, failbackVerdict });
    const [one, other] = [measured, again].map(({ rtoOutageSeconds }) => rtoOutageSeconds ?? -1);
    t.true(Math.abs((one ?? 0) - (other ?? 0)) < 0.001, `${scenario}: the journal says another outage`);
  }
});

test("every scenario has an expected verdict", (t) => {
  t.deepEqual(Object.keys(expected).toSorted(), scenarioNames.toSorted());
});
