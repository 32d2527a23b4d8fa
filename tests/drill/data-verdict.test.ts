import test from "ava";
import { acceptedMisses } from "../../drill/accepted.ts";
import { judgedClassOf, ruleOf } from "../../drill/judged.ts";
import { measure } from "../../drill/measure.ts";
import { type ScenarioName, scenarios } from "../../drill/scenarios.ts";
import { exitCodeOf, judge } from "../../drill/verdict.ts";
import type { JournalEntry } from "../../watch/journal.ts";
import { type DataCase, dataJournal, without } from "./data-journal.ts";
import { rule } from "./samples.ts";

const today = "2026-12-01";
const out: DataCase = { failing: [{ fromMs: 5000, toMs: 10_000 }], forced: true };
const judged = (name: ScenarioName, entries: JournalEntry[], day = today) =>
  judge(name, measure(entries, rule, judgedClassOf(scenarios[name].system)), day);

test("each system is judged by what its clients ask of it, at its own pace", (t) => {
  t.like(ruleOf("Database", rule), { judged: "writes", periodMs: 100, sustainMs: rule.sustainMs });
  t.like(ruleOf("Workers", rule), { judged: "jobs", periodMs: 250 });
  t.like(ruleOf("Load balancer", rule), { judged: "fresh", periodMs: rule.periodMs });
  const measured = measure(dataJournal(out), rule, "writes");
  t.is(measured.resolutionSeconds, 0.1);
  t.deepEqual(Object.keys(measured.classes), ["fresh", "writes", "jobs"]);
});

test("a lost server is kept: RTO with the promotion's figures, RPO with the replica's", (t) => {
  const { verdict, rulings, projected, promised, parts } = judged(
    "database-server-lost",
    dataJournal({ ...out, found: (all) => without(all, (seq) => seq >= 45 && seq < 50) }),
  );
  t.is(verdict, "kept");
  t.deepEqual([rulings.rto.verdict, rulings.rpo?.verdict, rulings.data?.verdict], ["kept", "kept", "kept"]);
  t.is(promised.rpoSeconds, 600);
  t.is(projected.rpoSeconds, 5);
  // From the switch at 8 s to the first good row at 10.01 s, its promotion of 0.5 s and the second after it replaced.
  t.is(
    Math.round((projected.rtoDeclaredSeconds ?? 0) * 100),
    Math.round((2.01 - 0.5 - 1.01 + 60 + 60 + 30) * 100),
  );
  t.deepEqual(parts.map(({ promise }) => promise).toSorted(), ["rpo", "rto", "rto", "rto"]);
});

test("a loss beyond the cloud's figure is not made smaller by it", (t) => {
  const far = judged(
    "database-server-lost",
    dataJournal({ failing: [{ fromMs: 15_000, toMs: 19_000 }], forced: true, found: (all) => all }).map(
      (entry) => ("atMs" in entry && entry.kind === "fault" ? { ...entry, atMs: 15_000 } : entry),
    ),
  );
  t.is(far.projected.rpoSeconds, 5);
  const measured = { ...far.measured, rpoSeconds: 8 };
  t.is(judge("database-server-lost", measured, today).projected.rpoSeconds, 8);
});

test("a planned promotion that was tried first is a slice of its own, and does not hide the forced one", (t) => {
  const planned: JournalEntry = {
    kind: "write",
    atMs: 8600,
    durationMs: 100,
    what: "promotion",
    request: "POST /failoverGroups/g/failover",
  };
  const entries = dataJournal({ ...out, found: (all) => without(all, (seq) => seq >= 45 && seq < 50) });
  const forcedAt = entries.findIndex(({ kind }) => kind === "write");
  const { measured, verdict } = judged("database-server-lost", entries.toSpliced(forcedAt, 0, planned));
  t.true(measured.forcedPromotion);
  t.is(measured.slices.plannedSeconds, 0);
  t.is(measured.slices.promotionSeconds, 0.5);
  t.is(verdict, "kept");
});

test("a planned promotion has no part that loses", (t) => {
  const { parts, projected } = judged("database-read-only", dataJournal({ ...out, forced: false }));
  t.false(parts.some(({ promise }) => promise === "rpo"));
  t.is(projected.rpoSeconds, 0);
});

test("corrupt data are missed whatever the clocks say, and nobody can accept it", (t) => {
  const judgement = judged(
    "storage-region-down",
    dataJournal({
      failing: [{ fromMs: 5000, toMs: 10_000 }],
      found: (all) => without(all, (seq) => seq === 20),
    }),
  );
  t.is(judgement.verdict, "missed");
  t.is(judgement.rulings.rto.verdict, "kept");
  t.is(judgement.rulings.data?.accepted, null);
  t.regex(judgement.reason ?? "", /acknowledged row is missing/);
  t.is(exitCodeOf([judgement]), 1);
});

test("a data scenario in which nobody looked at the data is unproven", (t) => {
  const unseen = dataJournal(out).filter(({ kind }) => kind !== "reconciled");
  const { verdict, rulings } = judged("database-server-lost", unseen);
  t.is(verdict, "unproven");
  t.is(rulings.rpo?.verdict, "unproven");
  t.is(rulings.data, null);
});

test("jobs that are still queued when it is over prove nothing", (t) => {
  const { verdict, reason } = judged(
    "storage-region-down",
    dataJournal({
      failing: [{ fromMs: 5000, toMs: 10_000 }],
      found: (all) => ({ ...all, effects: all.effects.slice(1), stillQueued: { primary: 1 } }),
    }),
  );
  t.is(verdict, "unproven");
  t.regex(reason ?? "", /still queued/);
});

const corrupted = dataJournal({
  restore: { atMs: 3000, corruptedMs: 5000 },
  failing: [{ fromMs: 5000, toMs: 10_000 }],
  found: (all) => without(all, (seq) => seq >= 30 && seq < 50),
});

test("a restore misses its RTO and keeps its RPO; the miss is accepted, and the RPO's verdict is its own", (t) => {
  const judgement = judged("database-corrupted", corrupted);
  t.is(judgement.verdict, "missed");
  t.is(judgement.rulings.rto.verdict, "missed");
  t.is(judgement.rulings.rpo?.verdict, "kept");
  t.is(judgement.measured.rpoSeconds, 2);
  t.is(judgement.timeToDecideSeconds !== null && judgement.timeToDecideSeconds < 0, true);
  t.not(judgement.accepted, null);
  t.is(exitCodeOf([judgement]), 0);
  const row = acceptedMisses.find(({ scenario }) => scenario === "database-corrupted");
  t.is(row?.promise, "rto");
  t.is(exitCodeOf([judged("database-corrupted", corrupted, "2999-01-01")]), 1);
});

test("an accepted miss of one promise hides nothing about another", (t) => {
  const unseen = corrupted.filter(({ kind }) => kind !== "reconciled");
  const judgement = judged("database-corrupted", unseen);
  t.is(judgement.verdict, "missed");
  t.not(judgement.rulings.rto.accepted, null);
  t.is(exitCodeOf([judgement]), 3);
});

test("a backlog is over when what waits is under its bound for good, before anything is lifted", (t) => {
  const counts = (over: readonly number[]): JournalEntry[] =>
    [9000, 12_000, 15_000, 18_000].map((atMs, i) => ({
      kind: "backlog",
      atMs,
      count: over[i] ?? 0,
      bound: 12,
    }));
  const surge = (over: readonly number[]) =>
    judged("backlog-surge", dataJournal({ failing: [{ fromMs: 5000, toMs: 10_000 }], more: counts(over) }))
      .measured;
  t.like(surge([100, 5, 4, 3]), { backlogSeconds: 4, rtoDeclaredSeconds: 4 });
  t.is(surge([100, 5, 20, 3]).backlogSeconds, 10);
  t.like(surge([100, 90, 80, 70]), { backlogSeconds: null, rtoDeclaredSeconds: null });
});

test("data that were looked at before everything had come to its end are unproven", (t) => {
  const early = dataJournal(out).filter(({ kind }) => kind !== "drained");
  t.like(judged("database-server-lost", early).rulings.data, { verdict: "unproven" });
});

test("a way back may cost what it moves may, and no more", (t) => {
  const back = (seconds: number) => ({
    failing: [
      { fromMs: 5000, toMs: 10_000 },
      { fromMs: 20_500, toMs: 20_500 + seconds * 1000 },
    ],
  });
  t.is(judged("database-read-only", dataJournal(back(3))).failbackVerdict, "kept");
  t.is(judged("load-balancer-down", dataJournal(back(3))).failbackVerdict, "kept");
  const elsewhere = dataJournal(back(3)).map((entry) =>
    entry.kind === "switch" ? { ...entry, topology: "lb-backup" } : entry,
  );
  t.is(judged("load-balancer-down", elsewhere).failbackVerdict, "missed");
});
