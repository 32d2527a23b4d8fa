import { readFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { drill } from "../../drill/drill.ts";
import { allowedFailbackSeconds } from "../../drill/failback-verdict.ts";
import { judgedClassOf } from "../../drill/judged.ts";
import { measure } from "../../drill/measure.ts";
import { type Scenario, type ScenarioName, scenarioNames, scenarios } from "../../drill/scenarios.ts";
import { rehearsal } from "../../drill/stage.ts";
import type { Verdict } from "../../drill/ruling.ts";
import { exitCodeOf, type Judgement, judge } from "../../drill/verdict.ts";
import { headingOf } from "../../evidence/lines.ts";
import { renderTable } from "../../evidence/table.ts";
import { systems } from "../../infra/systems.ts";
import { parseJournal } from "../../watch/journal.ts";

const project = join(import.meta.dirname, "../..");
/** Before the accepted misses expire. */
const today = "2026-12-01";

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
  "database-server-lost": "kept",
  "database-read-only": "kept",
  "storage-region-down": "kept",
  "workers-lost": "kept",
  "backlog-surge": "kept",
  "edge-down-during-storage-secondary": "kept",
  "load-balancer-down-during-database-secondary": "kept",
  "api-main-down-during-workers-scaled": "kept",
  "database-corrupted": "missed",
};

/** Each system of the plan, and each kind of outcome; `npm run drill` plays all. In the order of scenarios.ts. */
const chosen: ScenarioName[] = [
  "edge-down",
  "cloudflare-down",
  "load-balancers-down",
  "api-main-poisoned",
  "database-server-lost",
  "storage-region-down",
  "workers-lost",
  "database-corrupted",
];

interface Played {
  judgement: Judgement;
  /** Folder of its journal. */
  evidence: string;
}

async function play(t: ExecutionContext, names: ScenarioName[]): Promise<Played[]> {
  const { judgements, stopped, evidence } = await drill({
    project,
    names,
    timing: rehearsal,
    today,
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
  return judgements.map((judgement) => ({ judgement, evidence }));
}

test("a rehearsal of every system comes to the expected verdicts, and each journal says the same again", async (t) => {
  t.timeout(1_500_000, "eight scenarios with failback");
  const first = await play(t, chosen);
  const proven = first.filter(({ judgement }) => judgement.verdict !== "unproven");
  const names = first.map(({ judgement }) => judgement.scenario);
  const again = names.filter((name) => !proven.some(({ judgement }) => judgement.scenario === name));
  // What a busy machine sampled too thinly says nothing about the plan: it is played once more, and must then hold.
  const played = again.length > 0 ? [...proven, ...(await play(t, again))] : proven;
  const verdicts = played.map(({ judgement }) => [judgement.scenario, judgement.verdict]);
  t.deepEqual(Object.fromEntries(verdicts), pick(expected, chosen));
  t.is(exitCodeOf(played.map(({ judgement }) => judgement)), 0);
  for (const each of played) saysTheSameAgain(t, each);
});

function saysTheSameAgain(t: ExecutionContext, { judgement, evidence }: Played): void {
  const { scenario, measured, failbackVerdict, timeToDecideSeconds, verdict, condition } = judgement;
  const { topology }: Scenario = scenarios[scenario];
  t.is(failbackVerdict, "kept", `${scenario}: failback`);
  // What moves clients alone loses no sample at all.
  const allowed = allowedFailbackSeconds(measured);
  const most = allowed === 1 ? 0 : allowed;
  t.true(
    (measured.failback?.outageSeconds ?? Infinity) <= most,
    `${scenario}: failed samples on the way back`,
  );
  t.is(timeToDecideSeconds !== null, topology !== null, `${scenario}: time to decide`);
  const journal = parseJournal(readFileSync(join(evidence, `${scenario}.jsonl`), "utf8"));
  const again = measure(journal, rehearsal.rule, judgedClassOf(scenarios[scenario].system));
  t.like(judge(scenario, again, today), { verdict, condition, failbackVerdict });
  const [one, other] = [measured, again].map(({ rtoOutageSeconds }) => rtoOutageSeconds ?? -1);
  t.true(Math.abs((one ?? 0) - (other ?? 0)) < 0.001, `${scenario}: the journal says another outage`);
}

test("every system that the plan promises to recover is among the rehearsed ones", (t) => {
  const promised = Object.entries(systems).filter(([, system]) => "rto" in system);
  const rehearsed = new Set<string>(chosen.map((name) => scenarios[name].system));
  t.deepEqual([...rehearsed].toSorted(), promised.map(([name]) => name).toSorted());
});

function pick(from: Record<ScenarioName, Verdict>, names: ScenarioName[]): Record<string, Verdict> {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}

test("every scenario has an expected verdict", (t) => {
  t.deepEqual(Object.keys(expected).toSorted(), scenarioNames.toSorted());
});
