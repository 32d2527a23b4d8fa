import test from "ava";
import { judgedClassOf } from "../../drill/judged.ts";
import { measure } from "../../drill/measure.ts";
import { type ScenarioName, scenarios } from "../../drill/scenarios.ts";
import { judge } from "../../drill/verdict.ts";
import { closingOf, headingOf, Narrator } from "../../evidence/lines.ts";
import { reportOf } from "../../evidence/report.ts";
import { renderCounts, renderTable } from "../../evidence/table.ts";
import type { JournalEntry } from "../../watch/journal.ts";
import { type DataCase, dataJournal, without } from "../drill/data-journal.ts";
import { rule } from "../drill/samples.ts";

const judged = (name: ScenarioName, how: DataCase) =>
  judge(name, measure(dataJournal(how), rule, judgedClassOf(scenarios[name].system)), "2026-12-01");

const failing = [{ fromMs: 5000, toMs: 10_000 }];
const expected: JournalEntry = {
  kind: "expected-loss",
  atMs: 7000,
  what: "database",
  seconds: 0.7,
  text: "at most 0.7 s",
};
const counts: JournalEntry[] = [9000, 12_000].map((atMs, i) => ({
  kind: "backlog",
  atMs,
  count: 100 - 98 * i,
  bound: 12,
}));

const lost = { failing, forced: true, more: [expected] };
const judgements = [
  judged("database-server-lost", { ...lost, found: (all) => without(all, (seq) => seq >= 45 && seq < 50) }),
  judged("database-corrupted", {
    failing,
    restore: { atMs: 3000, corruptedMs: 5000 },
    found: (all) => without(all, (seq) => seq >= 30 && seq < 50),
  }),
  judged("storage-region-down", { failing, found: (all) => without(all, (seq) => seq === 20) }),
  judged("backlog-surge", { failing, more: counts }),
];

test("RTO and RPO have a line each; the plan's own words stand beside, not measured and not kept", (t) => {
  t.snapshot(`\n${renderTable(judgements, { ttlDivisor: 30 })}\n\n${renderCounts(judgements)}`);
});

test("below a data scenario stands what became of rows, jobs and results", (t) => {
  t.snapshot(`\n${judgements.map((judgement) => closingOf(judgement)).join("\n\n")}`);
});

test("what is decided before a switch that can lose data is told, a backlog when it passes its bound", (t) => {
  const narrator = new Narrator("database-server-lost");
  const entries = dataJournal({ ...lost, more: [expected, ...counts, ...counts] });
  const lines = entries.flatMap((entry) => narrator.tell(entry) ?? []);
  t.snapshot(`\n${[headingOf("database-server-lost"), ...lines].join("\n")}`);
});

test("of a path in Resource Manager the resource is told, and what it is to do", (t) => {
  const narrator = new Narrator("database-server-lost");
  const told = (request: string) =>
    narrator.tell({ kind: "write", atMs: 0, durationMs: 0, what: "other", request: `PUT ${request}` });
  const group = "/subscriptions/0/resourceGroups/g/providers/Microsoft.Sql/servers/s/failoverGroups/a-b";
  t.regex(told(group) ?? "", / PUT …\/failoverGroups\/a-b$/);
  t.regex(told(`${group}/failover`) ?? "", / PUT …\/failoverGroups\/a-b\/failover$/);
});

test("a terminal shows how the judged class fares, and no other", (t) => {
  const narrator = new Narrator("storage-region-down");
  const sample = { kind: "sample", dueMs: 0, sentMs: 0, doneMs: 100, good: true } as const;
  t.regex(narrator.waiting({ ...sample, class: "jobs" }) ?? "", /jobs succeed/);
  t.is(narrator.waiting({ ...sample, class: "fresh" }), undefined);
});

test("the report has a ruling for each promise, the ledger, and the plan as it is written", (t) => {
  const facts = { kind: "simulation" } as Parameters<typeof reportOf>[0]["facts"];
  const report = reportOf({ facts, judgements, stopped: null }) as {
    scenarios: Record<string, unknown>[];
    asWritten: { beside: string; rtoSeconds: number; rpoSeconds: number }[];
  };
  t.like(report.scenarios[0], {
    judgedClass: "writes",
    rto: { verdict: "kept" },
    rpo: { verdict: "kept" },
    data: { verdict: "kept" },
    measured: { rpoSeconds: 0.595 },
    projected: { rpoSeconds: 5 },
    promised: { rpoSeconds: 600 },
    ledger: { entries: { lost: 5 }, corruption: [] },
    expectedLoss: [{ what: "database", seconds: 0.7 }],
    failback: { allowedSeconds: 45 },
  });
  t.like(report.scenarios[2], { data: { verdict: "missed" } });
  t.like(report.asWritten, [{ beside: "database-server-lost", rtoSeconds: 43_200, rpoSeconds: 3600 }]);
});
